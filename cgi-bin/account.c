/* account - signing up, logging in, staying logged in, and one's own data.
 *
 * The only program that reads password hashes and refresh tokens or makes access tokens: the
 * database grants and the file system say so too. */
#include "core/clock.h"
#include "core/fold.h"
#include "core/log.h"
#include "data/person.h"
#include "data/session.h"
#include "web/address.h"
#include "web/auth.h"
#include "web/cookie.h"
#include "web/limit.h"
#include "web/password.h"
#include "web/route.h"
#include "web/token.h"

enum {
	BODY_MAX = 16384,
	PASSWORD_MIN = 8,
	PASSWORD_MAX = 256,
	QUARTER_S = 900,
	HOUR_S = 3600,
};

/* --- sessions going out --- */

static struct session_new this_device(struct request *rq)
{
	return (struct session_new){ rq->user_agent, rq->address, rq->host->conf.refresh_days };
}

/* The Session object, and the same as cookies for the browser. */
static enum err reply_session(struct request *rq, int64_t user_id, const struct session_tokens *s)
{
	int64_t now_s = clock_wall_ms() / 1000;
	struct claims claims = { user_id, s->session_id, now_s + rq->host->conf.access_s };
	struct person p;
	struct str token;
	struct writer *j;
	enum err e = person_by_id(rq->db, rq->host->page, rq->arena, user_id, &p);

	if (e == OK)
		e = token_make(rq->host->keys, rq->arena, &claims, now_s, p.email,
			p.user.first_name, &token);
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e;
	j = reply_json(rq);
	person_json(j, "user", &p);
	put_int(j, "sessionId", s->session_id);
	put_str(j, "accessToken", token);
	put_int(j, "expiresIn", rq->host->conf.access_s);
	put_str(j, "refreshToken", s->refresh_token);
	cookie_set_session(rq, token, s->refresh_token);
	return OK;
}

/* --- passwords coming in --- */

static struct rate password_rate(struct request *rq)
{
	return (struct rate){ "password", rq->host->conf.login_tries, QUARTER_S, 0 };
}

/* One try at a password. Counted before it is looked at, so that many at once are counted right;
 * one that was good, or for which there was no time, is taken back. An absent hash is never right
 * and takes as long. */
static enum err try_password(
	struct request *rq, struct str who, struct str password, struct str hash, bool *old)
{
	struct rate rate = password_rate(rq);
	enum err e = limit_try(rq, &rate, who);

	if (e != OK)
		return e;
	e = password_check(&rq->host->conf, rq->host->page, rq->arena, password, hash, old);
	if (e != ERR_WRONG_PASSWORD)
		limit_undo(rq, &rate, who);
	return e;
}

/* One count for an account, by whichever name it is tried. */
static struct str account_key(struct arena *a, int64_t user_id)
{
	return arena_printf(a, "#%lld", (long long)user_id);
}

/* The caller's own password, asked for before what cannot be undone. */
static enum err confirm_password(struct request *rq, struct str password)
{
	struct str who = account_key(rq->arena, rq->user_id), hash;
	bool old;
	enum err e = person_password_hash(rq->db, rq->arena, rq->user_id, &hash);

	if (e == ERR_NOT_FOUND)
		return ERR_WRONG_PASSWORD;
	return e == OK ? try_password(rq, who, password, hash, &old) : e;
}

/* --- POST /account/register --- */

struct register_in {
	struct value email, password, first_name, last_name, username, birthday;
};

static const struct field register_fields[] = {
	FIELD(struct register_in, email, "email", FROM_BODY, F_EMAIL, 3, 254, REQUIRED),
	FIELD(struct register_in, password, "password", FROM_BODY, F_PASSWORD, PASSWORD_MIN,
		PASSWORD_MAX, REQUIRED),
	FIELD(struct register_in, first_name, "firstName", FROM_BODY, F_LINE, 1, 100, REQUIRED),
	FIELD(struct register_in, last_name, "lastName", FROM_BODY, F_LINE, 1, 100, REQUIRED),
	FIELD(struct register_in, username, "username", FROM_BODY, F_USERNAME, 3, 32, NULLABLE),
	FIELD(struct register_in, birthday, "birthday", FROM_BODY, F_DATE, 10, 10, NULLABLE),
	{ 0 },
};

static enum err taken_field(struct request *rq, enum err e)
{
	if (e == ERR_EMAIL_TAKEN)
		field_wrong(rq, "email", "is taken");
	if (e == ERR_USERNAME_TAKEN)
		field_wrong(rq, "username", "is taken");
	return e;
}

/* 201 Session. 409 email_taken, username_taken. */
static enum err register_person(struct request *rq)
{
	const struct register_in *in = rq->in;
	struct person_new p = { in->email.s, in->first_name.s, in->last_name.s, in->username.s,
		in->birthday.s, { NULL, 0 }, rq->host->conf.lobby != 0 };
	struct rate rate = { "register", rq->host->conf.registrations, HOUR_S, 0 };
	struct session_new device = this_device(rq);
	struct session_tokens session;
	int64_t user_id, last = 0;
	enum err e = OK;

	if (!address_is_loopback(rq->address))
		e = limit_try(rq, &rate, address_key(rq->arena, rq->address));
	if (e == OK)
		e = person_free(rq->db, rq->arena, &p);
	if (e == OK)
		e = password_hash(&rq->host->conf, rq->host->page, rq->arena, in->password.s,
			&p.password_hash);
	if (e == OK)
		e = person_create(rq->db, rq->arena, &p, &device, &session, &user_id, &last);
	if (e != OK)
		return taken_field(rq, e);
	if (last)
		event_ring(rq->host->page, last);
	rq->made = true;
	return reply_session(rq, user_id, &session);
}

/* --- POST /account/login --- */

struct login_in {
	struct value login, password;
};

static const struct field login_fields[] = {
	{ "login", "email", FROM_BODY, F_TEXT, 1, 254, REQUIRED, offsetof(struct login_in, login) },
	FIELD(struct login_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		REQUIRED),
	{ 0 },
};

/* A hash of an older scheme or cost becomes one of ours. It is a courtesy: failing at it fails
 * nothing. */
static void renew_hash(struct request *rq, int64_t user_id, struct str password)
{
	struct str hash;
	struct news ignored;

	if (password_refusal(&rq->host->conf, password, PASSWORD_MIN, PASSWORD_MAX) == NULL &&
		password_hash(&rq->host->conf, rq->host->page, rq->arena, password, &hash) == OK)
		person_set_password(rq->db, rq->arena, user_id, hash, false, 0, &ignored);
}

/* 200 Session. 401 bad_credentials, the same words after the same time whether there is such an
 * account or not. */
static enum err log_in(struct request *rq)
{
	const struct login_in *in = rq->in;
	struct session_new device = this_device(rq);
	struct session_tokens session;
	struct login found = { 0 };
	struct str name = str_trim(in->login.s), who;
	bool old = false;
	enum err e = person_login(rq->db, rq->arena, name, &found);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	who = e == OK ? account_key(rq->arena, found.user_id) : fold(rq->arena, name);
	e = try_password(rq, who, in->password.s, found.password_hash, &old);
	if (e != OK)
		return e == ERR_WRONG_PASSWORD ? ERR_BAD_CREDENTIALS : e;
	if (old)
		renew_hash(rq, found.user_id, in->password.s);
	e = session_start(rq->db, rq->arena, found.user_id, &device, &session);
	return e == OK ? reply_session(rq, found.user_id, &session) : e;
}

/* --- POST /account/refresh --- */

struct refresh_in {
	struct value refresh_token;
};

static const struct field refresh_fields[] = {
	FIELD(struct refresh_in, refresh_token, "refreshToken", FROM_BODY, F_TEXT, 1, 128,
		OR_COOKIE),
	{ 0 },
};

/* 200 Session with the next refresh token; by body, or by cookie from a page of this site. 401
 * refresh_reused ends the whole session. */
static enum err refresh(struct request *rq)
{
	const struct refresh_in *in = rq->in;
	struct news news = { 0 };
	int64_t user_id = 0;
	struct session_tokens session;
	enum err e;

	if (!in->refresh_token.set)
		return ERR_REFRESH_INVALID;
	e = session_refresh(rq->db, rq->arena, in->refresh_token.s, rq->host->conf.refresh_days,
		&session, &user_id, &news);
	if (e == ERR_REFRESH_REUSED)
		news_spread(rq->host->page, &news);
	if (e == ERR_REFRESH_REUSED || e == ERR_REFRESH_INVALID)
		cookie_clear_session(rq);
	return e == OK ? reply_session(rq, user_id, &session) : e;
}

/* --- POST /account/logout --- */

/* Who has no session left can be here no more, and need not be away for a while first. With another
 * one they may be: then who waits with it says so. */
static void leave_with_the_last(struct request *rq)
{
	struct session *left;
	size_t n;

	if (session_list(rq->db, rq->arena, rq->user_id, 0, 0, &left, &n) == OK && n == 0)
		presence_leave(rq->host->page, rq->user_id, clock_us(), false);
}

/* 204; this session is over everywhere. */
static enum err log_out(struct request *rq)
{
	struct news news = { 0 };
	enum err e = session_revoke(rq->db, rq->arena, rq->user_id, rq->session_id, &news);

	cookie_clear_session(rq);
	if (e == ERR_NOT_FOUND)
		return OK;
	if (e == OK) {
		news_spread(rq->host->page, &news);
		leave_with_the_last(rq);
	}
	return e;
}

/* --- GET, PATCH, DELETE /account/me --- */

static enum err reply_me(struct request *rq)
{
	struct person p;
	enum err e = person_by_id(rq->db, rq->host->page, rq->arena, rq->user_id, &p);

	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e;
	person_members(reply_json(rq), &p);
	return OK;
}

static enum err show_me(struct request *rq)
{
	return reply_me(rq);
}

struct change_in {
	struct value first_name, last_name, username, birthday, email, image_path, locale, password;
};

static const struct field change_fields[] = {
	FIELD(struct change_in, first_name, "firstName", FROM_BODY, F_LINE, 1, 100, 0),
	FIELD(struct change_in, last_name, "lastName", FROM_BODY, F_LINE, 1, 100, 0),
	FIELD(struct change_in, username, "username", FROM_BODY, F_USERNAME, 3, 32, NULLABLE),
	FIELD(struct change_in, birthday, "birthday", FROM_BODY, F_DATE, 10, 10, NULLABLE),
	FIELD(struct change_in, email, "email", FROM_BODY, F_EMAIL, 3, 254, 0),
	FIELD(struct change_in, image_path, "imagePath", FROM_BODY, F_LINK, 0, 500, NULLABLE),
	FIELD(struct change_in, locale, "locale", FROM_BODY, F_LOCALE, 2, 35, NULLABLE),
	FIELD(struct change_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX, 0),
	{ 0 },
};

/* Without the password the address stays as it is, and it may be told: so a form that sends back
 * all that it has shown needs none. */
static enum err keep_email(struct request *rq, struct str told)
{
	struct person p;
	enum err e = person_by_id(rq->db, rq->host->page, rq->arena, rq->user_id, &p);

	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHORIZED : e;
	return str_eq(person_email_key(rq->arena, told), person_email_key(rq->arena, p.email))
		       ? OK
		       : field_wrong(rq, "password", "is needed to change the e-mail address");
}

/* 200 own user. Only what is given changes; an e-mail address only with the password. */
static enum err change_me(struct request *rq)
{
	const struct change_in *in = rq->in;
	struct person_change change = {
		.first_name = { in->first_name.set, in->first_name.s },
		.last_name = { in->last_name.set, in->last_name.s },
		.username = { in->username.set, in->username.s },
		.birthday = { in->birthday.set, in->birthday.s },
		.email = { in->email.set && in->password.set, in->email.s },
		.image_path = { in->image_path.set, in->image_path.s },
		.locale = { in->locale.set, in->locale.s },
	};
	struct news news = { 0 };
	enum err e = OK;

	if (change.email.set)
		e = confirm_password(rq, in->password.s);
	else if (in->email.set)
		e = keep_email(rq, in->email.s);
	if (e == OK)
		e = person_change(rq->db, rq->arena, rq->user_id, &change, &news);
	if (e != OK)
		return taken_field(rq, e);
	news_spread(rq->host->page, &news);
	return reply_me(rq);
}

struct delete_in {
	struct value password;
};

static const struct field delete_fields[] = {
	FIELD(struct delete_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		REQUIRED),
	{ 0 },
};

/* 204; everything personal is erased, and all sessions end. */
static enum err delete_me(struct request *rq)
{
	const struct delete_in *in = rq->in;
	struct news news = { 0 };
	enum err e = confirm_password(rq, in->password.s);

	if (e == OK)
		e = person_erase(rq->db, rq->arena, rq->user_id, &news);
	if (e != OK)
		return e;
	news_spread(rq->host->page, &news);
	presence_leave(rq->host->page, rq->user_id, clock_us(), true);
	cookie_clear_session(rq);
	return OK;
}

/* --- PUT /account/password --- */

struct password_in {
	struct value current, new;
};

static const struct field password_fields[] = {
	FIELD(struct password_in, current, "current", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		REQUIRED),
	FIELD(struct password_in, new, "new", FROM_BODY, F_PASSWORD, PASSWORD_MIN, PASSWORD_MAX,
		REQUIRED),
	{ 0 },
};

/* 204; all other sessions end. */
static enum err change_password(struct request *rq)
{
	const struct password_in *in = rq->in;
	struct news news = { 0 };
	struct str hash;
	enum err e = confirm_password(rq, in->current.s);

	if (e == OK)
		e = password_hash(&rq->host->conf, rq->host->page, rq->arena, in->new.s, &hash);
	if (e == OK)
		e = person_set_password(
			rq->db, rq->arena, rq->user_id, hash, true, rq->session_id, &news);
	if (e == OK)
		news_spread(rq->host->page, &news);
	return e;
}

/* --- GET /account/sessions, DELETE /account/sessions/{id} --- */

struct sessions_in {
	struct value limit, after;
};

static const struct field sessions_fields[] = {
	FIELD_LIMIT(struct sessions_in),
	FIELD(struct sessions_in, after, "after", FROM_QUERY, F_ID, 0, 0, 0),
	{ 0 },
};

static enum err list_sessions(struct request *rq)
{
	const struct sessions_in *in = rq->in;
	int64_t limit = list_limit(&in->limit);
	struct session *sessions;
	struct writer *j;
	size_t n;
	enum err e =
		session_list(rq->db, rq->arena, rq->user_id, in->after.n, limit, &sessions, &n);

	if (e != OK)
		return e;
	j = reply_json(rq);
	put_array(j, "items");
	for (size_t i = 0; i < n && i < (size_t)limit; i++) {
		put_object(j, NULL);
		put_int(j, "id", sessions[i].id);
		put_time(j, "createdAt", sessions[i].created_ms);
		put_time(j, "lastUsedAt", sessions[i].last_used_ms);
		put_time(j, "expiresAt", sessions[i].expires_ms);
		put_str(j, "userAgent", sessions[i].user_agent);
		put_str(j, "address", sessions[i].address);
		put_bool(j, "current", sessions[i].id == rq->session_id);
		put_object_end(j);
	}
	put_array_end(j);
	if (n > (size_t)limit)
		put_str(j, "next",
			arena_printf(rq->arena, "%lld", (long long)sessions[limit - 1].id));
	else
		put_null(j, "next");
	return OK;
}

struct session_in {
	struct value id;
};

static const struct field session_fields[] = {
	FIELD(struct session_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

static enum err end_session(struct request *rq)
{
	const struct session_in *in = rq->in;
	struct news news = { 0 };
	enum err e = session_revoke(rq->db, rq->arena, rq->user_id, in->id.n, &news);

	if (e == OK) {
		news_spread(rq->host->page, &news);
		leave_with_the_last(rq);
	}
	return e;
}

static const struct route routes[] = {
	{ "POST", "/register", AUTH_NONE, BODY_MAX, register_fields, register_person },
	{ "POST", "/login", AUTH_NONE, BODY_MAX, login_fields, log_in },
	{ "POST", "/refresh", AUTH_NONE, BODY_MAX, refresh_fields, refresh },
	{ "POST", "/logout", AUTH_USER, 0, NULL, log_out },
	{ "GET", "/me", AUTH_USER, 0, NULL, show_me },
	{ "PATCH", "/me", AUTH_USER, BODY_MAX, change_fields, change_me },
	{ "DELETE", "/me", AUTH_USER, BODY_MAX, delete_fields, delete_me },
	{ "PUT", "/password", AUTH_USER, BODY_MAX, password_fields, change_password },
	{ "GET", "/sessions", AUTH_USER, 0, sessions_fields, list_sessions },
	{ "DELETE", "/sessions/{id}", AUTH_USER, 0, session_fields, end_session },
	{ 0 },
};

const struct program program = { .name = "account", .routes = routes, .signs = true };
