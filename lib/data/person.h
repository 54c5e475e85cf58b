/* person.h - people as they see themselves: sign-up, own profile, password hash, the end of an
 * account. */
#ifndef DATA_PERSON_H
#define DATA_PERSON_H

#include "data/session.h"
#include "data/user.h"

struct person {
	struct user user;
	struct str email, birthday, locale;
	bool email_verified;
};

/* What a login is looked up by: an e-mail address (has '@') or a username, as typed. */
struct login {
	int64_t user_id;
	struct str password_hash;
};
enum err person_login(struct db *db, struct arena *a, struct str typed, struct login *out);
enum err person_password_hash(struct db *db, struct arena *a, int64_t user_id, struct str *hash);

/* Remembered by the process, for as long as nobody on this site changes. */
enum err person_by_id(
	struct db *db, struct page *page, struct arena *a, int64_t user_id, struct person *p);

struct person_new {
	struct str email, first_name, last_name, username, birthday, password_hash;
	bool lobby; /* they come into the room that everybody is in */
};
/* Early word on what sign-up would say later, before a password is hashed for nothing. */
enum err person_free(struct db *db, struct arena *a, const struct person_new *p);
/* Makes the person and opens the first session. ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN. */
enum err person_create(struct db *db, struct arena *a, const struct person_new *p,
	const struct session_new *device, struct session_tokens *session, int64_t *user_id,
	int64_t *last);

/* Each member changes only where `set`; an absent string then clears it. */
struct person_change {
	struct {
		bool set;
		struct str to;
	} first_name, last_name, username, birthday, email, image_path, locale;
};
enum err person_change(struct db *db, struct arena *a, int64_t user_id,
	const struct person_change *change, struct news *news);

/* Stores a new hash; `others_out` also ends all sessions but `session_id`. */
enum err person_set_password(struct db *db, struct arena *a, int64_t user_id, struct str hash,
	bool others_out, int64_t session_id, struct news *news);
/* Erases everything personal and ends all sessions. */
enum err person_erase(struct db *db, struct arena *a, int64_t user_id, struct news *news);

/* The comparable form of an address. */
struct str person_email_key(struct arena *a, struct str email);

/* The JSON form for the person alone; and its members, for where it is the whole answer. */
void person_json(struct writer *j, const char *key, const struct person *p);
void person_members(struct writer *j, const struct person *p);

#endif
