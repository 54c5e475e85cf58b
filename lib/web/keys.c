#include "web/keys.h"

#include "core/clock.h"
#include "core/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS_KEPT = 2, KEYS_MAX = 8, PEM_MAX = 2048, PATH_BYTES = 1024, SETTLED_MS = 1000 };

struct key {
	char kid[KID_MAX];
	char public_pem[PEM_MAX], private_pem[PEM_MAX];
};

struct keys {
	char dir[512];
	bool sign;
	pthread_rwlock_t lock;
	struct timespec changed;
	struct key key[KEYS_MAX]; /* newest first */
	int n;
};

static bool is_kid(const char *name, size_t n)
{
	if (n == 0 || n >= KID_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr("0123456789TZabcdef-", name[i]))
			return false;
	return true;
}

static bool read_file(const char *dir, const char *kid, char to[PEM_MAX])
{
	char path[PATH_BYTES];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/%s.pem", dir, kid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, to, PEM_MAX - 1);
	close(fd);
	if (n <= 0)
		return false;
	to[n] = 0;
	return true;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

/* The names of the public keys, newest first. */
static int list(const char *dir, char kids[KEYS_MAX][KID_MAX])
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int n = 0;

	if (!d)
		return 0;
	while (n < KEYS_MAX && (entry = readdir(d))) {
		size_t length = strlen(entry->d_name);

		if (length <= 4 || strcmp(entry->d_name + length - 4, ".pem") != 0 ||
			!is_kid(entry->d_name, length - 4))
			continue;
		memcpy(kids[n], entry->d_name, length - 4);
		kids[n++][length - 4] = 0;
	}
	closedir(d);
	qsort(kids, (size_t)n, KID_MAX, newest_first);
	return n;
}

/* Time stamps move in steps of some milliseconds: under one of this moment more may change unseen.
 * It is not remembered then, so that the next look reads again. */
static struct timespec settled(struct timespec changed)
{
	int64_t age_ms =
		clock_wall_ms() - ((int64_t)changed.tv_sec * 1000 + changed.tv_nsec / 1000000);

	if (age_ms >= 0 && age_ms < SETTLED_MS)
		changed = (struct timespec){ 0 };
	return changed;
}

static bool load(struct keys *k, struct timespec changed)
{
	char kids[KEYS_MAX][KID_MAX] = { { 0 } }, public_dir[PATH_BYTES];
	int n;

	snprintf(public_dir, sizeof public_dir, "%s/public", k->dir);
	n = list(public_dir, kids);
	k->n = 0;
	for (int i = 0; i < n; i++) {
		struct key *key = &k->key[k->n];

		memset(key, 0, sizeof *key);
		memcpy(key->kid, kids[i], KID_MAX);
		if (!read_file(public_dir, key->kid, key->public_pem))
			continue;
		if (k->sign && !read_file(k->dir, key->kid, key->private_pem))
			continue;
		k->n++;
	}
	k->changed = settled(changed);
	return k->n > 0;
}

static bool directory_time(struct keys *k, struct timespec *t)
{
	char path[PATH_BYTES];
	struct stat st;

	snprintf(path, sizeof path, "%s/public", k->dir);
	if (stat(path, &st))
		return false;
	*t = st.st_mtim;
	return true;
}

static void load_if_changed(struct keys *k)
{
	struct timespec t;

	if (!directory_time(k, &t))
		return;
	pthread_rwlock_rdlock(&k->lock);
	if (t.tv_sec == k->changed.tv_sec && t.tv_nsec == k->changed.tv_nsec) {
		pthread_rwlock_unlock(&k->lock);
		return;
	}
	pthread_rwlock_unlock(&k->lock);
	pthread_rwlock_wrlock(&k->lock);
	load(k, t);
	pthread_rwlock_unlock(&k->lock);
}

struct keys *keys_open(const char *dir, bool sign, const char **why)
{
	struct keys *k = must_alloc(sizeof *k);
	struct timespec t;

	snprintf(k->dir, sizeof k->dir, "%s", dir);
	k->sign = sign;
	pthread_rwlock_init(&k->lock, NULL);
	if (directory_time(k, &t) && load(k, t))
		return k;
	*why = sign ? "no signing key can be read there; make one with: bellhop keys rotate"
		    : "no public key can be read there; make one with: bellhop keys rotate";
	keys_free(k);
	return NULL;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	pthread_rwlock_destroy(&k->lock);
	explicit_bzero(k, sizeof *k);
	free(k);
}

bool keys_signing(struct keys *k, struct arena *a, struct str *kid, struct str *pem)
{
	bool found;

	load_if_changed(k);
	pthread_rwlock_rdlock(&k->lock);
	found = k->sign && k->n > 0;
	if (found) {
		*kid = arena_copy(a, str_of(k->key[0].kid));
		*pem = arena_copy(a, str_of(k->key[0].private_pem));
	}
	pthread_rwlock_unlock(&k->lock);
	return found;
}

bool keys_verifying(struct keys *k, struct arena *a, struct str kid, struct str *pem)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		bool found = false;

		pthread_rwlock_rdlock(&k->lock);
		for (int i = 0; i < k->n && !found; i++) {
			found = str_is(kid, k->key[i].kid);
			if (found)
				*pem = arena_copy(a, str_of(k->key[i].public_pem));
		}
		pthread_rwlock_unlock(&k->lock);
		if (found)
			return true;
		if (attempt == 0)
			load_if_changed(k);
	}
	return false;
}

/* --- making --- */

/* Written whole and flushed under another name first, so that no reader ever sees half a key. */
static bool write_key(const char *dir, const char *kid, EVP_PKEY *pair, bool private)
{
	char path[PATH_BYTES], fresh[PATH_BYTES + 8];
	FILE *f;
	int fd;
	bool good;

	snprintf(path, sizeof path, "%s/%s.pem", dir, kid);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	f = fdopen(fd, "w");
	if (!f) {
		close(fd);
		return false;
	}
	good = private ? PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL)
		       : PEM_write_PUBKEY(f, pair);
	good = fflush(f) == 0 && fsync(fd) == 0 && good;
	good = fclose(f) == 0 && good;
	good = good && rename(fresh, path) == 0;
	if (!good)
		unlink(fresh);
	return good;
}

static void remove_old(const char *dir, const char *public_dir)
{
	char kids[KEYS_MAX][KID_MAX] = { { 0 } }, path[PATH_BYTES + KID_MAX + 8];
	int n = list(public_dir, kids);

	for (int i = KEYS_KEPT; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s.pem", public_dir, kids[i]);
		unlink(path);
		snprintf(path, sizeof path, "%s/%s.pem", dir, kids[i]);
		unlink(path);
	}
}

bool keys_rotate(const char *dir, char kid[KID_MAX], const char **why)
{
	char public_dir[PATH_BYTES], at[CLOCK_TEXT_BYTES];
	unsigned char salt[3];
	EVP_PKEY *pair;
	bool good;

	snprintf(public_dir, sizeof public_dir, "%s/public", dir);
	if ((mkdir(dir, 0700) && errno != EEXIST) || (mkdir(public_dir, 0700) && errno != EEXIST)) {
		*why = "the directory cannot be made";
		return false;
	}
	clock_text(clock_wall_ms(), at);
	random_bytes(salt, sizeof salt);
	snprintf(kid, KID_MAX, "%.4s%.2s%.2sT%.2s%.2s%.2s%.3sZ-%02x%02x%02x", at, at + 5, at + 8,
		at + 11, at + 14, at + 17, at + 20, salt[0], salt[1], salt[2]);
	pair = EVP_EC_gen("P-256");
	if (!pair) {
		*why = "no key could be made";
		return false;
	}
	/* The private half first: a public key alone would be chosen to sign with. */
	good = write_key(dir, kid, pair, true) && write_key(public_dir, kid, pair, false);
	EVP_PKEY_free(pair);
	if (good)
		remove_old(dir, public_dir);
	else
		*why = "the key cannot be written";
	return good;
}
