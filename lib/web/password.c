#include "web/password.h"

#include "core/clock.h"
#include "core/random.h"
#include "core/turn.h"
#include "web/crew.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

enum {
	BCRYPT_BYTES_MAX = 72, /* it ignores the rest, and so would everybody who guesses */
	BCRYPT_ROUNDS = 11,
	WAIT_US_MAX = 8000000,
	LOOK_AGAIN_US = 250000,
	WAITING_MAX = 48, /* in this process; they are served in less than that time */
};

static bool is_bcrypt(struct str hash)
{
	return str_starts(hash, "$2");
}

const char *password_refusal(const struct conf *c, struct str password, int64_t min, int64_t max)
{
	size_t points = 0;

	if (!str_utf8(password, &points))
		return "must be valid UTF-8 without NUL";
	if ((int64_t)points < min)
		return min > 1 ? "is too short: 8 characters at least" : "must not be empty";
	if ((int64_t)password.n > max)
		return "is too long: 256 bytes at most";
	if (min > 1 && strcmp(c->password_scheme, "bcrypt") == 0 && password.n > BCRYPT_BYTES_MAX)
		return "is too long: 72 bytes at most";
	return NULL;
}

/* --- places --- */

int password_places(const struct conf *c)
{
	char path[CONF_TEXT_MAX + 16];

	snprintf(path, sizeof path, "%s/places", c->run_dir);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static bool lock_one(int fd, int64_t places)
{
	for (int64_t i = 0; i < places; i++) {
		struct flock l = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1
		};

		if (fcntl(fd, F_OFD_SETLK, &l) == 0)
			return true;
	}
	return false;
}

/* The descriptor that holds a place, or -1. */
static int place_take(const struct conf *c, struct page *page)
{
	static _Atomic int64_t waiting = 0;
	int64_t until = clock_us() + WAIT_US_MAX;
	bool taken = false, counted = false;
	int fd;

	turn_pass();
	fd = password_places(c);
	if (fd < 0)
		return -1;
	for (;;) {
		uint32_t bell = atomic_load(&page->places_bell);

		taken = lock_one(fd, c->password_places);
		if (taken || clock_us() > until)
			break;
		if (!counted && atomic_fetch_add(&waiting, 1) >= WAITING_MAX) {
			atomic_fetch_sub(&waiting, 1);
			break;
		}
		counted = true;
		/* Who has come for something else is served meanwhile. */
		if (!crew_stand_aside())
			break;
		/* A holder that was killed rings no bell: look again now and then. */
		page_wait(&page->places_bell, bell, LOOK_AGAIN_US);
	}
	if (counted)
		atomic_fetch_sub(&waiting, 1);
	if (taken)
		return fd;
	close(fd);
	return -1;
}

static void place_give(struct page *page, int fd)
{
	close(fd);
	atomic_fetch_add(&page->places_bell, 1);
	page_wake(&page->places_bell, 1);
}

/* --- hashing --- */

static bool run(struct arena *a, struct str password, const char *setting, struct str *hash)
{
	struct crypt_data *work = must_alloc(sizeof *work);
	char *phrase = arena_z(a, password), *out = crypt_r(phrase, setting, work);
	bool good = out && out[0] != '*';

	if (good)
		*hash = arena_copy(a, str_of(out));
	explicit_bzero(phrase, password.n);
	explicit_bzero(work, sizeof *work);
	free(work);
	return good;
}

static bool new_setting(const struct conf *c, char setting[CRYPT_GENSALT_OUTPUT_SIZE])
{
	bool bcrypt = strcmp(c->password_scheme, "bcrypt") == 0;
	char bytes[32];

	random_bytes(bytes, sizeof bytes);
	return crypt_gensalt_rn(bcrypt ? "$2b$" : "$y$", bcrypt ? BCRYPT_ROUNDS : 0, bytes,
		       sizeof bytes, setting, CRYPT_GENSALT_OUTPUT_SIZE) != NULL;
}

enum err password_hash(const struct conf *c, struct page *page, struct arena *a,
	struct str password, struct str *hash)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	int place = place_take(c, page);
	bool good;

	if (place < 0)
		return ERR_BUSY;
	good = new_setting(c, setting) && run(a, password, setting, hash);
	place_give(page, place);
	return good ? OK : ERR_INTERNAL;
}

/* Of the same scheme and cost: the same up to the salt, which is the last but one part. */
static bool is_current(struct str hash, const char *setting)
{
	const char *salt = strrchr(setting, '$');
	size_t n = (size_t)(salt - setting) + 1;

	return hash.n > n && memcmp(hash.p, setting, n) == 0;
}

enum err password_check(const struct conf *c, struct page *page, struct arena *a,
	struct str password, struct str hash, bool *old)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	bool cut = (is_bcrypt(hash) && password.n > BCRYPT_BYTES_MAX) ||
		   (password.n && memchr(password.p, 0, password.n)); /* crypt() ends there */
	bool good;
	struct str computed = { NULL, 0 };
	int place;

	if (!new_setting(c, setting))
		return ERR_INTERNAL;
	place = place_take(c, page);
	if (place < 0)
		return ERR_BUSY;
	good = run(a, password, hash.p ? arena_z(a, hash) : setting, &computed) && hash.p && !cut &&
	       computed.n == hash.n && CRYPTO_memcmp(computed.p, hash.p, hash.n) == 0;
	place_give(page, place);
	*old = good && !is_current(hash, setting);
	return good ? OK : ERR_WRONG_PASSWORD;
}
