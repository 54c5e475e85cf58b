/* session.h - where a person is logged in, and the refresh tokens that keep it so.
 *
 * A refresh token is 256 random bits, stored hashed, good for one use: using it makes its
 * successor. Using one that was used before means that two hold it, so the session ends. Except at
 * once after: a client whose answer got lost asks again with the same token, so within a grace of
 * 10 s the immediate parent brings the same successor once more. To be able to say the same token
 * twice without storing it, the successor is an HMAC of the parent under a salt that is stored:
 * whoever has the parent and the database's salt can make it, neither alone suffices. */
#ifndef DATA_SESSION_H
#define DATA_SESSION_H

#include "core/writer.h"
#include "data/news.h"

struct session_new {
	struct str user_agent, address; /* cut to what the table holds */
	int64_t refresh_days;
};

struct session_tokens {
	int64_t session_id;
	struct str refresh_token;
};

/* Inside a transaction: opens a session for somebody who has proved who they are. */
enum err session_open(struct db *db, struct arena *a, int64_t user_id,
	const struct session_new *device, struct session_tokens *out);
/* The same as a transaction of its own. */
enum err session_start(struct db *db, struct arena *a, int64_t user_id,
	const struct session_new *device, struct session_tokens *out);
/* After a COMMIT whose answer was lost: OK if that session is there, ERR_NOT_FOUND if not. */
enum err session_opened(struct db *db, struct arena *a, const struct session_tokens *made);

/* Uses a refresh token. ERR_REFRESH_INVALID: nobody's, or its session is over. ERR_REFRESH_REUSED:
 * the session is over now, *news is set. */
enum err session_refresh(struct db *db, struct arena *a, struct str token, int64_t refresh_days,
	struct session_tokens *out, int64_t *user_id, struct news *news);

/* Whether the session still runs and is this person's: OK or ERR_UNAUTHORIZED. */
enum err session_alive(struct db *db, struct arena *a, int64_t session_id, int64_t user_id);

struct session {
	int64_t id, created_ms, last_used_ms, expires_ms;
	struct str user_agent, address;
};
/* The live ones, the newest first, behind `after` (0: from the first one); one more than `limit`,
 * if there are more. */
enum err session_list(struct db *db, struct arena *a, int64_t user_id, int64_t after, int64_t limit,
	struct session **sessions, size_t *n);

/* Ends one session of this person. ERR_NOT_FOUND where it is not theirs or over already. */
enum err session_revoke(
	struct db *db, struct arena *a, int64_t user_id, int64_t session_id, struct news *news);
/* Inside a transaction: ends all but `except`; or all of them, and forgets devices and addresses.
 */
enum err session_revoke_all(
	struct db *db, struct arena *a, int64_t user_id, int64_t except, struct news *news);
enum err session_erase_all(struct db *db, struct arena *a, int64_t user_id, struct news *news);

#endif
