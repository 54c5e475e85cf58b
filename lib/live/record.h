/* record.h - FastCGI 1.0 records coming in: from bytes, cut anywhere, to one whole request.
 *
 * Knows no sockets and no loop: bytes go in, what they mean comes out, so that it can be tested and
 * fuzzed alone. One struct record reads one connection. It takes one request at a time (what
 * multiplexes is told that we do not), with its parameters and its whole body, both up to a
 * maximum. Between and behind requests it is a few bytes; what a request brought lives on the heap
 * until record_release().
 *
 * Not for: roles other than responder, and what goes out (that is lib/live/fcgi.c), but for the
 * answers that the protocol itself asks for. */
#ifndef LIVE_RECORD_H
#define LIVE_RECORD_H

#include "core/str.h"

enum {
	RECORD_HEAD = 8,
	RECORD_END = 16, /* an END_REQUEST with its head */
	RECORD_PARAMS_BYTES = 65536,
	RECORD_PARAMS = 100,
	RECORD_VALUES = 512, /* of a GET_VALUES */
	RECORD_REPLY = 128,
};

enum record_type {
	RECORD_BEGIN_REQUEST = 1,
	RECORD_ABORT_REQUEST = 2,
	RECORD_END_REQUEST = 3,
	RECORD_PARAMS_STREAM = 4,
	RECORD_STDIN = 5,
	RECORD_STDOUT = 6,
	RECORD_STDERR = 7,
	RECORD_DATA = 8,
	RECORD_GET_VALUES = 9,
	RECORD_GET_VALUES_RESULT = 10,
	RECORD_UNKNOWN_TYPE = 11,
};

enum record_ending {
	ENDING_COMPLETE,
	ENDING_CANT_MULTIPLEX,
	ENDING_OVERLOADED,
	ENDING_UNKNOWN_ROLE
};

struct record_intake;

struct record {
	struct record_intake
		*intake;    /* parameters and body, from BEGIN_REQUEST to record_release */
	struct buf *values; /* a GET_VALUES while it comes in */
	unsigned char bytes[RECORD_HEAD]; /* a head, or a BEGIN_REQUEST, while it comes in */
	uint16_t request;                 /* the one that comes in or is being answered; 0: none */
	uint16_t id, content; /* of the record that comes in: whose, and what is missing */
	uint8_t padding, have, stage, sink, phase;
	bool keep; /* the peer wants the connection to stay open behind its request */
};

enum record_news {
	RECORD_NOTHING,   /* all bytes are eaten */
	RECORD_BEGINS,    /* a request begins to come in */
	RECORD_WHOLE,     /* the request is complete: parameters and body can be had */
	RECORD_ABORTED,   /* the peer gives the request up; there is none now */
	RECORD_REPLY_DUE, /* `reply` must be sent */
	RECORD_REFUSED,   /* the request cannot be taken, `status` is the answer; to be ended by
			     caller */
	RECORD_BROKEN,    /* this is not FastCGI: close */
};

struct record_event {
	unsigned char reply[RECORD_REPLY];
	size_t reply_n;
	bool last;       /* behind the reply the connection is to be closed */
	bool served;     /* RECORD_ABORTED: the request had been whole */
	int status;      /* RECORD_REFUSED: 400 or 413 … */
	const char *why; /* … and in words, for the log */
};

/* What every connection of a server is held to. */
struct record_limits {
	size_t body_max;
	unsigned connections_max; /* told to a peer that asks */
};

/* Eats from *in up to the next thing worth saying. To be called until it says RECORD_NOTHING;
 * after RECORD_BROKEN not again. */
enum record_news record_eat(struct record *rc, const struct record_limits *limits, struct str *in,
	struct record_event *e);

/* Of a whole request, until record_release(): "NAME=value" strings ended by NULL; the body. */
char **record_params(const struct record *rc);
struct str record_body(const struct record *rc);
void record_release(struct record *rc);
/* The request is answered; the next one may come. Releases too. */
void record_next(struct record *rc);
/* Frees all. */
void record_clear(struct record *rc);

/* Heads and ends of records going out. */
void record_head(unsigned char to[RECORD_HEAD], enum record_type type, unsigned request,
	size_t content, size_t padding);
void record_end(unsigned char to[RECORD_END], unsigned request, enum record_ending how);

#endif
