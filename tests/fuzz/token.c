/* Access tokens: nothing that we did not sign is let in, and of what we signed only what is exactly
 * right.
 *
 * The first byte says what the rest is: 'c' claims and 'h' a header, which are signed here so that
 * they get past the signature; anything else begins a token as it comes. The key is always the
 * same, so tokens in the corpus stay good: it is made from words, and signs nothing but this. */
#include "web/token.h"
#include "core/buf.h"
#include "core/random.h"

#include <fcntl.h>
#include <ftw.h>
#include <json.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KID    "20260101T000000000Z-0a1b2c"
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}"
#define CLAIMS                                                                                     \
	"{\"iss\":\"bellhop\",\"sub\":\"7\",\"id\":7,\"sid\":9,\"iat\":1800000000,"                \
	"\"exp\":1800000900}"

static const int64_t now_s = 1800000000;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/bellhop-fuzz-XXXXXX";
static EVP_PKEY *pair;
static struct keys *keys;
static struct arena arena;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static void leave(void)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	keys_free(keys);
	EVP_PKEY_free(pair);
	arena_free(&arena);
}

/* The pair whose private half is the digest of a few words. */
static EVP_PKEY *make_pair(void)
{
	unsigned char secret[32], point[65];
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *public = EC_POINT_new(group);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *made = NULL;
	BIGNUM *d;

	EVP_Digest("bellhop fuzz", 12, secret, NULL, EVP_sha256(), NULL);
	d = BN_bin2bn(secret, sizeof secret, NULL);
	EC_POINT_mul(group, public, d, NULL, NULL, NULL);
	EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d);
	params = OSSL_PARAM_BLD_to_param(build);
	if (EVP_PKEY_fromdata_init(c) != 1 ||
		EVP_PKEY_fromdata(c, &made, EVP_PKEY_KEYPAIR, params) != 1)
		abort();
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(c);
	BN_free(d);
	EC_POINT_free(public);
	EC_GROUP_free(group);
	return made;
}

static FILE *file(const char *where)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s%s/" KID ".pem", dir, where);
	f = fopen(path, "we");
	if (!f)
		abort();
	return f;
}

static struct str encoded(struct str s)
{
	return base64url(&arena, s.p, s.n);
}

static struct str sign(struct str header, struct str claims)
{
	struct str h = encoded(header), p = encoded(claims);
	struct str text = arena_printf(&arena, "%.*s.%.*s", STR_ARG(h), STR_ARG(p)), signature;
	unsigned char der[80], raw[64];
	const unsigned char *at = der;
	size_t n = sizeof der;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	ECDSA_SIG *sig;

	if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, pair) != 1 ||
		EVP_DigestSign(c, der, &n, (const unsigned char *)text.p, text.n) != 1)
		abort();
	EVP_MD_CTX_free(c);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
	signature = base64url(&arena, raw, sizeof raw);
	return arena_printf(&arena, "%.*s.%.*s", STR_ARG(text), STR_ARG(signature));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *why;
	char path[128];
	FILE *f;

	(void)argc;
	(void)argv;
	arena_init(&arena);
	pair = make_pair();
	if (!mkdtemp(dir))
		abort();
	atexit(leave);
	snprintf(path, sizeof path, "%s/public", dir);
	mkdir(path, 0700);
	f = file("");
	PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	f = file("/public");
	PEM_write_PUBKEY(f, pair);
	fclose(f);
	keys = keys_open(dir, true, &why);
	if (!keys)
		abort();
	/* For who wants one to put into the corpus. */
	if (getenv("PRINT_TOKEN")) {
		struct str token = sign(STR(HEADER), STR(CLAIMS));

		printf("%.*s", STR_ARG(token));
		exit(0);
	}
	return 0;
}

static bool verifies(struct str text, struct str encoded_signature)
{
	struct str raw;
	unsigned char *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good;
	int n;

	if (!base64url_decode(&arena, encoded_signature, &raw) || raw.n != 64)
		abort();
	ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)raw.p, 32, NULL),
		BN_bin2bn((const unsigned char *)raw.p + 32, 32, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	good = EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, pair) == 1 &&
	       EVP_DigestVerify(c, der, (size_t)n, (const unsigned char *)text.p, text.n) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(c);
	return good;
}

/* What was let in must be ours: the text that is signed in the corpus, or what was signed here. */
static void check(struct str token, struct str header, struct str claims, const struct claims *c)
{
	struct str h = encoded(header), p = encoded(claims);
	struct str text = arena_printf(&arena, "%.*s.%.*s.", STR_ARG(h), STR_ARG(p));

	if (token.n != text.n + 86 || memcmp(token.p, text.p, text.n) != 0)
		abort();
	if (!verifies((struct str){ token.p, text.n - 1 },
		    (struct str){ token.p + text.n, token.n - text.n }))
		abort();
	if (c->user_id < 1 || c->session_id < 1 || c->expires_s <= now_s)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str token = { (const char *)data, size }, rest = token;
	struct str header = STR(HEADER), claims = STR(CLAIMS);
	struct claims c = { 0 };

	if (size && (*data == 'c' || *data == 'h')) {
		rest.p++;
		rest.n--;
		if (*data == 'c')
			claims = rest;
		else
			header = rest;
		token = sign(header, claims);
	}
	if (token_read(keys, &arena, token, now_s, &c) == OK)
		check(token, header, claims, &c);
	arena_clear(&arena);
	return 0;
}
