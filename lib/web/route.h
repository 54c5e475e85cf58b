/* route.h - a program is a name and a table of routes; a route is a row that says what it needs. */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/request.h"

enum auth {
	AUTH_NONE,
	AUTH_USER,   /* a bearer token whose session lives */
	AUTH_COOKIE, /* or the access cookie: for what a page cannot send a header with */
};

enum source { FROM_PATH, FROM_QUERY, FROM_BODY, FROM_COOKIE };

enum kind {
	F_TEXT,     /* any valid UTF-8 without NUL; min and max count characters */
	F_LINE,     /* text for people on one line: nothing unprintable, not blank; trimmed */
	F_PASSWORD, /* bytes */
	F_EMAIL,
	F_USERNAME,
	F_DATE, /* YYYY-MM-DD, a real one */
	F_LOCALE,
	F_LINK, /* a path within the site or an https address */
	F_ID,   /* 1 to ID_MAX */
	F_INT,  /* min and max are its bounds */
	F_BOOL,
	F_IDS,   /* up to max ids: an array, or in a form 1,2,3 */
	F_EMOJI, /* one of them, as people see it */
};

/* Of ids, and of the numbers of messages: exact in every language that reads them. */
#define ID_MAX 9007199254740991

enum {
	REQUIRED = 1,
	NULLABLE = 2,  /* null or "" clears it */
	OR_COOKIE = 4, /* absent from the body, the cookie of the same meaning counts
			  (lib/web/cookie.h) */
};

/* One value of a request. `set`: it was given; then either `null` or one of the others by its kind.
 */
struct value {
	bool set, null;
	struct str s;
	int64_t n;
	int64_t *ids; /* n of them, each once */
};

struct field {
	const char *name, *alias;
	enum source in;
	enum kind kind;
	int64_t min, max;
	unsigned flags;
	size_t at; /* of its struct value in the handler's struct */
};

/* FIELD(struct, member, "name", source, kind, min, max, flags) */
#define FIELD(type, member, name, in, kind, min, max, flags)                                       \
	{                                                                                          \
		name, NULL, in, kind, min, max, flags, offsetof(type, member)                      \
	}

/* `limit` of every list: how many entries an answer has. */
enum { LIST_STANDARD = 50, LIST_MAX = 200 };
#define FIELD_LIMIT(type) FIELD(type, limit, "limit", FROM_QUERY, F_INT, 1, LIST_MAX, 0)
static inline int64_t list_limit(const struct value *limit)
{
	return limit->set ? limit->n : LIST_STANDARD;
}

typedef enum err handler(struct request *rq);

struct route {
	const char *method, *path; /* "/{id}/join": a segment in braces is a field FROM_PATH */
	enum auth auth;
	size_t body_max;
	const struct field *fields; /* ends with a field without name; NULL: none */
	handler *run;
	bool is_message; /* counts against the limit of messages instead of that of other changes */
	bool is_quick;   /* never waits, and needs no database: see lib/live/visit.h */
};

struct program {
	const char *name;
	const struct route *routes; /* ends with a route without method */
	bool signs;                 /* makes access tokens, so needs the private keys */
	bool stores;                /* may touch the directory of files */
	bool tapes;                 /* writes or hears messages: core/tape.h */
	/* What it keeps for as long as the process lives; NULL: nothing. */
	void (*open)(struct host *host);
	void (*close)(void);
	/* How it serves FastCGI until it is asked to end; NULL: by worker threads. */
	void (*serve)(struct host *host);
	bool is_daemon; /* it serves always, on sockets of its own, and no CGI */
};

/* Each program defines the one it is. */
extern const struct program program;

/* Finds rq->route, or says ERR_NOT_FOUND or ERR_METHOD (with rq->allow filled in). */
enum err route_find(struct request *rq);
int route_count(const struct program *p);
/* The table as JSON lines, for tests and tools: `PROGRAM --routes`. */
void route_describe(const struct program *p, struct buf *to);

#endif
