#include "data/portrait.h"

#define OWN_PICTURE                                                                                \
	"(SELECT f.id FROM file f JOIN content c ON c.id = f.content_id "                          \
	"WHERE f.id = ? AND f.owner_id = ? AND c.mime LIKE 'image/%') "

static struct sql of_user = SQL("UPDATE user SET image_file = " OWN_PICTURE "WHERE id = ?");
static struct sql of_chat = SQL("UPDATE chat SET image_file = IF(image_path <=> ? AND image_file "
				"IS NOT NULL, image_file, " OWN_PICTURE ") WHERE id = ?");

/* …/files/N or …/files/N/thumb, whatever stands before; 0: it is no file. */
static int64_t file_in(struct str path)
{
	struct str rest = path, before = { NULL, 0 }, last = { NULL, 0 };
	int64_t id;

	while (rest.p) {
		struct str part = str_cut(&rest, '/');

		if (!rest.p && str_is(part, "thumb"))
			break;
		before = last;
		last = part;
	}
	return str_is(before, "files") && str_int(last, &id) && id > 0 ? id : 0;
}

enum err portrait_of_user(struct db *db, int64_t user_id, struct str path)
{
	return db_run(db, &of_user, as_int(file_in(path)), as_int(user_id), as_int(user_id));
}

enum err portrait_of_chat(struct db *db, int64_t chat_id, int64_t user_id, struct str path)
{
	return db_run(db, &of_chat, as_text(path), as_int(file_in(path)), as_int(user_id),
		as_int(chat_id));
}
