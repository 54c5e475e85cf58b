/* door.h - a gate made of memory, for tests that send a whole request through serve(). */
#ifndef UNIT_DOOR_H
#define UNIT_DOOR_H

#include "ground.h"

#include "core/log.h"
#include "web/app.h"
#include "web/keys.h"
#include "web/limit.h"
#include "web/route.h"

enum { DOOR_PARAMS = 220 };

struct door {
	struct gate gate; /* first, so that a gate is its door */
	char *params[DOOR_PARAMS];
	struct arena arena;
	struct str body;
	size_t at, piece; /* piece: how much comes at a time, 0 for all */
	bool breaks;      /* the body breaks off where it ends */
	struct buf out;
	int status;
};

static inline int64_t door_read(struct gate *g, char *to, size_t n)
{
	struct door *d = (struct door *)g;
	size_t left = d->body.n - d->at;

	if (left == 0)
		return d->breaks ? -1 : 0;
	if (n > left)
		n = left;
	if (d->piece && n > d->piece)
		n = d->piece;
	memcpy(to, d->body.p + d->at, n);
	d->at += n;
	return (int64_t)n;
}

static inline bool door_write(struct gate *g, struct str bytes)
{
	buf_str(&((struct door *)g)->out, bytes);
	return true;
}

static inline void door_open(struct door *d)
{
	memset(d, 0, sizeof *d);
	arena_init(&d->arena);
	d->gate = (struct gate){ .params = d->params, .read = door_read, .write = door_write };
	d->out = (struct buf)BUF_INIT(8 << 20);
}

static inline void door_close(struct door *d)
{
	arena_free(&d->arena);
	buf_free(&d->out);
}

static inline void door_set(struct door *d, const char *name, struct str value)
{
	int n = 0;

	while (d->params[n])
		n++;
	assert_true(n < DOOR_PARAMS - 1);
	d->params[n] = arena_z(&d->arena, arena_printf(&d->arena, "%s=%.*s", name, STR_ARG(value)));
}

/* A request as a web server hands it over. */
static inline void door_ask(struct door *d, const char *method, const char *uri)
{
	struct str path = str_of(uri), query = path;

	memset(d->params, 0, sizeof d->params);
	arena_clear(&d->arena);
	str_cut(&query, '?');
	door_set(d, "REQUEST_METHOD", str_of(method));
	door_set(d, "REQUEST_URI", path);
	door_set(d, "QUERY_STRING", query.p ? query : STR(""));
	door_set(d, "REMOTE_ADDR", STR("198.51.100.7"));
	door_set(d, "HTTP_HOST", STR("chat.example"));
	d->body = (struct str){ NULL, 0 };
	d->at = d->piece = 0;
	d->breaks = false;
}

static inline void door_send(struct door *d, const char *type, struct str body)
{
	char length[24];

	snprintf(length, sizeof length, "%zu", body.n);
	door_set(d, "CONTENT_TYPE", str_of(type));
	door_set(d, "CONTENT_LENGTH", str_of(length));
	d->body = body;
}

static inline int door_serve(struct door *d, struct worker *w)
{
	buf_clear(&d->out);
	d->status = serve(w, &d->gate);
	return d->status;
}

/* What was answered, as text ended by NUL. */
static inline const char *door_text(struct door *d)
{
	return arena_z(&d->arena, buf_as_str(&d->out));
}

/* The value of a header of the answer; absent where there is none. */
static inline struct str door_header(struct door *d, const char *name)
{
	struct str rest = buf_as_str(&d->out);

	while (rest.p) {
		struct str line = str_cut(&rest, '\n'), key;

		if (line.n <= 1)
			break;
		line.n--;
		key = str_cut(&line, ':');
		if (str_is_nocase(key, name))
			return str_trim(line);
	}
	return (struct str){ NULL, 0 };
}

static inline struct str door_body(struct door *d)
{
	char *at = memmem(d->out.p, d->out.n, "\r\n\r\n", 4);

	assert_non_null(at);
	return (struct str){ at + 4, d->out.n - (size_t)(at + 4 - d->out.p) };
}

#endif
