/* token.h - access tokens: JWT signed with ES256, and the one place that touches libjwt.
 *
 * libjwt never looks at `exp`, takes "none" from who passes no key, and lets the token say the
 * algorithm. So here the header is read before libjwt sees anything: one algorithm, a key that is
 * ours by its `kid`; and every claim is checked after. */
#ifndef WEB_TOKEN_H
#define WEB_TOKEN_H

#include "core/err.h"
#include "web/keys.h"

enum { TOKEN_MAX = 4096 };

struct claims {
	int64_t user_id, session_id, expires_s;
};

/* ERR_UNAUTHORIZED for whatever is not exactly right. */
enum err token_read(
	struct keys *k, struct arena *a, struct str token, int64_t now_s, struct claims *out);
/* A token for that person and session. */
enum err token_make(struct keys *k, struct arena *a, const struct claims *c, int64_t now_s,
	struct str email, struct str first_name, struct str *token);

#endif
