#include "live/tree.h"

struct json_object *tree_parse(struct str json)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o = json.n ? json_tokener_parse_ex(t, json.p, (int)json.n) : NULL;

	json_tokener_free(t);
	return o;
}

struct json_object *tree_member(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, name, &v);
	return v;
}

struct str tree_words(struct json_object *v)
{
	if (!json_object_is_type(v, json_type_string))
		return (struct str){ NULL, 0 };
	return (struct str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) };
}

struct str tree_text(struct json_object *o, const char *name)
{
	return tree_words(tree_member(o, name));
}

int64_t tree_number(struct json_object *v)
{
	return json_object_get_int64(v);
}

size_t tree_length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct str tree_json(struct json_object *v)
{
	return str_of(json_object_to_json_string_ext(
		v, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}
