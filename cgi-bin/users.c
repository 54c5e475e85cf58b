/* users - the directory: who is there, and one person by id. */
#include "core/fold.h"
#include "data/user.h"
#include "web/cursor.h"
#include "web/route.h"

enum { PART_MAX = 100 };

struct list_in {
	struct value q, contactable, limit, after;
};

static const struct field list_fields[] = {
	FIELD(struct list_in, q, "q", FROM_QUERY, F_TEXT, 0, PART_MAX, 0),
	FIELD(struct list_in, contactable, "contactable", FROM_QUERY, F_BOOL, 0, 0, 0),
	FIELD_LIMIT(struct list_in),
	FIELD(struct list_in, after, "after", FROM_QUERY, F_TEXT, 1, CURSOR_MAX, 0),
	{ 0 },
};

/* GET /users?q=&contactable=true&limit&after: the directory by name. `q` is part of a name or
 * username; `contactable` leaves out oneself and whom one has a direct chat with. */
static enum err list_users(struct request *rq)
{
	const struct list_in *in = rq->in;
	struct user_search search = { .me = rq->user_id,
		.contactable = in->contactable.n != 0,
		.limit = list_limit(&in->limit) };
	struct user *users;
	struct str *keys;
	struct writer *j;
	size_t n;
	enum err e;

	if (in->q.set)
		search.part = fold_name(rq->arena, in->q.s);
	if (in->after.set && !cursor_read(rq->arena, in->after.s, &search.after_id, &search.after))
		return field_wrong(rq, "after", "is not what `next` said");
	e = user_list(rq->db, rq->arena, &search, &users, &keys, &n);
	if (e != OK)
		return e;
	j = reply_json(rq);
	put_array(j, "items");
	for (size_t i = 0; i < n && i < (size_t)search.limit; i++)
		user_json(j, NULL, &users[i]);
	put_array_end(j);
	if (n > (size_t)search.limit)
		put_str(j, "next",
			cursor_write(
				rq->arena, users[search.limit - 1].id, keys[search.limit - 1]));
	else
		put_null(j, "next");
	return OK;
}

struct one_in {
	struct value id;
};

static const struct field one_fields[] = {
	FIELD(struct one_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

/* GET /users/{id} */
static enum err show_user(struct request *rq)
{
	const struct one_in *in = rq->in;
	struct user u;
	enum err e = user_by_id(rq->db, rq->arena, in->id.n, &u);

	if (e != OK)
		return e;
	user_members(reply_json(rq), &u);
	return OK;
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_USER, 0, list_fields, list_users },
	{ "GET", "/{id}", AUTH_USER, 0, one_fields, show_user },
	{ 0 },
};

const struct program program = { .name = "users", .routes = routes };
