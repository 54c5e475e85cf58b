#include "data/file.h"

#include <stdio.h>

static struct sql same_bytes = SQL("SELECT id, place, thumb_place, thumb_size, width, height, "
				   "placeholder FROM content "
				   "WHERE hash = ? AND mime = ? FOR UPDATE");
static struct sql add_content =
	SQL("INSERT INTO content (hash, place, size, mime, width, height, "
	    "thumb_place, thumb_size, placeholder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
static struct sql open_quota = SQL("INSERT IGNORE INTO quota (user_id, used) VALUES (?, 0)");
static struct sql take_quota = SQL("UPDATE quota SET used = used + ? "
				   "WHERE user_id = ? AND (? = 0 OR used + ? <= ?)");
static struct sql used_quota = SQL("SELECT used FROM quota WHERE user_id = ?");
static struct sql add_file = SQL("INSERT INTO file (owner_id, content_id, name, created_at) "
				 "VALUES (?, ?, ?, UTC_TIMESTAMP(3))");
/* Whoever may not read it, finds nothing. */
static struct sql readable =
	SQL("SELECT " FILE_COLUMNS ", c.place, c.thumb_place, c.thumb_size, c.hash, "
	    "c.id " FILE_TABLES "WHERE f.id = ? AND (f.owner_id = ? "
	    "OR EXISTS (SELECT 1 FROM message_file x JOIN member m ON m.chat_id = x.chat_id "
	    "AND m.user_id = ? WHERE x.file_id = f.id) "
	    "OR EXISTS (SELECT 1 FROM user u WHERE u.image_file = f.id AND u.deleted_at IS NULL) "
	    "OR EXISTS (SELECT 1 FROM chat k WHERE k.image_file = f.id AND k.deleted_at IS NULL))");

struct making {
	struct arena *arena;
	const struct file_new *new;
	struct file *out;
};

static struct arg known(int64_t n)
{
	return n ? as_int(n) : as_text((struct str){ NULL, 0 });
}

static enum err store_content(struct db *db, struct making *m)
{
	const struct content *new = &m->new->content;
	struct content *c = &m->out->content;
	struct rows r;
	enum err e =
		db_select(db, m->arena, &same_bytes, &r, as_bytes(new->hash), as_text(new->mime));

	*c = *new;
	if (e == OK && r.n) {
		c->id = row_int(&r, 0, 0);
		c->place = row_str(&r, 0, 1);
		c->thumb_place = row_str(&r, 0, 2);
		c->thumb_size = row_int(&r, 0, 3);
		c->width = row_int(&r, 0, 4);
		c->height = row_int(&r, 0, 5);
		c->placeholder = row_str(&r, 0, 6);
		return OK;
	}
	if (e == OK)
		e = db_run(db, &add_content, as_bytes(new->hash), as_text(new->place),
			as_int(new->size), as_text(new->mime), known(new->width),
			known(new->height), as_text(new->thumb_place), known(new->thumb_size),
			as_text(new->placeholder));
	c->id = db_inserted(db);
	/* Somebody has just stored the same. */
	return e == ERR_CONFLICT ? ERR_CONTENTION : e;
}

static enum err make(struct db *db, void *context)
{
	struct making *m = context;
	const struct file_new *n = m->new;
	int64_t size = n->content.size;
	enum err e = db_run(db, &open_quota, as_int(n->owner_id));

	if (e == OK)
		e = db_run(db, &take_quota, as_int(size), as_int(n->owner_id), as_int(n->quota),
			as_int(size), as_int(n->quota));
	if (e == OK && db_changed(db) == 0)
		return ERR_QUOTA;
	if (e == OK)
		e = store_content(db, m);
	if (e == OK)
		e = db_run(db, &add_file, as_int(n->owner_id), as_int(m->out->content.id),
			as_text(n->name));
	m->out->id = db_inserted(db);
	m->out->name = n->name;
	return e;
}

enum err file_create(struct db *db, struct arena *a, const struct file_new *n, struct file *f)
{
	struct making m = { a, n, f };

	return db_transaction(db, make, NULL, &m);
}

enum err file_used(struct db *db, struct arena *a, int64_t user_id, int64_t *used)
{
	struct rows r;
	enum err e = db_select(db, a, &used_quota, &r, as_int(user_id));

	*used = e == OK && r.n ? row_int(&r, 0, 0) : 0;
	return e;
}

void file_from_row(const struct rows *r, size_t row, size_t column, struct file *f)
{
	*f = (struct file){ .id = row_int(r, row, column),
		.name = row_str(r, row, column + 1),
		.content = { .mime = row_str(r, row, column + 2),
			.size = row_int(r, row, column + 3),
			.width = row_int(r, row, column + 4),
			.height = row_int(r, row, column + 5),
			.placeholder = row_str(r, row, column + 7) } };
	/* Where it is does not matter to a File, only whether there is one. */
	if (row_int(r, row, column + 6))
		f->content.thumb_place = STR("");
}

enum err file_find(struct db *db, struct arena *a, int64_t id, int64_t user_id, struct file *f)
{
	struct rows r;
	enum err e = db_select(db, a, &readable, &r, as_int(id), as_int(user_id), as_int(user_id));

	if (e == OK && r.n == 0)
		return ERR_NOT_FOUND;
	if (e != OK)
		return e;
	file_from_row(&r, 0, 0, f);
	f->content.place = row_str(&r, 0, FILE_COLUMNS_N);
	f->content.thumb_place = row_str(&r, 0, FILE_COLUMNS_N + 1);
	f->content.thumb_size = row_int(&r, 0, FILE_COLUMNS_N + 2);
	f->content.hash = row_str(&r, 0, FILE_COLUMNS_N + 3);
	f->content.id = row_int(&r, 0, FILE_COLUMNS_N + 4);
	return OK;
}

/* --- the one JSON form --- */

static void number(struct writer *w, const char *key, int64_t n)
{
	if (n)
		put_int(w, key, n);
	else
		put_null(w, key);
}

/* The address is the same in every answer and event, so it is relative to the site: who lives under
 * a prefix puts that in front. */
static void address(struct writer *w, const char *key, int64_t id, const char *part)
{
	char text[64];

	snprintf(text, sizeof text, "/api/v1/files/%lld%s", (long long)id, part);
	put_z(w, key, text);
}

void file_members(struct writer *w, const struct file *f)
{
	const struct content *c = &f->content;

	put_int(w, "id", f->id);
	address(w, "url", f->id, "");
	put_str(w, "name", f->name);
	put_str(w, "mime", c->mime);
	put_int(w, "size", c->size);
	number(w, "width", c->width);
	number(w, "height", c->height);
	if (c->thumb_place.p)
		address(w, "thumbUrl", f->id, "/thumb");
	else
		put_null(w, "thumbUrl");
	put_str(w, "placeholder", c->placeholder);
}

void file_json(struct writer *w, const char *key, const struct file *f)
{
	put_object(w, key);
	file_members(w, f);
	put_object_end(w);
}
