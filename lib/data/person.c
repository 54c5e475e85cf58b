#include "data/person.h"

#include "core/fold.h"
#include "core/memo.h"
#include "data/coming.h"
#include "data/membership.h"
#include "data/portrait.h"

enum { SELF_TEXTS = 512 };

static struct sql login_by_email =
	SQL("SELECT c.user_id, c.password_hash FROM person p "
	    "JOIN credential c ON c.user_id = p.user_id WHERE p.email_key = ?");
static struct sql login_by_username =
	SQL("SELECT c.user_id, c.password_hash FROM user u "
	    "JOIN credential c ON c.user_id = u.id WHERE u.username_key = ?");
static struct sql hash_of = SQL("SELECT c.password_hash FROM credential c WHERE c.user_id = ?");
static struct sql by_id =
	SQL("SELECT " USER_COLUMNS
	    ", p.email, DATE_FORMAT(p.birthday, '%Y-%m-%d'), p.locale, p.email_verified "
	    "FROM user u JOIN person p ON p.user_id = u.id WHERE u.id = ?");
static struct sql email_there = SQL("SELECT 1 FROM person WHERE email_key = ?");
static struct sql username_there = SQL("SELECT 1 FROM user WHERE username_key = ?");
static struct sql add_user = SQL(
	"INSERT INTO user (username, username_key, first_name, last_name, name_key, created_at, "
	"last_seen_at) VALUES (?, ?, ?, ?, LEFT(?, 700), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
static struct sql add_person =
	SQL("INSERT INTO person (user_id, email, email_key, birthday) VALUES (?, ?, ?, ?)");
static struct sql add_credential = SQL("INSERT INTO credential (user_id, password_hash, "
				       "changed_at) VALUES (?, ?, UTC_TIMESTAMP(3))");
static struct sql user_for_change =
	SQL("SELECT u.first_name, u.last_name, u.username, u.image_path FROM user u "
	    "WHERE u.id = ? AND u.deleted_at IS NULL FOR UPDATE");
static struct sql set_user =
	SQL("UPDATE user SET first_name = ?, last_name = ?, username = ?, "
	    "username_key = ?, name_key = LEFT(?, 700), image_path = ? WHERE id = ?");
static struct sql set_email = SQL("UPDATE person SET email = ?, email_verified = email_verified "
				  "AND email_key = ?, email_key = ? "
				  "WHERE user_id = ?");
static struct sql set_birthday = SQL("UPDATE person SET birthday = ? WHERE user_id = ?");
static struct sql set_locale = SQL("UPDATE person SET locale = ? WHERE user_id = ?");
static struct sql set_hash = SQL(
	"UPDATE credential SET password_hash = ?, changed_at = UTC_TIMESTAMP(3) WHERE user_id = ?");
static struct sql empty_user = SQL(
	"UPDATE user SET username = NULL, username_key = NULL, first_name = '', last_name = '', "
	"name_key = NULL, image_path = NULL, image_file = NULL, last_seen_at = NULL, deleted_at = "
	"UTC_TIMESTAMP(3) "
	"WHERE id = ? AND deleted_at IS NULL");
static struct sql erase_person = SQL("DELETE FROM person WHERE user_id = ?");
static struct sql erase_credential = SQL("DELETE FROM credential WHERE user_id = ?");

struct str person_email_key(struct arena *a, struct str email)
{
	return fold(a, email);
}

static struct str username_key(struct arena *a, struct str username)
{
	return username.p ? fold_twins(a, fold(a, username)) : username;
}

enum err person_login(struct db *db, struct arena *a, struct str typed, struct login *out)
{
	bool email = typed.n && memchr(typed.p, '@', typed.n);
	struct str key = email ? person_email_key(a, typed) : username_key(a, typed);
	struct rows r;
	enum err e;

	/* What cannot be folded belongs to nobody; it is looked for all the same, in the same time.
	 */
	if (!key.p)
		key = STR("");
	e = db_select(db, a, email ? &login_by_email : &login_by_username, &r, as_text(key));
	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	out->user_id = row_int(&r, 0, 0);
	out->password_hash = row_str(&r, 0, 1);
	return OK;
}

enum err person_password_hash(struct db *db, struct arena *a, int64_t user_id, struct str *hash)
{
	struct rows r;
	enum err e = db_select(db, a, &hash_of, &r, as_int(user_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	*hash = row_str(&r, 0, 0);
	return OK;
}

/* --- remembering --- */

/* The person, and the texts that its members point to, one after the other. */
struct self {
	struct person person;
	uint64_t changed; /* the counter of people's changes, when it was read */
	char texts[SELF_TEXTS];
};

static struct memo selves = MEMO(1024, sizeof(struct self));

/* Each text of a person in turn, from i = 0 on; NULL after the last. */
static struct str *text_of(struct person *p, int i)
{
	struct str *all[] = { &p->user.username, &p->user.first_name, &p->user.last_name,
		&p->user.full_name, &p->user.image_path, &p->email, &p->birthday, &p->locale,
		NULL };

	return all[i];
}

/* One whose texts do not fit is simply read anew each time. */
static void remember(const struct person *p, uint64_t changed)
{
	struct self s = { .person = *p, .changed = changed };
	struct str *text;
	size_t n = 0;

	for (int i = 0; (text = text_of(&s.person, i)); i++) {
		if (text->n > sizeof s.texts - n)
			return;
		if (text->n)
			memcpy(s.texts + n, text->p, text->n);
		n += text->n;
	}
	memo_put(&selves, (struct str){ (const char *)&p->user.id, sizeof p->user.id }, &s);
}

static bool recall(struct arena *a, int64_t user_id, uint64_t changed, struct person *p)
{
	struct self s;
	struct str *text;
	size_t n = 0;

	if (!memo_get(&selves, (struct str){ (const char *)&user_id, sizeof user_id }, &s) ||
		s.changed != changed)
		return false;
	*p = s.person;
	for (int i = 0; (text = text_of(p, i)); i++) {
		if (text->p)
			*text = arena_copy(a, (struct str){ s.texts + n, text->n });
		n += text->n;
	}
	return true;
}

static enum err person_read(struct db *db, struct arena *a, int64_t user_id, struct person *p)
{
	struct rows r;
	enum err e = db_select(db, a, &by_id, &r, as_int(user_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	user_from_row(a, &r, 0, 0, &p->user);
	p->email = row_str(&r, 0, USER_COLUMNS_N);
	p->birthday = row_str(&r, 0, USER_COLUMNS_N + 1);
	p->locale = row_str(&r, 0, USER_COLUMNS_N + 2);
	p->email_verified = row_int(&r, 0, USER_COLUMNS_N + 3) != 0;
	return OK;
}

enum err person_by_id(
	struct db *db, struct page *page, struct arena *a, int64_t user_id, struct person *p)
{
	uint64_t changed = atomic_load(&page->people_changed);
	enum err e;

	/* Without a database there is no service, whatever we remember. */
	if (db_connected(db) && recall(a, user_id, changed, p))
		return OK;
	e = person_read(db, a, user_id, p);
	if (e == OK)
		remember(p, changed);
	return e;
}

enum err person_free(struct db *db, struct arena *a, const struct person_new *p)
{
	struct rows r;
	enum err e = db_select(db, a, &email_there, &r, as_text(person_email_key(a, p->email)));

	if (e == OK && r.n)
		return ERR_EMAIL_TAKEN;
	if (e != OK || !p->username.p)
		return e;
	e = db_select(db, a, &username_there, &r, as_text(username_key(a, p->username)));
	return e == OK && r.n ? ERR_USERNAME_TAKEN : e;
}

static enum err which_taken(struct db *db, enum err e)
{
	if (e == ERR_CONFLICT && db_duplicate(db, "email_key"))
		return ERR_EMAIL_TAKEN;
	if (e == ERR_CONFLICT && db_duplicate(db, "username_key"))
		return ERR_USERNAME_TAKEN;
	return e;
}

struct creation {
	struct arena *arena;
	const struct person_new *person;
	const struct session_new *device;
	struct session_tokens *session;
	int64_t user_id, last;
};

static enum err create(struct db *db, void *context)
{
	struct creation *c = context;
	const struct person_new *p = c->person;
	struct arena *a = c->arena;
	enum err e;

	e = db_run(db, &add_user, as_text(p->username), as_text(username_key(a, p->username)),
		as_text(p->first_name), as_text(p->last_name),
		as_text(user_name_key(a, p->first_name, p->last_name, p->username)));
	if (e != OK)
		return which_taken(db, e);
	c->user_id = db_inserted(db);
	e = db_run(db, &add_person, as_int(c->user_id), as_text(p->email),
		as_text(person_email_key(a, p->email)), as_text(p->birthday));
	if (e != OK)
		return which_taken(db, e);
	e = db_run(db, &add_credential, as_int(c->user_id), as_text(p->password_hash));
	if (e != OK)
		return e;
	e = session_open(db, a, c->user_id, c->device, c->session);
	return e == OK && p->lobby ? lobby_join(db, a, c->user_id, &c->last) : e;
}

static enum err created(struct db *db, void *context)
{
	struct creation *c = context;

	return session_opened(db, c->arena, c->session);
}

enum err person_create(struct db *db, struct arena *a, const struct person_new *p,
	const struct session_new *device, struct session_tokens *session, int64_t *user_id,
	int64_t *last)
{
	struct creation c = { a, p, device, session, 0, 0 };
	enum err e = db_transaction(db, create, created, &c);

	*user_id = c.user_id;
	*last = c.last;
	return e;
}

struct changing {
	struct arena *arena;
	int64_t user_id;
	const struct person_change *change;
	struct news *news;
};

static struct str changed(bool set, struct str to, struct str from)
{
	return set ? to : from;
}

/* The event for all who share a chat with them: what they look like now. news_changed() comes
 * before it, since the log's head is locked last. */
static enum err tell(struct db *db, struct arena *a, int64_t user_id, struct news *news)
{
	struct buf text = BUF_INIT(65536);
	struct writer w = { .to = &text };
	struct event event = { .type = STR("user"), .user_id = user_id };
	struct user u;
	enum err e = people_one(db, a, user_id, &u);

	if (e == OK)
		e = event_take(db, 1, &news->last);
	if (e == OK) {
		user_json(&w, "user", &u);
		event.data = buf_as_str(&text);
		e = event_put(db, news->last, &event, 1);
	}
	buf_free(&text);
	return e;
}

static enum err change(struct db *db, void *context)
{
	struct changing *c = context;
	const struct person_change *to = c->change;
	struct arena *a = c->arena;
	struct str first, last, username, image;
	struct rows r;
	enum err e = db_select(db, a, &user_for_change, &r, as_int(c->user_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	first = changed(to->first_name.set, to->first_name.to, row_str(&r, 0, 0));
	last = changed(to->last_name.set, to->last_name.to, row_str(&r, 0, 1));
	username = changed(to->username.set, to->username.to, row_str(&r, 0, 2));
	image = changed(to->image_path.set, to->image_path.to, row_str(&r, 0, 3));
	if (to->image_path.set)
		e = portrait_of_user(db, c->user_id, image);
	if (e != OK)
		return e;
	e = db_run(db, &set_user, as_text(first), as_text(last), as_text(username),
		as_text(username_key(a, username)),
		as_text(user_name_key(a, first, last, username)), as_text(image),
		as_int(c->user_id));
	if (e == OK && to->email.set) {
		struct str key = person_email_key(a, to->email.to);

		e = db_run(db, &set_email, as_text(to->email.to), as_text(key), as_text(key),
			as_int(c->user_id));
	}
	if (e == OK && to->birthday.set)
		e = db_run(db, &set_birthday, as_text(to->birthday.to), as_int(c->user_id));
	if (e == OK && to->locale.set)
		e = db_run(db, &set_locale, as_text(to->locale.to), as_int(c->user_id));
	if (e != OK)
		return which_taken(db, e);
	e = news_changed(db, c->news);
	return e == OK ? tell(db, a, c->user_id, c->news) : e;
}

enum err person_change(struct db *db, struct arena *a, int64_t user_id,
	const struct person_change *to, struct news *news)
{
	struct changing c = { a, user_id, to, news };

	return db_transaction(db, change, NULL, &c);
}

struct ending {
	struct arena *arena;
	int64_t user_id, session_id;
	struct str hash;
	bool others_out;
	struct news *news;
};

static enum err store_password(struct db *db, void *context)
{
	struct ending *c = context;
	enum err e = db_run(db, &set_hash, as_text(c->hash), as_int(c->user_id));

	if (e == OK && db_changed(db) == 0)
		return ERR_NOT_FOUND;
	if (e == OK && c->others_out)
		e = session_revoke_all(db, c->arena, c->user_id, c->session_id, c->news);
	return e;
}

enum err person_set_password(struct db *db, struct arena *a, int64_t user_id, struct str hash,
	bool others_out, int64_t session_id, struct news *news)
{
	struct ending c = { a, user_id, session_id, hash, others_out, news };

	return db_transaction(db, store_password, NULL, &c);
}

/* They are emptied before the first event, so that none of these tells what they were called; and
 * that they are gone is told while they are still in their chats. */
static enum err erase(struct db *db, void *context)
{
	struct ending *c = context;
	int64_t last = 0;
	struct rows r;
	/* First of all: from here on nobody brings them into a chat (people_load). */
	enum err e = db_select(db, c->arena, &user_for_change, &r, as_int(c->user_id));

	if (e == OK && r.n == 0)
		return ERR_NOT_FOUND;
	if (e == OK)
		e = leave_all_lock(db, c->arena, c->user_id);
	if (e == OK)
		e = db_run(db, &empty_user, as_int(c->user_id));
	if (e == OK)
		e = db_run(db, &erase_person, as_int(c->user_id));
	if (e == OK)
		e = db_run(db, &erase_credential, as_int(c->user_id));
	if (e == OK)
		e = news_changed(db, c->news);
	if (e == OK)
		e = session_erase_all(db, c->arena, c->user_id, c->news);
	if (e == OK)
		e = tell(db, c->arena, c->user_id, c->news);
	if (e == OK)
		e = leave_all(db, c->arena, c->user_id, &last);
	if (last)
		c->news->last = last;
	return e;
}

enum err person_erase(struct db *db, struct arena *a, int64_t user_id, struct news *news)
{
	struct ending c = { .arena = a, .user_id = user_id, .news = news };

	return db_transaction(db, erase, NULL, &c);
}

void person_members(struct writer *j, const struct person *p)
{
	user_members(j, &p->user);
	put_str(j, "email", p->email);
	put_str(j, "birthday", p->birthday);
	put_str(j, "locale", p->locale);
	put_bool(j, "emailVerified", p->email_verified);
}

void person_json(struct writer *j, const char *key, const struct person *p)
{
	put_object(j, key);
	person_members(j, p);
	put_object_end(j);
}
