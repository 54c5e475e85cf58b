/* tree.h - short words for what is read from a JSON tree: of a frame that was parsed already, or of
 * what this site itself has said. What is not there is absent, 0 or NULL. */
#ifndef LIVE_TREE_H
#define LIVE_TREE_H

#include "core/str.h"

#include <json.h>

/* Of JSON that was made here; what comes from outside goes through web/body.h. */
struct json_object *tree_parse(struct str json);
struct json_object *tree_member(struct json_object *o, const char *name);
/* Both live as long as the tree. */
struct str tree_words(struct json_object *v);
struct str tree_text(struct json_object *o, const char *name);
int64_t tree_number(struct json_object *v);
size_t tree_length(struct json_object *array);
/* As JSON; until the next call for the same value. */
struct str tree_json(struct json_object *v);

#endif
