/* body.h - JSON coming in.
 *
 * json-c alone takes more than JSON: duplicate keys, NUL, lone surrogates, overlong UTF-8, NaN, and
 * it bends numbers that do not fit. So bytes are scanned first, by RFC 8259 and nothing else,
 * within a depth; then json-c builds the tree; then the members are counted against those seen,
 * which finds duplicates.
 *
 * A number beyond 2^53, or one that no double holds, may stand in a member that nobody asks for. In
 * the tree it is no integer, but a double beyond all of them. */
#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "core/err.h"
#include "core/str.h"

#include <json.h>

enum { JSON_DEPTH_MAX = 32 };

/* JSON_UNFIT: JSON as far as it was read, up to something that is not taken. */
enum json_verdict { JSON_NONE, JSON_UNFIT, JSON_FIT };

/* Whether the text is one JSON value as described. `members` is how many name-value pairs stand in
 * it, on all levels; `why` says in words what is wrong. */
enum json_verdict body_scan(struct str text, size_t *members, const char **why);
/* The tree of a value that was found fit. */
struct json_object *body_tree(struct json_tokener *tokener, struct str text);
/* The tree of one JSON object; the caller gives it back with json_object_put. */
enum err body_parse(struct str text, struct json_object **tree, const char **why);

#endif
