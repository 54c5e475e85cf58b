#include "data/author.h"

#include "core/memo.h"
#include "data/user.h"

enum { TEXTS = 512 };

static struct sql names = SQL_ROWS("SELECT id, first_name, last_name, image_path, deleted_at IS "
				   "NOT NULL FROM user WHERE id IN (",
	"?", ", ", ")");

/* The two texts stand one after the other. */
struct known {
	uint64_t changed; /* the counter of people's changes, when it was read */
	size_t name_n, image_n;
	bool has_image;
	char texts[TEXTS];
};

static struct memo authors_known = MEMO(4096, sizeof(struct known));

static struct str key_of(const struct author *author)
{
	return (struct str){ (const char *)&author->id, sizeof author->id };
}

static bool recall(struct arena *a, uint64_t changed, struct author *author)
{
	struct known k;

	if (!memo_get(&authors_known, key_of(author), &k) || k.changed != changed)
		return false;
	author->name = arena_copy(a, (struct str){ k.texts, k.name_n });
	author->image_path = (struct str){ NULL, 0 };
	if (k.has_image)
		author->image_path = arena_copy(a, (struct str){ k.texts + k.name_n, k.image_n });
	return true;
}

/* One whose texts do not fit is simply read anew each time. */
static void remember(uint64_t changed, const struct author *author)
{
	struct known k = { .changed = changed,
		.name_n = author->name.n,
		.image_n = author->image_path.n,
		.has_image = author->image_path.p != NULL };

	if (k.name_n + k.image_n > TEXTS)
		return;
	memcpy(k.texts, author->name.p, k.name_n);
	if (k.image_n)
		memcpy(k.texts + k.name_n, author->image_path.p, k.image_n);
	memo_put(&authors_known, key_of(author), &k);
}

enum err author_load(
	struct db *db, struct page *page, struct arena *a, struct author *authors, size_t n)
{
	uint64_t changed = atomic_load(&page->people_changed);
	struct arg unknown[DB_ROWS_MAX];
	size_t unknown_n = 0;
	struct rows r;
	enum err e;

	for (size_t i = 0; i < n; i++)
		if (!recall(a, changed, &authors[i]))
			unknown[unknown_n++] = as_int(authors[i].id);
	if (unknown_n == 0)
		return OK;
	e = db_select_rows(db, a, &names, unknown_n, &r, unknown, unknown_n);
	for (size_t row = 0; e == OK && row < r.n; row++)
		for (size_t i = 0; i < n; i++) {
			if (authors[i].id != row_int(&r, row, 0))
				continue;
			authors[i].name = user_full_name(a, row_str(&r, row, 1),
				row_str(&r, row, 2), row_int(&r, row, 4) != 0);
			authors[i].image_path = row_str(&r, row, 3);
			remember(changed, &authors[i]);
		}
	return e;
}
