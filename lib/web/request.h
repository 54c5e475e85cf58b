/* request.h - one request on its way through a program, from its first byte to its log line.
 *
 * lib/web/app.c walks it through the seven steps; each step fills in its part below. Handlers see
 * typed values in `in`, write their answer with reply_json(), and return an enum err; everything
 * they allocate comes from `arena`. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "core/conf.h"
#include "core/page.h"
#include "core/writer.h"
#include "data/db.h"

struct json_object;
struct live_request;
struct visit;
struct route;
struct program;

enum {
	PARAMS_BYTES_MAX = 65536,
	PARAMS_MAX = 100,
	QUERY_MAX = 8192,
	SEGMENTS_MAX = 6,
	WRONG_MAX = 16,
	COOKIES_MAX = 4,
	ANSWER_MAX = 16 << 20,
};

/* Where a request comes from and its answer goes to: a FastCGI connection, or a CGI process's own
 * streams. */
struct gate {
	char **params; /* "NAME=value", ends with NULL */
	/* Up to n bytes of the body; 0 at its end, -1 when it broke off. */
	int64_t (*read)(struct gate *g, char *to, size_t n);
	/* Whether nothing more of the body comes within so many milliseconds. */
	bool (*is_silent)(struct gate *g, int ms);
	bool (*write)(struct gate *g, struct str bytes);
	void *stream;
};

/* What one process shares between its workers. */
struct host {
	const struct program *program;
	struct conf conf;
	struct page *page;
	struct tape *tape; /* NULL: none */
	struct keys *keys;
	struct metric **metrics; /* by route; the last one counts what matches none */
};

struct request {
	struct host *host;
	struct gate *gate;
	struct arena *arena;
	struct db *db;
	int64_t began_us;

	/* the head */
	struct str method, query, content_type, id, address, user_agent, base;
	struct str segments[SEGMENTS_MAX]; /* of the path behind the program's name, decoded */
	int segments_n;
	int64_t content_length; /* -1: not said */
	bool secure, own_origin;
	struct str allow_origin; /* of a configured foreign origin that asks */

	/* the route */
	const struct route *route;
	struct str allow; /* methods, for 405 and OPTIONS */
	bool head;        /* HEAD is GET whose body stays here */

	/* the caller */
	int64_t user_id, session_id;
	/* Whom another walk of this request has let in, while so many sessions had ended. */
	struct vouched {
		int64_t user_id, session_id;
		uint64_t ended;
	} vouched;

	/* the fields: a struct of the handler's */
	void *in;
	struct json_object *body_tree;
	struct {
		const char *name;
		struct str why;
	} wrong[WRONG_MAX];
	int wrong_n;

	struct live_request
		*live;       /* in a program that parks requests: what its loop knows of this one */
	struct visit *visit; /* on a loop: what can be parked there (lib/live/visit.h) */

	bool body_taken; /* to its end, by a program that takes bodies as they come */
	bool counted;    /* against the limits, already */

	/* the answer */
	struct buf *body;
	struct writer json;
	struct str text_type; /* set: the body is not JSON but this */
	bool endless;         /* the body goes on after the answer: an event stream */
	bool answered;        /* the handler has sent the answer itself */
	int status;           /* that it sent; 0: 200 */
	int64_t range_size;   /* with ERR_RANGE: of the file that has no such bytes */
	bool made;            /* 201 instead of 200 */
	int64_t retry_after_s;
	struct str cookies[COOKIES_MAX];
	int cookies_n;
	struct str note; /* for the log line alone: what went wrong inside */
};

/* Step one: the variables of the web server, checked. Fills in what it can also when it fails, so
 * that the failure can be answered and logged. */
enum err request_read(struct request *rq);
/* The value of a variable; absent where there is none. */
struct str request_param(const struct request *rq, const char *name);
/* The value of a cookie of the request. */
struct str request_cookie(const struct request *rq, const char *name);

/* Starts the answer: one JSON object that the reply closes. */
struct writer *reply_json(struct request *rq);
/* Says that a field is wrong, and returns ERR_INVALID. */
enum err field_wrong(struct request *rq, const char *name, const char *why);
void note(struct request *rq, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
