/* JSON coming in: what body_parse() accepts is strict UTF-8, holds nothing that was put in place of
 * something else, means the same when json-c writes it and we read it again, and is accepted by the
 * scan as well. */
#include "web/body.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether the text has U+FFFD of its own, as it is or as an escape. */
static bool has_replacement(struct str text)
{
	for (size_t i = 0; i + 6 <= text.n; i++)
		if (str_starts_nocase((struct str){ text.p + i, 6 }, "\\ufffd"))
			return true;
	return text.n && memmem(text.p, text.n, "\xef\xbf\xbd", 3);
}

static void check_text(const char *p, size_t n, bool replaced)
{
	/* json-c puts U+FFFD in place of what is no character. */
	if (!str_utf8((struct str){ p, n }, NULL) || (!replaced && memmem(p, n, "\xef\xbf\xbd", 3)))
		abort();
}

/* Nothing in the tree that the scan should have kept out. */
static void check_tree(struct json_object *o, bool replaced, int depth)
{
	int64_t n;

	if (depth > JSON_DEPTH_MAX)
		abort();
	switch (json_object_get_type(o)) {
	case json_type_int:
		n = json_object_get_int64(o);
		if (n > 9007199254740991 || n < -9007199254740991)
			abort();
		break;
	case json_type_double:
		if (!isfinite(json_object_get_double(o)))
			abort();
		break;
	case json_type_string:
		check_text(
			json_object_get_string(o), (size_t)json_object_get_string_len(o), replaced);
		break;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(o); i++)
			check_tree(json_object_array_get_idx(o, i), replaced, depth + 1);
		break;
	case json_type_object: {
		json_object_object_foreach(o, key, member)
		{
			check_text(key, strlen(key), replaced);
			check_tree(member, replaced, depth + 1);
		}
		break;
	}
	default: break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct json_object *tree = NULL, *again = NULL;
	const char *why = NULL, *written;
	size_t members = 0, n;
	bool scanned = body_scan(text, &members, &why) == JSON_FIT;
	enum err e;

	if (scanned && !str_utf8(text, NULL))
		abort();
	if (!scanned && !why)
		abort();
	why = NULL;
	e = body_parse(text, &tree, &why);
	if (e == OK ? !scanned || !tree : e != ERR_MALFORMED_JSON || tree || !why)
		abort();
	if (e != OK)
		return 0;
	check_tree(tree, has_replacement(text), 0);
	written = json_object_to_json_string_length(tree, JSON_C_TO_STRING_PLAIN, &n);
	if (body_parse((struct str){ written, n }, &again, &why) != OK ||
		!json_object_equal(tree, again))
		abort();
	json_object_put(again);
	json_object_put(tree);
	return 0;
}
