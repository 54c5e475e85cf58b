#include "ground.h"

#include "core/buf.h"
#include "core/random.h"
#include "web/token.h"

#include <json.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}"
#define CLAIMS                                                                                     \
	"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"                \
	"\"exp\":1800000900}"

enum { FORGED_AT_LEAST = 200 };

static const int64_t now_s = 1800000000;

static char dir[DIR_BYTES], kid[KID_MAX];
static struct keys *keys;
static struct arena arena;
static EVP_PKEY *ours, *foreign;
static char public_pem[2048];
static int forged; /* how many were tried, in all tests */

static EVP_PKEY *read_private(const char *name)
{
	char path[256];
	EVP_PKEY *key;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.pem", dir, name);
	f = fopen(path, "re");
	assert_non_null(f);
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(key);
	return key;
}

static int make_keys(void **state)
{
	char path[256];
	const char *why;
	FILE *f;

	(void)state;
	ground_dir(dir);
	arena_init(&arena);
	if (!keys_rotate(dir, kid, &why) || !(keys = keys_open(dir, true, &why)))
		return -1;
	ours = read_private(kid);
	foreign = EVP_EC_gen("P-256");
	snprintf(path, sizeof path, "%s/public/%s.pem", dir, kid);
	f = fopen(path, "re");
	public_pem[fread(public_pem, 1, sizeof public_pem - 1, f)] = 0;
	fclose(f);
	return 0;
}

static int drop_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(ours);
	EVP_PKEY_free(foreign);
	keys_free(keys);
	arena_free(&arena);
	ground_remove(dir);
	return 0;
}

static int forget_request(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

/* --- making tokens by hand
 * ------------------------------------------------------------------------------------ */

static struct str join(struct str a, struct str b)
{
	return arena_printf(&arena, "%.*s.%.*s", STR_ARG(a), STR_ARG(b));
}

static struct str encoded(struct str s)
{
	return base64url(&arena, s.p, s.n);
}

static struct str unsigned_token(struct str header, struct str claims)
{
	return join(encoded(header), encoded(claims));
}

/* Of an elliptic curve key: both numbers side by side, as JOSE wants them. */
static struct str ec_signature(EVP_PKEY *key, const EVP_MD *digest, struct str text, int half)
{
	unsigned char der[256], raw[256];
	const unsigned char *at = der;
	size_t n = sizeof der;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(c, NULL, digest, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(c, der, &n, (const unsigned char *)text.p, text.n), 1);
	EVP_MD_CTX_free(c);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	assert_non_null(sig);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half);
	ECDSA_SIG_free(sig);
	return arena_copy(&arena, (struct str){ (char *)raw, (size_t)half * 2 });
}

static struct str signed_by(EVP_PKEY *key, struct str header, struct str claims)
{
	struct str text = unsigned_token(header, claims);

	return join(text, encoded(ec_signature(key, EVP_sha256(), text, 32)));
}

/* Puts the parts in place of each %s in turn. */
static struct str filled(const char *form, const char *const parts[])
{
	struct buf b = BUF_INIT(4096);
	struct str out;

	while (*form) {
		size_t n = strcspn(form, "%");

		buf_add(&b, form, n);
		form += n;
		if (*form) {
			buf_z(&b, *parts++);
			form += 2;
		}
	}
	assert_false(b.over);
	out = arena_copy(&arena, buf_as_str(&b));
	buf_free(&b);
	return out;
}

static struct str our_header(void)
{
	return arena_printf(&arena, HEADER, kid);
}

static struct str real_token(void)
{
	return signed_by(ours, our_header(), STR(CLAIMS));
}

static enum err read_token(struct str token)
{
	struct claims c = { 0 };
	/* In memory of its own, so that a byte read too far is found. */
	char *copy = malloc(token.n ? token.n : 1);
	enum err e;

	if (token.n)
		memcpy(copy, token.p, token.n);
	e = token_read(keys, &arena, (struct str){ copy, token.n }, now_s, &c);
	free(copy);
	return e;
}

static void refuse(struct str token, const char *what, long which)
{
	forged++;
	EXPECT(read_token(token) == ERR_UNAUTHORIZED, "%s %ld was let in: %.*s", what, which,
		STR_ARG(token));
}

/* --- real ones
 * ------------------------------------------------------------------------------------------------
 */

static void a_token_says_who_until_when(void **state)
{
	struct claims in = { 9007199254740991, 123456789, now_s + 900 }, out = { 0 };
	struct str token, again, rest, payload;
	struct json_object *o;

	(void)state;
	assert_int_equal(token_make(keys, &arena, &in, now_s, STR("ann@example.com"),
				 STR("Änn \"x\"\\ 😀"), &token),
		OK);
	assert_true(token.n <= TOKEN_MAX);
	assert_int_equal(token_read(keys, &arena, token, now_s, &out), OK);
	assert_int_equal(out.user_id, in.user_id);
	assert_int_equal(out.session_id, in.session_id);
	assert_int_equal(out.expires_s, in.expires_s);
	assert_int_equal(token_read(keys, &arena, token, now_s + 899, &out), OK);
	assert_int_equal(token_read(keys, &arena, token, now_s + 900, &out), ERR_UNAUTHORIZED);
	assert_int_equal(token_read(keys, &arena, token, now_s - 60, &out), OK);
	assert_int_equal(token_read(keys, &arena, token, now_s - 61, &out), ERR_UNAUTHORIZED);
	token_make(keys, &arena, &in, now_s, STR("ann@example.com"), STR("Änn"), &again);
	assert_false(str_eq(token, again));
	/* What clients read in it. */
	rest = token;
	str_cut(&rest, '.');
	assert_true(base64url_decode(&arena, str_cut(&rest, '.'), &payload));
	o = json_tokener_parse(arena_z(&arena, payload));
	assert_string_equal(
		json_object_get_string(json_object_object_get(o, "email")), "ann@example.com");
	assert_string_equal(
		json_object_get_string(json_object_object_get(o, "firstName")), "Änn \"x\"\\ 😀");
	assert_string_equal(
		json_object_get_string(json_object_object_get(o, "sub")), "9007199254740991");
	json_object_put(o);
}

static void the_longest_names_make_no_token_too_long(void **state)
{
	struct claims in = { 9007199254740991, 9007199254740991, now_s + 900 }, out;
	struct buf name = BUF_INIT(1000), email = BUF_INIT(254);
	struct str token;

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_z(&name, "😀");
	for (int i = 0; i < 254; i++)
		buf_byte(&email, 'x');
	assert_int_equal(
		token_make(keys, &arena, &in, now_s, buf_as_str(&email), buf_as_str(&name), &token),
		OK);
	assert_int_equal(token_read(keys, &arena, token, now_s, &out), OK);
	assert_int_equal(
		token_make(keys, &arena, &in, now_s, STR("a@b.c"), (struct str){ NULL, 0 }, &token),
		OK);
	assert_int_equal(token_read(keys, &arena, token, now_s, &out), OK);
	buf_free(&name);
	buf_free(&email);
}

/* So that the forged ones below fail for what they are, not for how they were made. */
static void a_token_made_by_hand_is_let_in(void **state)
{
	static const char *const headers[] = { HEADER, "{\"kid\":\"%s\",\"alg\":\"ES256\"}",
		" {\"alg\" : \"ES256\", \"kid\":\"%s\", \"cty\":\"x\"}\n",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"jwk\":{\"kty\":\"oct\",\"k\":\"\"}}",
		"{\"\\u0061lg\":\"\\u0045S256\",\"kid\":\"%s\"}" };
	static const char *const claims[] = { CLAIMS,
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000060,"
		"\"exp\":1800000001}",
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":0,"
		"\"exp\":9007199254740991,\"x\":[{}]}",
		"{\"iss\":\"bellhop\",\"sub\":\"9007199254740991\",\"id\":9007199254740991,"
		"\"sid\":9007199254740991,\"iat\":-5,\"exp\":1800000900,\"iss \":1}" };

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct str header = filled(headers[i], (const char *[]){ kid });

		EXPECT(read_token(signed_by(ours, header, STR(CLAIMS))) == OK, "header %zu", i);
	}
	for (size_t i = 0; i < COUNT(claims); i++)
		EXPECT(read_token(signed_by(ours, our_header(), str_of(claims[i]))) == OK,
			"claims %zu", i);
}

/* --- forged ones
 * ---------------------------------------------------------------------------------------------- */

static void another_header_is_refused_even_signed_by_us(void **state)
{
	/* %s is our kid. */
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"kid\":\"%s\"}",
		"{\"alg\":\"es256\",\"kid\":\"%s\"}",
		"{\"alg\":\"Es256\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256 \",\"kid\":\"%s\"}",
		"{\"alg\":\" ES256\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES384\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES512\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256K\",\"kid\":\"%s\"}",
		"{\"alg\":\"HS256\",\"kid\":\"%s\"}",
		"{\"alg\":\"RS256\",\"kid\":\"%s\"}",
		"{\"alg\":\"PS256\",\"kid\":\"%s\"}",
		"{\"alg\":\"EdDSA\",\"kid\":\"%s\"}",
		"{\"alg\":\"\",\"kid\":\"%s\"}",
		"{\"alg\":null,\"kid\":\"%s\"}",
		"{\"alg\":256,\"kid\":\"%s\"}",
		"{\"alg\":true,\"kid\":\"%s\"}",
		"{\"alg\":[\"ES256\"],\"kid\":\"%s\"}",
		"{\"alg\":{\"ES256\":1},\"kid\":\"%s\"}",
		"{\"Alg\":\"ES256\",\"kid\":\"%s\"}",
		"{\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"%s\"}",
		"{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"\\u0061lg\":\"none\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\\u0000\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":null}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":1}",
		"{\"alg\":\"ES256\",\"kid\":[\"%s\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"x%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%sx\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s \"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\\u0000\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s.pem\"}",
		"{\"alg\":\"ES256\",\"kid\":\"./%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../public/%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../../../../../../dev/null\"}",
		"{\"alg\":\"ES256\",\"kid\":\"/etc/passwd\"}",
		"{\"alg\":\"ES256\",\"kid\":\"' OR 1=1 --\"}",
		"{\"alg\":\"ES256\",\"kid\":\"$(id)\"}",
		"{\"alg\":\"ES256\",\"kid\":\"20200101T000000000Z-000000\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"x\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"KID\":\"%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":null}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":1}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"crit\":null}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]"
		"]]]]]]]]]]]]]]]]]]]]]]]}",
		"{\"header\":{\"alg\":\"ES256\",\"kid\":\"%s\"}}",
		"[{\"alg\":\"ES256\",\"kid\":\"%s\"}]",
		"\"alg=ES256,kid=%s\"",
		"null",
		"{}",
		"{",
		"",
		" ",
		"{\"alg\":\"ES256\",\"kid\":\"%s\"}}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\"}{\"alg\":\"none\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",}",
		"{'alg':'ES256','kid':'%s'}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"n\":NaN}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\"} // x",
		"\xef\xbb\xbf{\"alg\":\"ES256\",\"kid\":\"%s\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"x\":\"\xff\"}",
		"{\"alg\":\"ES256\",\"kid\":\"%s\",\"x\":\"\n\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct str header = filled(headers[i], (const char *[]){ kid, kid });

		refuse(signed_by(ours, header, STR(CLAIMS)), headers[i], (long)i);
	}
}

static void claims_that_are_not_exactly_right_are_refused_even_signed_by_us(void **state)
{
#define WITHOUT(rest) "{\"iss\":\"bellhop\"," rest "}"
#define EXPIRES(value)                                                                             \
	"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,\"exp\":" value  \
	"}"
#define ISSUED(value)                                                                              \
	"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"exp\":1800000900,\"iat\":" value  \
	"}"
#define SESSION(value)                                                                             \
	"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"iat\":1800000000,\"exp\":1800000900,"       \
	"\"sid\":" value "}"
#define PERSON(sub, id)                                                                            \
	"{\"iss\":\"bellhop\",\"sid\":9,\"iat\":1800000000,\"exp\":1800000900,\"sub\":" sub        \
	",\"id\":" id "}"
#define ISSUER_IS(value)                                                                           \
	"{\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,\"exp\":1800000900,\"iss\":" value "}"
	static const char *const claims[] = {
		/* missing */
		"{}",
		"{\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,\"exp\":1800000900}",
		WITHOUT("\"id\":7,\"sid\":9,\"iat\":1800000000,\"exp\":1800000900"),
		WITHOUT("\"sub\":\"7\",\"sid\":9,\"iat\":1800000000,\"exp\":1800000900"),
		WITHOUT("\"sub\":\"7\",\"id\":7,\"iat\":1800000000,\"exp\":1800000900"),
		WITHOUT("\"sub\":\"7\",\"id\":7,\"sid\":9,\"exp\":1800000900"),
		WITHOUT("\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000"),
		/* when it ends */
		EXPIRES("1800000000"),
		EXPIRES("1799999999"),
		EXPIRES("0"),
		EXPIRES("-1"),
		EXPIRES("-9007199254740991"),
		EXPIRES("9007199254740992"),
		EXPIRES("9223372036854775807"),
		EXPIRES("9223372036854775808"),
		EXPIRES("18446744073709551615"),
		EXPIRES("99999999999999999999999999"),
		EXPIRES("1e10"),
		EXPIRES("1e999"),
		EXPIRES("1800000900.0"),
		EXPIRES("1800000900.5"),
		EXPIRES("\"1800000900\""),
		EXPIRES("null"),
		EXPIRES("true"),
		EXPIRES("[1800000900]"),
		EXPIRES("{\"\":1800000900}"),
		EXPIRES("01800000900"),
		EXPIRES("+1800000900"),
		EXPIRES("0x6b49d584"),
		EXPIRES("Infinity"),
		EXPIRES("NaN"),
		EXPIRES("1800000900,\"exp\":1800000900"),
		EXPIRES("1,\"exp\":1800000900"),
		EXPIRES("1800000900,\"\\u0065xp\":1"),
		/* when it began */
		ISSUED("1800000061"),
		ISSUED("1900000000"),
		ISSUED("9007199254740991"),
		ISSUED("9223372036854775807"),
		ISSUED("\"1800000000\""),
		ISSUED("1800000000.0"),
		ISSUED("1.8e9"),
		ISSUED("null"),
		ISSUED("false"),
		ISSUED("[]"),
		ISSUED("1800000000,\"iat\":1800000000"),
		/* the session */
		SESSION("0"),
		SESSION("-1"),
		SESSION("-9007199254740991"),
		SESSION("9007199254740992"),
		SESSION("\"9\""),
		SESSION("9.0"),
		SESSION("9e0"),
		SESSION("null"),
		SESSION("true"),
		SESSION("[9]"),
		SESSION("9,\"sid\":10"),
		/* the person */
		PERSON("\"7\"", "8"),
		PERSON("\"8\"", "7"),
		PERSON("7", "7"),
		PERSON("\"7\"", "\"7\""),
		PERSON("\"0\"", "0"),
		PERSON("\"-7\"", "-7"),
		PERSON("\"-0\"", "0"),
		PERSON("\"07\"", "7"),
		PERSON("\"+7\"", "7"),
		PERSON("\" 7\"", "7"),
		PERSON("\"7 \"", "7"),
		PERSON("\"7\\u0000\"", "7"),
		PERSON("\"7.0\"", "7"),
		PERSON("\"7e0\"", "7"),
		PERSON("\"0x7\"", "7"),
		PERSON("\"\"", "7"),
		PERSON("\"\"", "0"),
		PERSON("null", "7"),
		PERSON("\"7\"", "null"),
		PERSON("\"7\"", "7.0"),
		PERSON("\"7\"", "true"),
		PERSON("[\"7\"]", "7"),
		PERSON("\"1\"", "true"),
		PERSON("\"9007199254740992\"", "9007199254740992"),
		PERSON("\"9223372036854775808\"", "7"),
		PERSON("\"18446744073709551623\"", "7"),
		PERSON("\"7\",\"sub\":\"7\"", "7"),
		PERSON("\"7\"", "7,\"id\":7"),
		PERSON("\"7\"", "8,\"id\":7"),
		PERSON("\"ann\"", "7"),
		/* who says so */
		ISSUER_IS("\"Bellhop\""),
		ISSUER_IS("\"bellhop \""),
		ISSUER_IS("\"bellhop/\""),
		ISSUER_IS("\"bellho\""),
		ISSUER_IS("\"bellhops\""),
		ISSUER_IS("\"https://bellhop\""),
		ISSUER_IS("\"\""),
		ISSUER_IS("null"),
		ISSUER_IS("1"),
		ISSUER_IS("[\"bellhop\"]"),
		ISSUER_IS("\"bellhop\\u0000\""),
		ISSUER_IS("\"bellhop\",\"iss\":\"bellhop\""),
		/* not an object of ours at all */
		"",
		" ",
		"null",
		"7",
		"\"7\"",
		"[]",
		"[" CLAIMS "]",
		"{\"claims\":" CLAIMS "}",
		CLAIMS CLAIMS,
		CLAIMS ",",
		CLAIMS "x",
		"\xef\xbb\xbf" CLAIMS,
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"
		"\"exp\":1800000900",
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"
		"\"exp\":1800000900,}",
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"
		"\"exp\":1800000900,\"x\":\"\xc0\xaf\"}",
		"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"
		"\"exp\":1800000900,\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]"
		"]]]]]]]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(claims); i++)
		refuse(signed_by(ours, our_header(), str_of(claims[i])), claims[i], (long)i);
	refuse(signed_by(ours, our_header(), STR(CLAIMS "\0")), "NUL after the claims", 0);
}

static struct str hmac_token(
	const char *alg, const EVP_MD *digest, struct str secret, bool with_kid)
{
	struct str header =
		with_kid ? arena_printf(&arena, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid)
			 : arena_printf(&arena, "{\"alg\":\"%s\"}", alg);
	struct str text = unsigned_token(header, STR(CLAIMS));
	unsigned char mac[64];
	unsigned n = sizeof mac;

	HMAC(digest, secret.p, (int)secret.n, (const unsigned char *)text.p, text.n, mac, &n);
	return join(text, base64url(&arena, mac, n));
}

static void a_secret_that_everybody_has_signs_nothing(void **state)
{
	static const char *const algorithms[] = { "HS256", "HS384", "HS512", "ES256", "hs256",
		"HS256 " };
	struct str pem = str_of(public_pem);
	struct str secrets[] = { pem, { pem.p, pem.n - 1 }, STR(""), str_of(kid), STR("secret"),
		STR("bellhop"), STR("\0") };

	(void)state;
	for (size_t i = 0; i < COUNT(algorithms); i++)
		for (size_t k = 0; k < COUNT(secrets); k++)
			for (int with_kid = 0; with_kid < 2; with_kid++) {
				const EVP_MD *digest = i == 1   ? EVP_sha384()
						       : i == 2 ? EVP_sha512()
								: EVP_sha256();

				refuse(hmac_token(algorithms[i], digest, secrets[k], with_kid),
					algorithms[i], (long)k);
			}
}

static void no_signature_is_none_in_every_spelling(void **state)
{
	static const char *const spellings[] = { "none", "None", "NONE", "nOnE", "none ", " none",
		"", "null", "ES256", "HS256", "\\u006eone" };
	static const char *const tails[] = { "", ".", "..", ".e30", ".AA", "." };

	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++)
		for (size_t k = 0; k < COUNT(tails); k++)
			for (int with_kid = 0; with_kid < 2; with_kid++) {
				struct str header = arena_printf(&arena,
					"{\"alg\":\"%s\",\"typ\":\"JWT\"%s%s%s}", spellings[i],
					with_kid ? ",\"kid\":\"" : "", with_kid ? kid : "",
					with_kid ? "\"" : "");
				struct str text = unsigned_token(header, STR(CLAIMS));

				refuse(arena_printf(&arena, "%.*s%s", STR_ARG(text), tails[k]),
					spellings[i], (long)k);
			}
}

static void a_signature_of_another_key_or_kind_is_refused(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048), *p384 = EVP_EC_gen("P-384"),
		 *k1 = EVP_EC_gen("secp256k1");
	struct str text = unsigned_token(our_header(), STR(CLAIMS)), header, der, raw;
	static const char zeros[96] = { 0 };
	char ones[64];
	unsigned char made[512];
	size_t n = sizeof made;
	EVP_MD_CTX *c;

	(void)state;
	refuse(signed_by(foreign, our_header(), STR(CLAIMS)), "foreign key", 0);
	refuse(signed_by(k1, our_header(), STR(CLAIMS)), "another curve", 0);
	header = arena_printf(
		&arena, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"jwk\":{\"kty\":\"EC\"}}", kid);
	refuse(signed_by(foreign, header, STR(CLAIMS)), "jwk", 0);
	header = arena_printf(
		&arena, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"x5u\":\"http://127.0.0.1/\"}", kid);
	refuse(signed_by(foreign, header, STR(CLAIMS)), "x5u", 0);
	header = arena_printf(
		&arena, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"jku\":\"file:///dev/null\"}", kid);
	refuse(signed_by(foreign, header, STR(CLAIMS)), "jku", 0);
	/* The right key, the wrong way */
	refuse(join(text, encoded(ec_signature(ours, EVP_sha384(), text, 32))), "SHA-384", 0);
	refuse(join(text, encoded(ec_signature(ours, EVP_sha256(), text, 48))), "padded to 96", 0);
	raw = ec_signature(ours, EVP_sha256(), text, 32);
	refuse(join(text, encoded((struct str){ raw.p + 32, 32 })), "half", 0);
	memcpy(made, raw.p + 32, 32);
	memcpy(made + 32, raw.p, 32);
	refuse(join(text, base64url(&arena, made, 64)), "halves exchanged", 0);
	refuse(join(text, base64url(&arena, zeros, 64)), "zeros", 0);
	refuse(join(text, base64url(&arena, zeros, 96)), "zeros", 96);
	memset(ones, 0xff, sizeof ones);
	refuse(join(text, base64url(&arena, ones, 64)), "ones", 0);
	memset(ones, 0, sizeof ones);
	ones[31] = ones[63] = 1;
	refuse(join(text, base64url(&arena, ones, 64)), "one and one", 0);
	/* As OpenSSL writes it */
	c = EVP_MD_CTX_new();
	EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, ours);
	EVP_DigestSign(c, made, &n, (const unsigned char *)text.p, text.n);
	EVP_MD_CTX_free(c);
	der = (struct str){ (char *)made, n };
	refuse(join(text, encoded(der)), "DER", 0);
	/* Of a token that says less or more */
	refuse(join(text, encoded(ec_signature(
				  ours, EVP_sha256(), (struct str){ text.p, text.n - 1 }, 32))),
		"another text", 0);
	refuse(join(unsigned_token(our_header(), STR("{\"iss\":\"bellhop\",\"sub\":\"8\",\"id\":8,"
						     "\"sid\":9,\"iat\":1800000000,"
						     "\"exp\":1800000900}")),
		       encoded(raw)),
		"signature of another token", 0);
	/* Other kinds of key */
	header = arena_printf(&arena, "{\"alg\":\"ES384\",\"kid\":\"%s\"}", kid);
	text = unsigned_token(header, STR(CLAIMS));
	refuse(join(text, encoded(ec_signature(p384, EVP_sha384(), text, 48))), "ES384", 0);
	for (int i = 0; i < 2; i++) {
		header = arena_printf(
			&arena, "{\"alg\":\"%s\",\"kid\":\"%s\"}", i ? "RS256" : "ES256", kid);
		text = unsigned_token(header, STR(CLAIMS));
		n = sizeof made;
		c = EVP_MD_CTX_new();
		EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, rsa);
		EVP_DigestSign(c, made, &n, (const unsigned char *)text.p, text.n);
		EVP_MD_CTX_free(c);
		refuse(join(text, base64url(&arena, made, n)), "RS256", i);
	}
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(k1);
}

static void every_changed_bit_is_noticed(void **state)
{
	struct str real = real_token();
	char *copy = arena_z(&arena, real);

	(void)state;
	assert_int_equal(read_token(real), OK);
	for (size_t i = 0; i < real.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			copy[i] = (char)(copy[i] ^ 1 << bit);
			/* Only what is left in the alphabet gets as far as a signature check. */
			refuse((struct str){ copy, real.n }, "bit of", (long)i);
			copy[i] = real.p[i];
		}
	assert_int_equal(read_token((struct str){ copy, real.n }), OK);
}

static void every_shortened_token_is_refused(void **state)
{
	struct str real = real_token();

	(void)state;
	for (size_t n = 0; n < real.n; n++) {
		refuse((struct str){ real.p, n }, "beginning of", (long)n);
		refuse((struct str){ real.p + real.n - n, n }, "end of", (long)n);
	}
	refuse((struct str){ NULL, 0 }, "nothing", 0);
}

static void the_same_bytes_have_one_spelling(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct str real = real_token(), rest = real;
	struct str header = str_cut(&rest, '.'), claims = str_cut(&rest, '.'), signature = rest;
	const char *const formats[] = { "%s.%s.%s=", "%s.%s.%s==", "%s=.%s.%s", "%s.%s=.%s",
		"%s==.%s.%s", ".%s.%s.%s", "%s.%s.%s.", "%s..%s.%s", "%s.%s..%s", " %s.%s.%s",
		"%s.%s.%s ", "%s .%s.%s", "%s. %s.%s", "%s.%s. %s", "%s.%s.%s\n", "\n%s.%s.%s",
		"%s.\n%s.%s", "%s\t.%s.%s", "\"%s.%s.%s\"", "Bearer %s.%s.%s", "%s,%s,%s",
		"%s.%s%s", "%s%s.%s", "%s%s%s", "%s.%s.%s.e30", "e30.%s.%s.%s", "%s.%s.%sA",
		"%s.%s.%sAAAA", "A%s.%s.%s", "%s.A%s.%s", "%s.%s.A%s", "%s:%s:%s", "%s2e%s.%s",
		"%s.%s.%s\r\n", "%s.%s.%s;", "%s.%s.%s#", "%s.%s.%s?", "\xef\xbb\xbf%s.%s.%s",
		"%s.%s.%s\xc2\xa0" };
	const char *h = arena_z(&arena, header), *c = arena_z(&arena, claims),
		   *s = arena_z(&arena, signature);
	char *copy, *at;

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		refuse(filled(formats[i], (const char *[]){ h, c, s }), formats[i], (long)i);
	}
	/* An empty part, and parts in each other's place */
	refuse(arena_printf(&arena, ".%s.%s", c, s), "no header", 0);
	refuse(arena_printf(&arena, "%s..%s", h, s), "no claims", 0);
	refuse(arena_printf(&arena, "%s.%s.", h, c), "no signature", 0);
	refuse(arena_printf(&arena, "%s.%s", h, c), "no signature", 1);
	refuse(arena_printf(&arena, "%s.%s.%s", c, h, s), "exchanged", 0);
	refuse(arena_printf(&arena, "%s.%s.%s", s, c, h), "exchanged", 1);
	refuse(STR("."), "dots", 1);
	refuse(STR(".."), "dots", 2);
	refuse(STR("..."), "dots", 3);
	/* The last character of 64 bytes holds two bits: three others of its digit say the same. */
	copy = arena_z(&arena, real);
	at = copy + real.n - 1;
	for (int i = 1; i < 16; i++) {
		size_t digit = (size_t)(strchr(digits, *at) - digits);

		assert_true(digit % 16 == 0);
		*at = digits[digit + (size_t)i];
		refuse((struct str){ copy, real.n }, "last character", i);
		*at = real.p[real.n - 1];
	}
	/* The standard alphabet, wherever it differs: claims with bytes that need it. */
	for (int i = 0; i < 40; i++) {
		struct str other = signed_by(ours, our_header(),
			arena_printf(&arena,
				"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,"
				"\"iat\":1800000000,\"exp\":1800000900,\"x\":\"%d>>>???~~~\"}",
				i));
		bool differs = false;

		assert_int_equal(read_token(other), OK);
		copy = arena_z(&arena, other);
		for (char *p = copy; *p; p++) {
			differs = differs || *p == '-' || *p == '_';
			*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
		}
		if (differs)
			refuse((struct str){ copy, other.n }, "standard alphabet", i);
	}
	/* NUL inside, at the end, and with more behind it */
	for (size_t i = 0; i <= real.n; i += 13) {
		copy = arena_alloc(&arena, real.n + 1);
		memcpy(copy, real.p, i);
		memcpy(copy + i + 1, real.p + i, real.n - i);
		refuse((struct str){ copy, real.n + 1 }, "NUL at", (long)i);
	}
	copy = arena_alloc(&arena, real.n + 5);
	memcpy(copy, real.p, real.n);
	memcpy(copy + real.n + 1, "more", 4);
	refuse((struct str){ copy, real.n + 1 }, "NUL at its end", 0);
	refuse((struct str){ copy, real.n + 5 }, "NUL and more", 0);
}

static void a_token_of_4096_bytes_is_read_and_one_of_4097_is_not(void **state)
{
	int most = 0, refused = 0;

	(void)state;
	for (int n = 2700; n < 3000; n++) {
		struct str token = signed_by(ours, our_header(),
			arena_printf(&arena,
				"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,"
				"\"iat\":1800000000,\"exp\":1800000900,\"x\":\"%0*d\"}",
				n, 0));

		if (token.n <= TOKEN_MAX) {
			EXPECT(read_token(token) == OK, "%zu", token.n);
			most = (int)token.n > most ? (int)token.n : most;
		} else {
			refuse(token, "length", (long)token.n);
			refused++;
		}
	}
	assert_in_range(most, TOKEN_MAX - 2, TOKEN_MAX);
	assert_true(refused > 0);
	{
		char *text = arena_alloc(&arena, 4097);

		memset(text, 'A', 4097);
		refuse((struct str){ text, 4096 }, "As", 4096);
		refuse((struct str){ text, 4097 }, "As", 4097);
		memset(text, '.', 4097);
		refuse((struct str){ text, 4096 }, "dots", 4096);
	}
}

static void a_token_outlives_one_rotation_of_keys_and_not_two(void **state)
{
	struct str token = real_token();
	char newer[KID_MAX];
	const char *why;

	(void)state;
	usleep(2000); /* kids are told apart by the millisecond they were made in */
	assert_true(keys_rotate(dir, newer, &why));
	assert_int_equal(read_token(token), OK);
	usleep(2000);
	assert_true(keys_rotate(dir, newer, &why));
	keys_free(keys);
	keys = keys_open(dir, false, &why);
	assert_non_null(keys);
	refuse(token, "key that was removed", 0);
	{
		struct claims in = { 1, 1, now_s + 1 };
		struct str made;

		/* Who has no private keys makes no tokens. */
		assert_int_equal(
			token_make(keys, &arena, &in, now_s, STR("a@b.c"), STR("A"), &made),
			ERR_INTERNAL);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, forget_request)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_says_who_until_when),
		TEST(the_longest_names_make_no_token_too_long),
		TEST(a_token_made_by_hand_is_let_in),
		TEST(another_header_is_refused_even_signed_by_us),
		TEST(claims_that_are_not_exactly_right_are_refused_even_signed_by_us),
		TEST(a_secret_that_everybody_has_signs_nothing),
		TEST(no_signature_is_none_in_every_spelling),
		TEST(a_signature_of_another_key_or_kind_is_refused),
		TEST(every_changed_bit_is_noticed),
		TEST(every_shortened_token_is_refused),
		TEST(the_same_bytes_have_one_spelling),
		TEST(a_token_of_4096_bytes_is_read_and_one_of_4097_is_not),
	};
	const struct CMUnitTest last[] = {
		TEST(a_token_outlives_one_rotation_of_keys_and_not_two),
	};
	int failed = cmocka_run_group_tests(tests, make_keys, drop_keys);

	failed += cmocka_run_group_tests(last, make_keys, drop_keys);
	print_message("%d forged tokens were tried\n", forged);
	return failed + (forged < FORGED_AT_LEAST);
}
