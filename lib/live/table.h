/* table.h - a hash table from ids to pointers: open addressing, deletion by moving up. */
#ifndef LIVE_TABLE_H
#define LIVE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table {
	struct slot {
		int64_t id;
		void *value; /* NULL: free */
	} * slots;
	size_t size, used;
};

void *table_get(const struct table *t, int64_t id);
/* id must not be there yet. */
void table_put(struct table *t, int64_t id, void *value);
void table_drop(struct table *t, int64_t id);
/* Frees the table, and each value by `each`. */
void table_free(struct table *t, void (*each)(void *));

#endif
