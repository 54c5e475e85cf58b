#include "data/session.h"

#include "core/fold.h"
#include "core/random.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { TOKEN_BYTES = 32, TOKEN_TEXT = 43, GRACE_S = 10 };

static struct sql add_session = SQL("INSERT INTO session (user_id, created_at, last_used_at, "
				    "expires_at, user_agent, address) VALUES "
				    "(?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + "
				    "INTERVAL ? DAY, LEFT(?, 255), LEFT(?, 45))");
static struct sql add_refresh =
	SQL("INSERT INTO refresh (hash, session_id, created_at) VALUES (?, ?, UTC_TIMESTAMP(3))");
static struct sql sweep_sessions = SQL("DELETE FROM session WHERE user_id = ? AND (expires_at < "
				       "UTC_TIMESTAMP(3) - INTERVAL 1 DAY OR "
				       "revoked_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY)");
static struct sql sweep_refresh = SQL(
	"DELETE FROM refresh WHERE session_id = ? AND used_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY");
/* With a lock: the COMMIT whose answer was lost may still be on its way. */
static struct sql refresh_there = SQL("SELECT 1 FROM refresh WHERE hash = ? LOCK IN SHARE MODE");

/* The session's row is locked first: whoever comes with any token of this session waits in one
 * line. */
static struct sql lock_session =
	SQL("SELECT s.id, s.user_id, s.revoked_at IS NULL AND s.expires_at > UTC_TIMESTAMP(3) "
	    "FROM session s WHERE s.id = (SELECT r.session_id FROM refresh r WHERE r.hash = ?) FOR "
	    "UPDATE");
static struct sql refresh_state = SQL(
	"SELECT r.used_at IS NOT NULL, r.used_at > UTC_TIMESTAMP(3) - INTERVAL ? SECOND, r.salt "
	"FROM refresh r WHERE r.hash = ?");
static struct sql unused = SQL("SELECT 1 FROM refresh WHERE hash = ? AND used_at IS NULL");
static struct sql use_refresh =
	SQL("UPDATE refresh SET used_at = UTC_TIMESTAMP(3), salt = ? WHERE hash = ?");
static struct sql prolong = SQL("UPDATE session SET last_used_at = UTC_TIMESTAMP(3), "
				"expires_at = UTC_TIMESTAMP(3) + INTERVAL ? DAY WHERE id = ?");

static struct sql alive =
	SQL("SELECT 1 FROM session WHERE id = ? AND user_id = ? AND revoked_at IS NULL "
	    "AND expires_at > UTC_TIMESTAMP(3)");
static struct sql list =
	SQL("SELECT id, created_at, last_used_at, expires_at, user_agent, address FROM session "
	    "WHERE user_id = ? AND id < ? AND revoked_at IS NULL AND expires_at > "
	    "UTC_TIMESTAMP(3) ORDER BY id DESC LIMIT ?");
static struct sql revoke = SQL("UPDATE session SET revoked_at = UTC_TIMESTAMP(3) "
			       "WHERE id = ? AND user_id = ? AND revoked_at IS NULL");
static struct sql revoke_others = SQL("UPDATE session SET revoked_at = UTC_TIMESTAMP(3) "
				      "WHERE user_id = ? AND id <> ? AND revoked_at IS NULL");
static struct sql others_alive = SQL(
	"SELECT id FROM session WHERE user_id = ? AND id <> ? AND revoked_at IS NULL FOR UPDATE");
static struct sql erase_others = SQL("UPDATE session SET revoked_at = COALESCE(revoked_at, "
				     "UTC_TIMESTAMP(3)), user_agent = NULL, "
				     "address = NULL WHERE user_id = ?");
static struct sql erase_refresh =
	SQL("DELETE r FROM refresh r JOIN session s ON s.id = r.session_id WHERE s.user_id = ?");

static struct str digest(struct arena *a, struct str token)
{
	char *to = arena_alloc(a, TOKEN_BYTES);

	EVP_Digest(token.p, token.n, (unsigned char *)to, NULL, EVP_sha256(), NULL);
	return (struct str){ to, TOKEN_BYTES };
}

static struct str successor(struct arena *a, struct str parent, struct str salt)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	HMAC(EVP_sha256(), salt.p, (int)salt.n, (const unsigned char *)parent.p, parent.n, mac, &n);
	return base64url(a, mac, TOKEN_BYTES);
}

static struct str salt_new(struct arena *a)
{
	char *salt = arena_alloc(a, TOKEN_BYTES);

	random_bytes(salt, TOKEN_BYTES);
	return (struct str){ salt, TOKEN_BYTES };
}

static enum err store_token(struct db *db, struct arena *a, int64_t session_id, struct str token)
{
	return db_run(db, &add_refresh, as_bytes(digest(a, token)), as_int(session_id));
}

enum err session_open(struct db *db, struct arena *a, int64_t user_id,
	const struct session_new *device, struct session_tokens *out)
{
	enum err e = db_run(db, &sweep_sessions, as_int(user_id));

	if (e == OK)
		e = db_run(db, &add_session, as_int(user_id), as_int(device->refresh_days),
			as_text(device->user_agent), as_text(device->address));
	if (e != OK)
		return e;
	out->session_id = db_inserted(db);
	out->refresh_token = random_text(a, TOKEN_BYTES);
	return store_token(db, a, out->session_id, out->refresh_token);
}

struct opening {
	struct arena *arena;
	int64_t user_id;
	const struct session_new *device;
	struct session_tokens *out;
};

static enum err open_one(struct db *db, void *context)
{
	struct opening *o = context;

	return session_open(db, o->arena, o->user_id, o->device, o->out);
}

static enum err opened(struct db *db, void *context)
{
	struct opening *o = context;

	return session_opened(db, o->arena, o->out);
}

enum err session_start(struct db *db, struct arena *a, int64_t user_id,
	const struct session_new *device, struct session_tokens *out)
{
	struct opening o = { a, user_id, device, out };

	return db_transaction(db, open_one, opened, &o);
}

enum err session_opened(struct db *db, struct arena *a, const struct session_tokens *made)
{
	struct rows r;
	enum err e = db_select(db, a, &refresh_there, &r, as_bytes(digest(a, made->refresh_token)));

	return e == OK && r.n == 0 ? ERR_NOT_FOUND : e;
}

struct refreshing {
	struct arena *arena;
	struct str token;
	int64_t refresh_days;
	struct session_tokens *out;
	int64_t user_id;
	struct news *news;
	bool reused;
};

/* Sessions have ended: moves the counter, and tells their clients. */
static enum err tell(struct db *db, struct arena *a, int64_t user_id, const int64_t *ids, size_t n,
	struct news *news)
{
	struct event *events = arena_alloc(a, sizeof *events * n);
	int64_t first;
	enum err e = news_ended(db, news);

	if (e != OK)
		return e;
	for (size_t i = 0; i < n; i++)
		events[i] = (struct event){ .type = STR("session.revoked"),
			.user_id = user_id,
			.data = arena_printf(a, "\"sessionId\":%lld", (long long)ids[i]) };
	e = n ? event_take(db, (int64_t)n, &first) : OK;
	if (e == OK && n) {
		news->last = first + (int64_t)n - 1;
		e = event_put(db, first, events, n);
	}
	return e;
}

/* One used before: the answer of its first use again if that was a moment ago and its child is
 * still unused. */
static enum err used_again(struct db *db, struct refreshing *f, bool in_grace, struct str salt)
{
	struct arena *a = f->arena;
	struct rows r;
	enum err e;

	if (in_grace && salt.n == TOKEN_BYTES) {
		f->out->refresh_token = successor(a, f->token, salt);
		e = db_select(db, a, &unused, &r, as_bytes(digest(a, f->out->refresh_token)));
		if (e != OK || r.n)
			return e;
	}
	f->reused = true;
	e = db_run(db, &revoke, as_int(f->out->session_id), as_int(f->user_id));
	return e == OK ? tell(db, a, f->user_id, &f->out->session_id, 1, f->news) : e;
}

static enum err refresh(struct db *db, void *context)
{
	struct refreshing *f = context;
	struct arena *a = f->arena;
	struct str hash = digest(a, f->token), salt;
	struct rows r;
	enum err e = db_select(db, a, &lock_session, &r, as_bytes(hash));

	f->reused = false;
	if (e != OK)
		return e;
	if (r.n == 0 || !row_int(&r, 0, 2))
		return ERR_REFRESH_INVALID;
	f->out->session_id = row_int(&r, 0, 0);
	f->user_id = row_int(&r, 0, 1);
	e = db_select(db, a, &refresh_state, &r, as_int(GRACE_S), as_bytes(hash));
	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_REFRESH_INVALID;
	if (row_int(&r, 0, 0))
		return used_again(db, f, row_int(&r, 0, 1) != 0, row_str(&r, 0, 2));
	salt = salt_new(a);
	f->out->refresh_token = successor(a, f->token, salt);
	e = db_run(db, &use_refresh, as_bytes(salt), as_bytes(hash));
	if (e == OK)
		e = store_token(db, a, f->out->session_id, f->out->refresh_token);
	if (e == OK)
		e = db_run(db, &sweep_refresh, as_int(f->out->session_id), as_int(f->refresh_days));
	if (e == OK)
		e = db_run(db, &prolong, as_int(f->refresh_days), as_int(f->out->session_id));
	return e;
}

static enum err refreshed(struct db *db, void *context)
{
	struct refreshing *f = context;

	/* After a revocation there is nothing to hand out, and doing it again does no harm. */
	return f->reused ? ERR_NOT_FOUND : session_opened(db, f->arena, f->out);
}

enum err session_refresh(struct db *db, struct arena *a, struct str token, int64_t refresh_days,
	struct session_tokens *out, int64_t *user_id, struct news *news)
{
	struct refreshing f = {
		.arena = a, .token = token, .refresh_days = refresh_days, .out = out, .news = news
	};
	enum err e;

	if (token.n != TOKEN_TEXT)
		return ERR_REFRESH_INVALID;
	e = db_transaction(db, refresh, refreshed, &f);
	*user_id = f.user_id;
	return e == OK && f.reused ? ERR_REFRESH_REUSED : e;
}

enum err session_alive(struct db *db, struct arena *a, int64_t session_id, int64_t user_id)
{
	struct rows r;
	enum err e = db_select(db, a, &alive, &r, as_int(session_id), as_int(user_id));

	return e == OK && r.n == 0 ? ERR_UNAUTHORIZED : e;
}

enum err session_list(struct db *db, struct arena *a, int64_t user_id, int64_t after, int64_t limit,
	struct session **sessions, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &list, &r, as_int(user_id), as_int(after ? after : INT64_MAX),
		as_int(limit + 1));

	if (e != OK)
		return e;
	*n = r.n;
	*sessions = arena_alloc(a, sizeof **sessions * r.n);
	for (size_t i = 0; i < r.n; i++)
		(*sessions)[i] = (struct session){ row_int(&r, i, 0), row_ms(&r, i, 1),
			row_ms(&r, i, 2), row_ms(&r, i, 3), row_str(&r, i, 4), row_str(&r, i, 5) };
	return OK;
}

struct revoking {
	struct arena *arena;
	int64_t user_id, session_id;
	struct news *news;
};

static enum err revoke_one(struct db *db, void *context)
{
	struct revoking *v = context;
	enum err e = db_run(db, &revoke, as_int(v->session_id), as_int(v->user_id));

	if (e == OK && db_changed(db) == 0)
		return ERR_NOT_FOUND;
	return e == OK ? tell(db, v->arena, v->user_id, &v->session_id, 1, v->news) : e;
}

enum err session_revoke(
	struct db *db, struct arena *a, int64_t user_id, int64_t session_id, struct news *news)
{
	struct revoking v = { a, user_id, session_id, news };

	return db_transaction(db, revoke_one, NULL, &v);
}

static enum err alive_but(
	struct db *db, struct arena *a, int64_t user_id, int64_t except, int64_t **ids, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &others_alive, &r, as_int(user_id), as_int(except));

	*n = e == OK ? r.n : 0;
	*ids = arena_alloc(a, sizeof **ids * *n);
	for (size_t i = 0; i < *n; i++)
		(*ids)[i] = row_int(&r, i, 0);
	return e;
}

enum err session_revoke_all(
	struct db *db, struct arena *a, int64_t user_id, int64_t except, struct news *news)
{
	int64_t *ids;
	size_t n;
	enum err e = alive_but(db, a, user_id, except, &ids, &n);

	if (e == OK)
		e = db_run(db, &revoke_others, as_int(user_id), as_int(except));
	return e == OK ? tell(db, a, user_id, ids, n, news) : e;
}

enum err session_erase_all(struct db *db, struct arena *a, int64_t user_id, struct news *news)
{
	int64_t *ids;
	size_t n;
	enum err e = alive_but(db, a, user_id, 0, &ids, &n);

	if (e == OK)
		e = db_run(db, &erase_refresh, as_int(user_id));
	if (e == OK)
		e = db_run(db, &erase_others, as_int(user_id));
	return e == OK ? tell(db, a, user_id, ids, n, news) : e;
}
