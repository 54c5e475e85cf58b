#include "web/reply.h"

#include "core/clock.h"
#include "core/log.h"
#include "web/route.h"

#include <stdio.h>

static const struct answer {
	int status;
	const char *code, *title, *detail;
} answers[ERR_MAX] = {
	[ERR_BAD_REQUEST] = { 400, "bad_request", "Bad request", "The request is malformed." },
	[ERR_MALFORMED_JSON] = { 400, "malformed_json", "Malformed JSON",
		"The body is not a JSON object that can be accepted." },
	[ERR_MALFORMED_FORM] = { 400, "malformed_form", "Malformed form",
		"The body is not a percent-encoded UTF-8 form." },
	[ERR_UNAUTHORIZED] = { 401, "unauthorized", "Not logged in",
		"Log in, or refresh your session, and send its access token." },
	[ERR_BAD_CREDENTIALS] = { 401, "bad_credentials", "Wrong login or password",
		"There is no account with this login and password." },
	[ERR_REFRESH_INVALID] = { 401, "refresh_invalid", "Session over",
		"This refresh token is not valid (any more). Log in again." },
	[ERR_REFRESH_REUSED] = { 401, "refresh_reused", "Session ended",
		"This refresh token was used before, so its session was ended. Log in again." },
	[ERR_FORBIDDEN] = { 403, "forbidden", "Not allowed", "You are not allowed to do this." },
	[ERR_WRONG_PASSWORD] = { 403, "wrong_password", "Wrong password",
		"The password is not right." },
	[ERR_CROSS_ORIGIN] = { 403, "cross_origin", "Foreign page",
		"Pages of other sites may not call here. The owner of this site can allow an "
		"origin in its settings." },
	[ERR_NOT_FOUND] = { 404, "not_found", "Not found",
		"There is nothing here, or nothing for you." },
	[ERR_METHOD] = { 405, "method_not_allowed", "Method not allowed",
		"This address does not take that method; see the Allow header." },
	[ERR_CONFLICT] = { 409, "conflict", "Conflict",
		"This does not go with what is there already." },
	[ERR_EMAIL_TAKEN] = { 409, "email_taken", "E-mail address taken",
		"There is an account with this e-mail address. Log in, or use another one." },
	[ERR_USERNAME_TAKEN] = { 409, "username_taken", "Username taken",
		"Somebody has this username, or one that looks like it. Choose another one." },
	[ERR_CURSOR_EXPIRED] = { 410, "cursor_expired", "Cursor expired",
		"The log does not reach back to this cursor, or it is of another log. Load the "
		"state afresh." },
	[ERR_TOO_LARGE] = { 413, "too_large", "Too large",
		"The body is larger than this address takes." },
	[ERR_QUOTA] = { 413, "quota_exceeded", "Storage full",
		"Your files would take more than one person may store here." },
	[ERR_FILE_TYPE] = { 415, "unsupported_file_type", "Unsupported file",
		"Files of this type are not taken. What counts is what the bytes are, not what "
		"they are called." },
	[ERR_STORAGE] = { 503, "storage_full", "No room",
		"The server has no room for this file at the moment. Nothing was stored." },
	[ERR_MEDIA_TYPE] = { 415, "unsupported_media_type", "Unsupported type",
		"Send application/json or application/x-www-form-urlencoded, in UTF-8." },
	[ERR_RANGE] = { 416, "range_not_satisfiable", "No such range",
		"The file is shorter than that; Content-Range says how long it is." },
	[ERR_INVALID] = { 422, "invalid_fields", "Invalid fields",
		"Some fields are missing or wrong; see fields." },
	[ERR_RATE_LIMITED] = { 429, "rate_limited", "Too many requests", "That was too often." },
	[ERR_BUSY] = { 429, "busy", "Busy",
		"Too many people log in at this moment. Try again in a moment." },
	[ERR_INTERNAL] = { 500, "internal", "Internal error",
		"Something went wrong on our side. The log has more under this request's id." },
	[ERR_CONTENTION] = { 503, "contention", "Busy",
		"Others are changing the same thing. Nothing was changed; try again." },
	[ERR_DATABASE_AWAY] = { 503, "database_away", "Database away",
		"The database does not answer at the moment. Try again soon." },
	[ERR_OUTCOME_UNKNOWN] = { 503, "outcome_unknown", "Outcome unknown",
		"The database went away before it confirmed. The change may or may not have been "
		"made; look before you repeat it." },
};

void reply_header(struct buf *to, const char *name, struct str value)
{
	/* Nothing of a request reaches a header unchecked; this is the last wall. */
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			return;
	buf_z(to, name);
	buf_z(to, ": ");
	buf_str(to, value);
	buf_z(to, "\r\n");
}

static void problem(struct request *rq, enum err e, const struct answer *a)
{
	struct writer j = { .to = rq->body };
	bool client_error = e == ERR_MALFORMED_JSON || e == ERR_BAD_REQUEST;

	buf_clear(rq->body);
	put_object(&j, NULL);
	put_z(&j, "type", "about:blank");
	put_z(&j, "title", a->title);
	put_int(&j, "status", a->status);
	put_str(&j, "detail",
		client_error && rq->note.n
			? arena_printf(rq->arena, "%s (%.*s)", a->detail, STR_ARG(rq->note))
		: e == ERR_RATE_LIMITED ? arena_printf(rq->arena, "%s Try again in %lld s.",
						  a->detail, (long long)rq->retry_after_s)
					: str_of(a->detail));
	put_z(&j, "code", a->code);
	/* The header again, for who gets this in a frame. */
	if (rq->retry_after_s)
		put_int(&j, "retryAfter", rq->retry_after_s);
	if (rq->wrong_n) {
		put_object(&j, "fields");
		for (int i = 0; i < rq->wrong_n; i++)
			put_str(&j, rq->wrong[i].name, rq->wrong[i].why);
		put_object_end(&j);
	}
	put_object_end(&j);
}

void reply_origin(struct request *rq, struct buf *to)
{
	if (rq->host->conf.origins[0])
		reply_header(to, "Vary", STR("Origin"));
	if (!rq->allow_origin.p)
		return;
	reply_header(to, "Access-Control-Allow-Origin", rq->allow_origin);
	reply_header(to, "Access-Control-Expose-Headers",
		STR("X-Request-Id, Retry-After, Location, ETag"));
	if (!str_is(rq->method, "OPTIONS"))
		return;
	reply_header(to, "Access-Control-Allow-Methods", rq->allow);
	reply_header(to, "Access-Control-Allow-Headers",
		STR("Authorization, Content-Type, Content-Disposition, X-Request-Id"));
	reply_header(to, "Access-Control-Max-Age", STR("600"));
}

/* Closes what the handler wrote, or writes the problem; what the status is, is decided here alone.
 */
static int finish_body(struct request *rq, enum err e)
{
	if (e == OK && rq->body->over) {
		note(rq, "the answer is larger than %d bytes", ANSWER_MAX);
		e = ERR_INTERNAL;
	}
	if (e != OK) {
		int status = answers[e].status;

		if (rq->retry_after_s == 0 && (status == 429 || status == 503))
			rq->retry_after_s = e == ERR_DATABASE_AWAY ? 2 : 1;
		problem(rq, e, &answers[e]);
		return status;
	}
	if (rq->json.to)
		put_object_end(&rq->json);
	if (rq->body->n == 0 && !rq->endless)
		return 204;
	return rq->made ? 201 : 200;
}

int reply(struct request *rq, enum err e)
{
	bool preflight = e == ERR_METHOD && str_is(rq->method, "OPTIONS");
	int status = finish_body(rq, preflight ? OK : e);
	struct buf out = BUF_INIT(ANSWER_MAX + 16384);

	if (status >= 500 && e != ERR_DATABASE_AWAY && !rq->note.n && rq->db)
		note(rq, "%s", db_problem(rq->db));
	buf_printf(&out, "Status: %d\r\n", status);
	if (status != 204) {
		reply_header(&out, "Content-Type",
			rq->text_type.p && status < 400 ? rq->text_type
			: status < 400                  ? STR("application/json")
							: STR("application/problem+json"));
		if (!rq->endless)
			buf_printf(&out, "Content-Length: %zu\r\n", rq->body->n);
	}
	reply_header(&out, "X-Request-Id", rq->id);
	reply_header(&out, "X-Content-Type-Options", STR("nosniff"));
	reply_header(&out, "Cache-Control", STR("no-store"));
	if (status == 401)
		reply_header(&out, "WWW-Authenticate", STR("Bearer"));
	/* What is left of a body that flows through is in the way of the next request. */
	if (rq->host->program->stores && rq->content_length > 0 && !rq->body_taken)
		reply_header(&out, "Connection", STR("close"));
	if (rq->allow.n)
		reply_header(&out, "Allow", rq->allow);
	if (rq->retry_after_s)
		buf_printf(&out, "Retry-After: %lld\r\n", (long long)rq->retry_after_s);
	if (status == 416)
		buf_printf(&out, "Content-Range: bytes */%lld\r\n", (long long)rq->range_size);
	for (int i = 0; i < rq->cookies_n; i++)
		reply_header(&out, "Set-Cookie", rq->cookies[i]);
	reply_origin(rq, &out);
	buf_z(&out, "\r\n");
	if (!rq->head)
		buf_str(&out, buf_as_str(rq->body));
	rq->gate->write(rq->gate, buf_as_str(&out));
	buf_free(&out);
	return status;
}

void reply_log(const struct request *rq, enum err e, int status)
{
	struct log_line l;

	log_begin(&l, status >= 500 ? "error" : "info");
	log_str(&l, "request", rq->id);
	log_str(&l, "method", rq->method);
	log_z(&l, "route", rq->route ? rq->route->path : "-");
	log_int(&l, "status", status);
	log_ms(&l, "ms", clock_us() - rq->began_us);
	if (rq->user_id)
		log_int(&l, "user", rq->user_id);
	if (rq->address.n)
		log_str(&l, "address", rq->address);
	if (e != OK)
		log_z(&l, "code", answers[e].code);
	if (rq->note.n)
		log_str(&l, "note", rq->note);
	log_end(&l);
}
