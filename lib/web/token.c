#include "web/token.h"

#include "core/random.h"
#include "web/body.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>

#define ISSUER "bellhop"

enum { CLOCK_SKEW_S = 60 };

static bool json_part(struct arena *a, struct str part, struct json_object **tree)
{
	const char *why;
	struct str text;

	return base64url_decode(a, part, &text) && body_parse(text, tree, &why) == OK;
}

static bool text_member(struct json_object *o, const char *name, struct str *out)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, name, &member) ||
		!json_object_is_type(member, json_type_string))
		return false;
	*out = (struct str){ json_object_get_string(member),
		(size_t)json_object_get_string_len(member) };
	return true;
}

static bool int_member(struct json_object *o, const char *name, int64_t *out)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, name, &member) ||
		!json_object_is_type(member, json_type_int))
		return false;
	*out = json_object_get_int64(member);
	return true;
}

/* {"alg":"ES256","typ":"JWT","kid":"…"}: which of our keys is meant. */
static bool read_header(struct keys *k, struct arena *a, struct str part, struct str *pem)
{
	struct json_object *tree = NULL;
	struct str alg, kid, typ = STR("JWT");
	bool good =
		json_part(a, part, &tree) && text_member(tree, "alg", &alg) &&
		str_is(alg, "ES256") && text_member(tree, "kid", &kid) &&
		(!json_object_object_get_ex(tree, "typ", NULL) || text_member(tree, "typ", &typ)) &&
		str_is(typ, "JWT") && !json_object_object_get_ex(tree, "crit", NULL) &&
		keys_verifying(k, a, kid, pem);

	json_object_put(tree);
	return good;
}

static bool read_claims(struct arena *a, struct str part, int64_t now_s, struct claims *c)
{
	struct json_object *tree = NULL;
	struct str iss, sub;
	int64_t iat, id;
	bool good = json_part(a, part, &tree) && text_member(tree, "iss", &iss) &&
		    str_is(iss, ISSUER) && text_member(tree, "sub", &sub) &&
		    str_int(sub, &c->user_id) && int_member(tree, "id", &id) && id == c->user_id &&
		    c->user_id > 0 && int_member(tree, "sid", &c->session_id) &&
		    c->session_id > 0 && int_member(tree, "iat", &iat) &&
		    iat <= now_s + CLOCK_SKEW_S && int_member(tree, "exp", &c->expires_s) &&
		    c->expires_s > now_s;

	json_object_put(tree);
	return good;
}

enum err token_read(
	struct keys *k, struct arena *a, struct str token, int64_t now_s, struct claims *out)
{
	struct str rest = token, header = str_cut(&rest, '.'), payload = str_cut(&rest, '.'), pem,
		   signature;
	jwt_t *jwt = NULL;
	bool good;

	if (token.n == 0 || token.n > TOKEN_MAX || !payload.p || !rest.p ||
		memchr(token.p, 0, token.n) || !base64url_decode(a, rest, &signature) ||
		signature.n != 64)
		return ERR_UNAUTHORIZED;
	if (!read_header(k, a, header, &pem))
		return ERR_UNAUTHORIZED;
	good = jwt_decode(&jwt, arena_z(a, token), (const unsigned char *)pem.p, (int)pem.n) == 0 &&
	       jwt_get_alg(jwt) == JWT_ALG_ES256;
	jwt_free(jwt);
	return good && read_claims(a, payload, now_s, out) ? OK : ERR_UNAUTHORIZED;
}

enum err token_make(struct keys *k, struct arena *a, const struct claims *c, int64_t now_s,
	struct str email, struct str first_name, struct str *token)
{
	struct str kid, pem;
	char sub[24];
	char *text = NULL;
	jwt_t *jwt = NULL;
	enum err e = ERR_INTERNAL;

	if (!keys_signing(k, a, &kid, &pem) || jwt_new(&jwt))
		return ERR_INTERNAL;
	snprintf(sub, sizeof sub, "%lld", (long long)c->user_id);
	if (jwt_add_header(jwt, "kid", kid.p) == 0 && jwt_add_grant(jwt, "iss", ISSUER) == 0 &&
		jwt_add_grant(jwt, "sub", sub) == 0 &&
		jwt_add_grant_int(jwt, "id", (long)c->user_id) == 0 &&
		jwt_add_grant(jwt, "email", arena_z(a, email)) == 0 &&
		jwt_add_grant(jwt, "firstName", arena_z(a, first_name)) == 0 &&
		jwt_add_grant_int(jwt, "sid", (long)c->session_id) == 0 &&
		jwt_add_grant_int(jwt, "iat", (long)now_s) == 0 &&
		jwt_add_grant_int(jwt, "exp", (long)c->expires_s) == 0 &&
		jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)pem.p, (int)pem.n) == 0)
		text = jwt_encode_str(jwt);
	if (text) {
		*token = arena_copy(a, str_of(text));
		e = OK;
	}
	free(text);
	jwt_free(jwt);
	return e;
}
