/* How bytes become records
 *
 * A record is a head of 8 bytes, content of up to 65,535 and padding of up to 255, and a read may
 * end between any two of them. So the machine keeps a stage and goes on where it stopped. When a
 * head is there it is decided, once, where the content shall go: to the request's parameters, to
 * its body, to a small buffer, or nowhere. What the record means is said at the end of its content,
 * before its padding, which a peer might send late.
 *
 * What is garbage? A peer that speaks another version, sends what only we may send, an application
 * record without a request, a second BEGIN_REQUEST for the same request, a stream that was closed
 * already, or lengths that do not add up: with such a peer nothing can be agreed on, and the
 * connection is closed. Records of requests that we do not have are no garbage: those that were
 * refused or aborted still arrive for a while. They are skipped. */
#include "live/record.h"

#include "core/arena.h"
#include "core/buf.h"

#include <stdlib.h>

enum { VERSION = 1, ROLE_RESPONDER = 1, FLAG_KEEP = 1 };
enum stage { HEAD, CONTENT, PADDING };
enum sink { SKIP, BEGIN, SECOND, ABORT, PARAMS, BODY, VALUES, UNKNOWN, GARBAGE };
enum phase { IDLE, IN_PARAMS, IN_BODY, COMPLETE };

struct record_intake {
	struct buf params, body;
	char *names[]; /* grows when the parameters are complete */
};

/* --- going out --- */

void record_head(unsigned char to[RECORD_HEAD], enum record_type type, unsigned request,
	size_t content, size_t padding)
{
	to[0] = VERSION;
	to[1] = (unsigned char)type;
	to[2] = (unsigned char)(request >> 8);
	to[3] = (unsigned char)request;
	to[4] = (unsigned char)(content >> 8);
	to[5] = (unsigned char)content;
	to[6] = (unsigned char)padding;
	to[7] = 0;
}

void record_end(unsigned char to[RECORD_END], unsigned request, enum record_ending how)
{
	record_head(to, RECORD_END_REQUEST, request, 8, 0);
	memset(to + RECORD_HEAD, 0, 8);
	to[RECORD_HEAD + 4] = (unsigned char)how;
}

/* --- names and values --- */

struct pair {
	char *name, *value;
	size_t name_n, value_n;
};

static char *end_of(const struct buf *b)
{
	return b->n ? b->p + b->n : b->p;
}

static bool take_length(char **p, const char *end, size_t *n)
{
	const unsigned char *u = (const unsigned char *)*p;
	size_t left = (size_t)(end - *p), width = left && u[0] & 0x80 ? 4 : 1;

	if (left < width)
		return false;
	*n = width == 1
		     ? u[0]
		     : (size_t)(u[0] & 0x7f) << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
	*p += width;
	return true;
}

/* The pair at *p; false when its lengths reach beyond the end. */
static bool take_pair(char **p, const char *end, struct pair *pair)
{
	if (!take_length(p, end, &pair->name_n) || !take_length(p, end, &pair->value_n))
		return false;
	if (pair->name_n > (size_t)(end - *p) || pair->value_n > (size_t)(end - *p) - pair->name_n)
		return false;
	pair->name = *p;
	pair->value = *p + pair->name_n;
	*p = pair->value + pair->value_n;
	return true;
}

/* Turns the pairs into "NAME=value" strings where they are: the lengths of a pair take two bytes at
 * least, '=' and NUL take two, so what is written never overtakes what is still to be read. NULL in
 * `refusal` and false: lengths that do not add up. A name or value that a string cannot hold
 * unchanged is refused: it would be read as something else than what the web server checked. */
static bool make_strings(struct record *rc, const char **refusal)
{
	struct record_intake *in = rc->intake;
	char *at = in->params.p, *end = end_of(&in->params), *to = at;
	size_t count = 0;
	struct pair pair;

	*refusal = NULL;
	for (char *p = at; p < end; count++)
		if (!take_pair(&p, end, &pair))
			return false;
	if (count > RECORD_PARAMS) {
		*refusal = "too many parameters";
		return false;
	}
	in = rc->intake = must_realloc(in, sizeof *in + (count + 1) * sizeof in->names[0]);
	for (size_t i = 0; i < count; i++) {
		take_pair(&at, end, &pair);
		if (!pair.name_n || memchr(pair.name, '=', pair.name_n) ||
			memchr(pair.name, 0, pair.name_n + pair.value_n)) {
			*refusal = "a parameter with an impossible name or value";
			return false;
		}
		in->names[i] = to;
		memmove(to, pair.name, pair.name_n);
		to += pair.name_n;
		*to++ = '=';
		memmove(to, pair.value, pair.value_n);
		to += pair.value_n;
		*to++ = '\0';
	}
	in->names[count] = NULL;
	return true;
}

static void answer_values(
	struct record *rc, const struct record_limits *limits, struct record_event *e)
{
	static const char *const names[] = { "FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS" };
	struct buf content = BUF_INIT(RECORD_REPLY - RECORD_HEAD);
	char *p = rc->values->p, *end = end_of(rc->values);
	unsigned answered = 0;
	struct pair pair;

	while (p < end && take_pair(&p, end, &pair))
		for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
			struct buf value = BUF_INIT(16);

			if (answered & 1U << i ||
				!str_is((struct str){ pair.name, pair.name_n }, names[i]))
				continue;
			answered |= 1U << i;
			buf_int(&value, i == 2 ? 0 : limits->connections_max);
			buf_byte(&content, (char)pair.name_n);
			buf_byte(&content, (char)value.n);
			buf_z(&content, names[i]);
			buf_str(&content, buf_as_str(&value));
			buf_free(&value);
		}
	record_head(e->reply, RECORD_GET_VALUES_RESULT, 0, content.n, 0);
	memcpy(e->reply + RECORD_HEAD, buf_as_str(&content).p, content.n);
	e->reply_n = RECORD_HEAD + content.n;
	buf_free(&content);
}

/* --- coming in --- */

static void free_values(struct record *rc)
{
	if (rc->values)
		buf_free(rc->values);
	free(rc->values);
	rc->values = NULL;
}

static enum sink sink_of(const struct record *rc, unsigned type)
{
	bool mine = rc->id && rc->id == rc->request;

	if (!rc->id)
		switch (type) {
		case RECORD_GET_VALUES: return rc->content <= RECORD_VALUES ? VALUES : GARBAGE;
		case RECORD_BEGIN_REQUEST:
		case RECORD_ABORT_REQUEST:
		case RECORD_END_REQUEST:
		case RECORD_PARAMS_STREAM:
		case RECORD_STDIN:
		case RECORD_STDOUT:
		case RECORD_STDERR:
		case RECORD_DATA: return GARBAGE;
		default: return UNKNOWN;
		}
	switch (type) {
	case RECORD_BEGIN_REQUEST:
		if (rc->content != 8 || mine)
			return GARBAGE;
		return rc->request ? SECOND : BEGIN;
	case RECORD_ABORT_REQUEST: return mine ? ABORT : SKIP;
	case RECORD_PARAMS_STREAM: return !mine ? SKIP : rc->phase == IN_PARAMS ? PARAMS : GARBAGE;
	case RECORD_STDIN: return !mine ? SKIP : rc->phase == IN_BODY ? BODY : GARBAGE;
	case RECORD_DATA: return mine ? GARBAGE : SKIP;
	default: return GARBAGE;
	}
}

static bool read_head(struct record *rc)
{
	const unsigned char *b = rc->bytes;

	if (b[0] != VERSION)
		return false;
	rc->id = (uint16_t)(b[2] << 8 | b[3]);
	rc->content = (uint16_t)(b[4] << 8 | b[5]);
	rc->padding = b[6];
	rc->have = 0;
	rc->stage = CONTENT;
	rc->sink = (uint8_t)sink_of(rc, b[1]);
	if (rc->sink == VALUES) {
		rc->values = must_alloc(sizeof *rc->values);
		*rc->values = (struct buf)BUF_INIT(RECORD_VALUES);
	}
	if (rc->sink == UNKNOWN)
		rc->have = b[1]; /* for the answer; nothing is gathered */
	return rc->sink != GARBAGE;
}

static enum record_news refuse(
	struct record *rc, struct record_event *e, int status, const char *why)
{
	record_release(rc);
	rc->sink = SKIP; /* and so will the rest be, once it is no longer the request */
	e->status = status;
	e->why = why;
	return RECORD_REFUSED;
}

static enum record_news take_content(struct record *rc, struct str bytes, struct record_event *e)
{
	switch (rc->sink) {
	case BEGIN:
	case SECOND:
		memcpy(rc->bytes + rc->have, bytes.p, bytes.n);
		rc->have += (uint8_t)bytes.n;
		break;
	case VALUES: buf_str(rc->values, bytes); break;
	case PARAMS:
		buf_str(&rc->intake->params, bytes);
		if (rc->intake->params.over)
			return refuse(rc, e, 400, "the parameters are too long");
		break;
	case BODY:
		buf_str(&rc->intake->body, bytes);
		if (rc->intake->body.over)
			return refuse(rc, e, 413, "the body is too large");
		break;
	default: break;
	}
	return RECORD_NOTHING;
}

static enum record_news begin(
	struct record *rc, const struct record_limits *limits, struct record_event *e)
{
	unsigned role = (unsigned)(rc->bytes[0] << 8 | rc->bytes[1]);
	bool keep = rc->bytes[2] & FLAG_KEEP;

	if (role != ROLE_RESPONDER) {
		record_end(e->reply, rc->id, ENDING_UNKNOWN_ROLE);
		e->reply_n = RECORD_END;
		e->last = !keep;
		return RECORD_REPLY_DUE;
	}
	rc->request = rc->id;
	rc->keep = keep;
	rc->phase = IN_PARAMS;
	rc->intake = must_alloc(sizeof *rc->intake);
	rc->intake->params = (struct buf)BUF_INIT(RECORD_PARAMS_BYTES);
	rc->intake->body = (struct buf)BUF_INIT(limits->body_max);
	return RECORD_BEGINS;
}

static enum record_news params_end(struct record *rc, struct record_event *e)
{
	const char *refusal;

	if (make_strings(rc, &refusal)) {
		rc->phase = IN_BODY;
		return RECORD_NOTHING;
	}
	return refusal ? refuse(rc, e, 400, refusal) : RECORD_BROKEN;
}

/* All content of a record is there; `empty` when it never had any, which ends a stream. */
static enum record_news finish_content(
	struct record *rc, const struct record_limits *limits, bool empty, struct record_event *e)
{
	switch (rc->sink) {
	case BEGIN: return begin(rc, limits, e);
	case SECOND:
		record_end(e->reply, rc->id, ENDING_CANT_MULTIPLEX);
		e->reply_n = RECORD_END;
		return RECORD_REPLY_DUE;
	case ABORT:
		e->served = rc->phase == COMPLETE;
		record_end(e->reply, rc->id, ENDING_COMPLETE);
		e->reply_n = RECORD_END;
		e->last = !rc->keep;
		record_next(rc);
		return RECORD_ABORTED;
	case PARAMS: return empty ? params_end(rc, e) : RECORD_NOTHING;
	case BODY:
		if (!empty)
			return RECORD_NOTHING;
		rc->phase = COMPLETE;
		return RECORD_WHOLE;
	case VALUES:
		answer_values(rc, limits, e);
		free_values(rc);
		return RECORD_REPLY_DUE;
	case UNKNOWN:
		record_head(e->reply, RECORD_UNKNOWN_TYPE, 0, 8, 0);
		memset(e->reply + RECORD_HEAD, 0, 8);
		e->reply[RECORD_HEAD] = rc->have;
		e->reply_n = RECORD_END;
		return RECORD_REPLY_DUE;
	default: return RECORD_NOTHING;
	}
}

enum record_news record_eat(struct record *rc, const struct record_limits *limits, struct str *in,
	struct record_event *e)
{
	enum record_news news = RECORD_NOTHING;

	*e = (struct record_event){ .status = 0 };
	while (in->n && news == RECORD_NOTHING) {
		size_t missing = rc->stage == HEAD      ? (size_t)(RECORD_HEAD - rc->have)
				 : rc->stage == CONTENT ? rc->content
							: rc->padding;
		struct str part = { in->p, in->n < missing ? in->n : missing };

		in->p += part.n;
		in->n -= part.n;
		switch (rc->stage) {
		case HEAD:
			memcpy(rc->bytes + rc->have, part.p, part.n);
			rc->have += (uint8_t)part.n;
			if (rc->have < RECORD_HEAD)
				break;
			if (!read_head(rc))
				return RECORD_BROKEN;
			if (rc->content == 0)
				news = finish_content(rc, limits, true, e);
			break;
		case CONTENT:
			rc->content -= (uint16_t)part.n;
			news = take_content(rc, part, e);
			if (rc->content == 0 && news == RECORD_NOTHING)
				news = finish_content(rc, limits, false, e);
			break;
		default: rc->padding -= (uint8_t)part.n; break;
		}
		if (rc->stage == CONTENT && rc->content == 0)
			rc->stage = PADDING;
		if (rc->stage == PADDING && rc->padding == 0) {
			rc->stage = HEAD;
			rc->have = 0;
		}
	}
	return news;
}

/* --- what came in --- */

char **record_params(const struct record *rc)
{
	return rc->intake->names;
}

struct str record_body(const struct record *rc)
{
	return buf_as_str(&rc->intake->body);
}

void record_release(struct record *rc)
{
	if (!rc->intake)
		return;
	buf_free(&rc->intake->params);
	buf_free(&rc->intake->body);
	free(rc->intake);
	rc->intake = NULL;
}

void record_next(struct record *rc)
{
	record_release(rc);
	rc->request = 0;
	rc->phase = IDLE;
}

void record_clear(struct record *rc)
{
	record_next(rc);
	free_values(rc);
}
