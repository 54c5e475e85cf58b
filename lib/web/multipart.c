#include "web/multipart.h"

#include "web/filename.h"

static bool is_boundary(struct str b)
{
	static const char plain[] = "'()+_,-./:=? ";

	if (b.n == 0 || b.n > MULTIPART_BOUNDARY || b.p[b.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < b.n; i++) {
		char c = b.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    (c && strchr(plain, c))))
			return false;
	}
	return true;
}

bool multipart_begin(struct multipart *m, struct str content_type)
{
	struct str rest = content_type, type = str_trim(str_cut(&rest, ';')), boundary;

	if (!str_is_nocase(type, "multipart/form-data"))
		return false;
	boundary = header_parameter(rest, "boundary");
	if (!is_boundary(boundary))
		return false;
	memcpy(m->boundary, "\r\n--", 4);
	memcpy(m->boundary + 4, boundary.p, boundary.n);
	m->boundary_n = boundary.n + 4;
	/* The first boundary may stand at the very beginning: as if a line had ended before it. */
	m->held_n = 2;
	memcpy(m->held, "\r\n", 2);
	m->stage = MULTIPART_BODY;
	return true;
}

static enum err broken(struct multipart *m, const char *why)
{
	m->why = why;
	return ERR_BAD_REQUEST;
}

static enum err give(struct multipart *m, struct str bytes)
{
	return m->is_file && bytes.n ? m->take(m->context, bytes) : OK;
}

/* What was held back was no boundary after all: its first byte is the body's, and the rest may
 * still be a beginning. */
static enum err let_go(struct multipart *m)
{
	size_t n = 1;
	enum err e;

	while (n < m->held_n && memcmp(m->held + n, m->boundary, m->held_n - n) != 0)
		n++;
	e = give(m, (struct str){ m->held, n });
	memmove(m->held, m->held + n, m->held_n - n);
	m->held_n -= n;
	return e;
}

/* Body up to a boundary. */
static enum err feed_body(struct multipart *m, struct str *in)
{
	enum err e = OK;

	while (in->n && e == OK) {
		if (m->held_n == 0) {
			const char *found = memchr(in->p, '\r', in->n);
			size_t n = found ? (size_t)(found - in->p) : in->n;

			e = give(m, (struct str){ in->p, n });
			in->p += n;
			in->n -= n;
			if (in->n == 0 || e != OK)
				break;
		}
		if (*in->p == m->boundary[m->held_n]) {
			m->held[m->held_n++] = *in->p++;
			in->n--;
			if (m->held_n == m->boundary_n) {
				m->held_n = 0;
				m->behind_n = 0;
				m->is_file = false;
				m->stage = MULTIPART_BEHIND;
				break;
			}
		} else {
			e = let_go(m);
		}
	}
	return e;
}

/* Behind a boundary: "--" is the end, a line's end another part. Blanks before that are allowed. */
static enum err feed_behind(struct multipart *m, struct str *in)
{
	while (in->n && m->behind_n < 2) {
		char c = *in->p++;

		in->n--;
		if (m->behind_n == 0 && (c == ' ' || c == '\t'))
			continue;
		m->behind[m->behind_n++] = c;
	}
	if (m->behind_n < 2)
		return OK;
	if (memcmp(m->behind, "--", 2) == 0) {
		m->stage = MULTIPART_DONE;
		m->ended = true;
		return OK;
	}
	if (memcmp(m->behind, "\r\n", 2) != 0)
		return broken(m, "something stands behind a boundary");
	if (++m->parts > MULTIPART_PARTS)
		return broken(m, "there are too many parts");
	/* So that a head without a line is found by the same look as others. */
	memcpy(m->head, "\r\n", 2);
	m->head_n = 2;
	m->stage = MULTIPART_IN_HEAD;
	return OK;
}

static enum err read_head(struct multipart *m)
{
	struct str rest = { m->head, m->head_n }, disposition = { NULL, 0 }, name;

	while (rest.p) {
		struct str line = str_trim(str_cut(&rest, '\n'));

		if (line.n && line.p[line.n - 1] == '\r')
			line = str_trim((struct str){ line.p, line.n - 1 });
		if (!str_starts_nocase(line, "content-disposition:"))
			continue;
		if (disposition.p)
			return broken(m, "a part has two dispositions");
		disposition = (struct str){ line.p + 20, line.n - 20 };
	}
	if (!str_starts_nocase(str_trim(disposition), "form-data"))
		return broken(m, "a part is no form data");
	name = header_parameter(disposition, "name");
	if (!str_is(name, "file"))
		return OK;
	if (m->found)
		return broken(m, "there are two files");
	m->found = m->is_file = true;
	m->named = filename_sent(disposition, m->name, MULTIPART_NAME, &m->name_n);
	return OK;
}

static enum err feed_head(struct multipart *m, struct str *in)
{
	while (in->n) {
		if (m->head_n == MULTIPART_HEAD)
			return broken(m, "the head of a part is too long");
		m->head[m->head_n++] = *in->p++;
		in->n--;
		if (m->head_n >= 4 && memcmp(m->head + m->head_n - 4, "\r\n\r\n", 4) == 0) {
			m->stage = MULTIPART_BODY;
			m->held_n = 0;
			return read_head(m);
		}
	}
	return OK;
}

enum err multipart_feed(struct multipart *m, struct str in)
{
	enum err e = OK;

	while (in.n && e == OK) {
		switch (m->stage) {
		case MULTIPART_BODY: e = feed_body(m, &in); break;
		case MULTIPART_BEHIND: e = feed_behind(m, &in); break;
		case MULTIPART_IN_HEAD: e = feed_head(m, &in); break;
		case MULTIPART_DONE: return OK; /* what follows is nobody's */
		}
	}
	return e;
}
