#include "live/firstname.h"

#include "core/arena.h"
#include "data/user.h"
#include "live/table.h"

#include <stdlib.h>

enum { NAMES_MAX = 8192, KINDS_MAX = 65536 };

static struct table names;
static unsigned changes;
static struct table kinds; /* the value says it, and is no memory */

static char kind_marks[CHAT_OTHER + 1];

static void nothing(void *p)
{
	(void)p;
}

struct str firstname_of(int64_t user_id, struct str full_name)
{
	struct str rest = full_name, first = str_cut(&rest, ' ');
	const char *known;

	if (str_is(full_name, USER_DELETED))
		return full_name;
	if (!rest.p || !memchr(rest.p, ' ', rest.n))
		return first;
	known = table_get(&names, user_id);
	return str_of(known);
}

static void drop(int64_t user_id)
{
	free(table_get(&names, user_id));
	table_drop(&names, user_id);
}

void firstname_forget(int64_t user_id)
{
	drop(user_id);
	changes++;
}

unsigned firstname_changes(void)
{
	return changes;
}

void firstname_learn(int64_t user_id, struct str first_name)
{
	char *copy = must_alloc(first_name.n + 1);

	memcpy(copy, first_name.p, first_name.n);
	drop(user_id);
	if (names.used >= NAMES_MAX) {
		table_free(&names, free);
		names = (struct table){ 0 };
	}
	table_put(&names, user_id, copy);
}

enum chat_kind chatkind_of(int64_t chat_id)
{
	const char *mark = table_get(&kinds, chat_id);

	return mark ? (enum chat_kind)(mark - kind_marks) : CHAT_UNKNOWN;
}

void chatkind_learn(int64_t chat_id, enum chat_kind kind)
{
	if (kinds.used >= KINDS_MAX) {
		table_free(&kinds, nothing);
		kinds = (struct table){ 0 };
	}
	table_drop(&kinds, chat_id);
	table_put(&kinds, chat_id, &kind_marks[kind]);
}

void firstname_close(void)
{
	table_free(&names, free);
	table_free(&kinds, nothing);
	names = kinds = (struct table){ 0 };
}
