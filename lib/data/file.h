/* file.h - uploads: making them, who may read them, and their one JSON form.
 *
 * The bytes are none of this file's business: they lie on the disk under the names in `place`, and
 * are there before file_create() and for as long as the row stands (lib/data/leftover.h). */
#ifndef DATA_FILE_H
#define DATA_FILE_H

#include "core/writer.h"
#include "data/db.h"

enum { FILE_HASH = 32 };

/* What lies on the disk, and what is known of it. 0 and absent: unknown, or none. */
struct content {
	int64_t id, size, thumb_size, width, height;
	struct str hash, place, thumb_place, mime, placeholder;
};

struct file {
	int64_t id;
	struct str name;
	struct content content;
};

struct file_new {
	int64_t owner_id, quota; /* quota 0: no limit */
	struct str name;
	struct content content;
};

/* Makes the file, and counts it against the owner's quota: ERR_QUOTA, and nothing is made. Where
 * the same bytes are there already, the file is of those: f->content.place says which, and what
 * lies under the new names may go. */
enum err file_create(struct db *db, struct arena *a, const struct file_new *n, struct file *f);
/* What somebody's files take. */
enum err file_used(struct db *db, struct arena *a, int64_t user_id, int64_t *used);
/* A file that this person may read: the uploader, a member of a chat it was posted in, everybody
 * where it is the picture of a person or chat. ERR_NOT_FOUND for others. */
enum err file_find(struct db *db, struct arena *a, int64_t id, int64_t user_id, struct file *f);

/* The columns of a File, and what a row that begins with them says. FILE_TABLES has `f` and `c`. */
#define FILE_COLUMNS                                                                               \
	"f.id, f.name, c.mime, c.size, c.width, c.height, "                                        \
	"c.thumb_place IS NOT NULL, c.placeholder "
#define FILE_TABLES "FROM file f JOIN content c ON c.id = f.content_id "
enum { FILE_COLUMNS_N = 8 };
void file_from_row(const struct rows *r, size_t row, size_t column, struct file *f);

void file_json(struct writer *w, const char *key, const struct file *f);
void file_members(struct writer *w, const struct file *f);

#endif
