/* A multipart body: cut anywhere it comes to the same; what comes out of it stands in it, once; and
 * its outcome is one of those that are promised. The first byte says how it is cut. */
#include "web/multipart.h"
#include "web/filename.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct taken {
	struct buf bytes;
};

static enum err take(void *context, struct str bytes)
{
	if (bytes.n == 0)
		abort();
	buf_str(&((struct taken *)context)->bytes, bytes);
	return OK;
}

static enum err feed(struct multipart *m, struct taken *t, struct str body, size_t piece)
{
	enum err e = OK;

	*m = (struct multipart){ .take = take, .context = t };
	if (!multipart_begin(m, STR("multipart/form-data; boundary=\"b--\"")))
		abort();
	while (body.n && e == OK) {
		size_t n = piece && piece < body.n ? piece : body.n;
		char *copy = malloc(n); /* so that reading beyond it is seen */

		memcpy(copy, body.p, n);
		e = multipart_feed(m, (struct str){ copy, n });
		free(copy);
		body.p += n;
		body.n -= n;
	}
	if ((e != OK && e != ERR_BAD_REQUEST) || (e == ERR_BAD_REQUEST) != (m->why != NULL))
		abort();
	return e;
}

static void check_name(const struct multipart *m)
{
	static struct arena a;
	struct str name;

	if (!a.first)
		arena_init(&a);
	name = filename_clean(&a, (struct str){ m->name, m->name_n }, "file");
	if (name.n == 0 || name.n > FILENAME_MAX_BYTES || !str_utf8(name, NULL) ||
		memchr(name.p, '/', name.n) || memchr(name.p, '\\', name.n))
		abort();
	name = filename_disposition(&a, name, false);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] > '~')
			abort();
	arena_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct multipart whole, cut;
	struct taken one = { BUF_INIT(1 << 20) }, other = { BUF_INIT(1 << 20) };
	struct str body = { (const char *)data + 1, size - 1 };
	enum err e;

	if (size == 0)
		return 0;
	e = feed(&whole, &one, body, 0);
	if (feed(&cut, &other, body, 1 + data[0] % 17) != e || cut.ended != whole.ended ||
		cut.found != whole.found || cut.named != whole.named ||
		!str_eq(buf_as_str(&one.bytes), buf_as_str(&other.bytes)))
		abort();
	if (one.bytes.n && (!whole.found || !memmem(body.p, body.n, one.bytes.p, one.bytes.n)))
		abort();
	if (whole.named)
		check_name(&whole);
	buf_free(&one.bytes);
	buf_free(&other.bytes);
	return 0;
}
