/* writer.h - JSON going out, written straight into a buf.
 *
 * Compact, UTF-8 as it is, commas placed by the writer. The caller opens and closes in order; text
 * that is not valid UTF-8 must not get here (everything stored was checked when it came in). Not
 * for reading: that is lib/web/body.c. */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include "core/buf.h"

struct writer {
	struct buf *to;
	bool comma; /* something stands before in this object or array */
};

/* key is NULL for elements of an array and for the outermost value. */
void put_object(struct writer *j, const char *key);
void put_object_end(struct writer *j);
void put_array(struct writer *j, const char *key);
void put_array_end(struct writer *j);
void put_str(struct writer *j, const char *key, struct str value); /* absent: null */
void put_z(struct writer *j, const char *key, const char *value);  /* NULL: null */
void put_int(struct writer *j, const char *key, int64_t value);
void put_bool(struct writer *j, const char *key, bool value);
void put_null(struct writer *j, const char *key);
/* A moment since 1970 in milliseconds as text; 0: null. */
void put_time(struct writer *j, const char *key, int64_t wall_ms);
/* A value that is already JSON. */
void put_raw(struct writer *j, const char *key, struct str value);
/* Members of the object that is open, already written as JSON: `"a":1,"b":2`. */
void put_members(struct writer *j, struct str members);

#endif
