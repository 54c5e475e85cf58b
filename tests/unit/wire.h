/* wire.h - what a web server says in FastCGI, for tests of who listens. */
#ifndef UNIT_WIRE_H
#define UNIT_WIRE_H

#include "core/buf.h"
#include "live/record.h"

enum { KEEP = 1, RESPONDER = 1 };

static inline void wire_record(
	struct buf *to, int type, unsigned id, struct str content, size_t padding)
{
	unsigned char head[RECORD_HEAD];

	record_head(head, (enum record_type)type, id, content.n, padding);
	buf_add(to, head, sizeof head);
	buf_str(to, content);
	for (; padding; padding--)
		buf_byte(to, 'x');
}

static inline void wire_begin(struct buf *to, unsigned id, int role, int flags)
{
	char body[8] = { (char)(role >> 8), (char)role, (char)flags, 0, 0, 0, 0, 0 };

	wire_record(to, RECORD_BEGIN_REQUEST, id, (struct str){ body, sizeof body }, 0);
}

static inline void wire_length(struct buf *to, size_t n, bool wide)
{
	if (wide || n > 127) {
		buf_byte(to, (char)(0x80 | n >> 24));
		buf_byte(to, (char)(n >> 16));
		buf_byte(to, (char)(n >> 8));
	}
	buf_byte(to, (char)n);
}

static inline void wire_pair(struct buf *to, struct str name, struct str value, bool wide)
{
	wire_length(to, name.n, wide);
	wire_length(to, value.n, wide);
	buf_str(to, name);
	buf_str(to, value);
}

/* A stream in records of at most `cut` bytes, and its end. */
static inline void wire_stream(struct buf *to, int type, unsigned id, struct str bytes, size_t cut)
{
	while (bytes.n) {
		struct str part = { bytes.p, bytes.n < cut ? bytes.n : cut };

		wire_record(to, type, id, part, -part.n & 7);
		bytes.p += part.n;
		bytes.n -= part.n;
	}
	wire_record(to, type, id, STR(""), 0);
}

/* "GET" of `path`, or "POST" with a body. */
static inline void wire_request(
	struct buf *to, unsigned id, int flags, const char *path, struct str body)
{
	struct buf params = BUF_INIT(65536);

	wire_begin(to, id, RESPONDER, flags);
	wire_pair(&params, STR("REQUEST_METHOD"), body.n ? STR("POST") : STR("GET"), false);
	wire_pair(&params, STR("REQUEST_URI"), str_of(path), false);
	wire_pair(&params, STR("EMPTY"), STR(""), true);
	wire_stream(to, RECORD_PARAMS_STREAM, id, buf_as_str(&params), 65535);
	wire_stream(to, RECORD_STDIN, id, body, 65535);
	buf_free(&params);
}

#endif
