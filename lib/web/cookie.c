#include "web/cookie.h"

static void set(
	struct request *rq, const char *name, struct str value, const char *path, int64_t max_age_s)
{
	if (rq->cookies_n == COOKIES_MAX)
		return;
	rq->cookies[rq->cookies_n++] = arena_printf(rq->arena,
		"%s=%.*s; Path=%.*s%s; Max-Age=%lld; HttpOnly; SameSite=Strict%s", name,
		STR_ARG(value), STR_ARG(rq->base), path, (long long)max_age_s,
		rq->secure ? "; Secure" : "");
}

void cookie_set_session(struct request *rq, struct str access, struct str refresh)
{
	set(rq, COOKIE_REFRESH, refresh, "/api/v1/account/refresh",
		rq->host->conf.refresh_days * 86400);
	set(rq, COOKIE_ACCESS, access, "/api/v1/", rq->host->conf.access_s);
}

void cookie_clear_session(struct request *rq)
{
	set(rq, COOKIE_REFRESH, STR(""), "/api/v1/account/refresh", 0);
	set(rq, COOKIE_ACCESS, STR(""), "/api/v1/", 0);
}
