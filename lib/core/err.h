/* err.h - every way a request can end, as one list.
 *
 * Functions return an enum err and hand results out by pointer. What a value means to the outside
 * (status, code, words) is said once, in lib/web/reply.c; below the web nobody knows of HTTP. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

enum err {
	OK = 0,
	ERR_BAD_REQUEST, /* the request line, a header or a parameter makes no sense */
	ERR_MALFORMED_JSON,
	ERR_MALFORMED_FORM,
	ERR_UNAUTHORIZED, /* no token, or one that does not hold */
	ERR_BAD_CREDENTIALS,
	ERR_REFRESH_INVALID,
	ERR_REFRESH_REUSED,
	ERR_FORBIDDEN,
	ERR_WRONG_PASSWORD,
	ERR_CROSS_ORIGIN,
	ERR_CURSOR_EXPIRED,
	ERR_NOT_FOUND, /* there is none, or it is not yours to know of */
	ERR_METHOD,
	ERR_CONFLICT,
	ERR_EMAIL_TAKEN,
	ERR_USERNAME_TAKEN,
	ERR_TOO_LARGE,
	ERR_QUOTA, /* it would pass what one person may store */
	ERR_MEDIA_TYPE,
	ERR_FILE_TYPE, /* of an upload, as its bytes say */
	ERR_STORAGE,   /* the disk takes no more */
	ERR_RANGE,     /* there are no such bytes of the file */
	ERR_INVALID,   /* single fields are wrong; the request names them */
	ERR_RATE_LIMITED,
	ERR_BUSY,
	ERR_INTERNAL,
	ERR_CONTENTION, /* others held what it needed for too long; nothing was changed */
	ERR_DATABASE_AWAY,
	ERR_OUTCOME_UNKNOWN, /* the answer to COMMIT was lost: done or not done, we cannot say */
	/* Not outcomes, but words between a step and who walks a request through it: */
	ERR_NEEDS_DATABASE, /* this thread has none; come again with one */
	ERR_PARKED,         /* it waits now; the answer comes later */
	ERR_MAX
};

#endif
