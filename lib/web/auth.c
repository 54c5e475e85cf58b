#include "web/auth.h"

#include "core/clock.h"
#include "core/memo.h"
#include "web/cookie.h"
#include "web/route.h"
#include "web/token.h"

#include <openssl/evp.h>
#include <pthread.h>

enum { ASK_EVERY_US = 1000000, DIGEST = 32 };

/* A token that was good, and the counter of ended sessions when its own was last looked up. */
struct known {
	struct claims claims;
	uint64_t ended;
};

static struct memo tokens = MEMO(32768, sizeof(struct known));

/* One process of the machine wins the turn to ask; if the database does not answer, the turn goes
 * on. */
static enum err ask_database(struct request *rq)
{
	struct page *page = rq->host->page;
	int64_t asked = atomic_load(&page->news_asked_us), now = clock_us();
	struct news news;
	enum err e;

	/* "asked later than now" is left over from before the machine restarted. */
	if (asked <= now && now - asked < ASK_EVERY_US && asked != 0)
		return OK;
	if (!atomic_compare_exchange_strong(&page->news_asked_us, &asked, now))
		return OK;
	if (!rq->db) {
		atomic_store(&page->news_asked_us, asked);
		return ERR_NEEDS_DATABASE;
	}
	e = news_so_far(rq->db, rq->arena, &news);
	if (e == OK)
		news_spread(page, &news);
	else
		atomic_store(&page->news_asked_us, 0);
	return e;
}

static EVP_MD *sha256;

static void find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* Found once: looking for the algorithm costs as much as using it. */
static void digest_of(struct str token, unsigned char digest[DIGEST])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_sha256);
	EVP_Digest(token.p, token.n, digest, NULL, sha256, NULL);
}

static struct str bearer(struct request *rq)
{
	struct str header = request_param(rq, "HTTP_AUTHORIZATION");

	/* Apache keeps it from CGI programs; a rewriting rule hands it over under this name. */
	if (!header.p)
		header = request_param(rq, "REDIRECT_HTTP_AUTHORIZATION");
	if (!str_starts_nocase(header, "bearer "))
		return (struct str){ NULL, 0 };
	return str_trim((struct str){ header.p + 7, header.n - 7 });
}

static struct str bearer_or_cookie(struct request *rq)
{
	struct str token = bearer(rq);

	return token.p ? token : request_cookie(rq, COOKIE_ACCESS);
}

static enum err let_in(struct request *rq, int64_t user_id, int64_t session_id, uint64_t ended)
{
	rq->user_id = user_id;
	rq->session_id = session_id;
	rq->vouched = (struct vouched){ user_id, session_id, ended };
	return OK;
}

enum err auth_user(struct request *rq)
{
	struct str token = rq->route->auth == AUTH_COOKIE ? bearer_or_cookie(rq) : bearer(rq);
	int64_t now_s = clock_wall_ms() / 1000;
	unsigned char digest[DIGEST];
	struct str key = { (const char *)digest, DIGEST };
	struct known k = { 0 };
	uint64_t ended;
	bool known;
	enum err e;

	if (token.n == 0 || token.n > TOKEN_MAX)
		return ERR_UNAUTHORIZED;
	ended = atomic_load(&rq->host->page->sessions_ended);
	if (rq->vouched.user_id && rq->vouched.ended == ended)
		return let_in(rq, rq->vouched.user_id, rq->vouched.session_id, ended);
	digest_of(token, digest);
	known = memo_get(&tokens, key, &k);
	if (!known) {
		e = token_read(rq->host->keys, rq->arena, token, now_s, &k.claims);
		if (e != OK)
			return e;
	}
	if (k.claims.expires_s <= now_s)
		return ERR_UNAUTHORIZED;
	e = ask_database(rq);
	if (e != OK)
		return e;
	ended = atomic_load(&rq->host->page->sessions_ended);
	if (!known || k.ended != ended) {
		if (!rq->db)
			return ERR_NEEDS_DATABASE;
		e = session_alive(rq->db, rq->arena, k.claims.session_id, k.claims.user_id);
		if (e != OK)
			return e;
		k.ended = ended;
		memo_put(&tokens, key, &k);
	}
	return let_in(rq, k.claims.user_id, k.claims.session_id, ended);
}
