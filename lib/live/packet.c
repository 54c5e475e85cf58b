#include "live/packet.h"

#include "web/body.h"

enum { DIGITS_MAX = 15 };

/* The digits at the front, cut off. false: there are none, or too many. */
static bool cut_number(struct str *rest, int64_t *n)
{
	struct str digits = { rest->p, 0 };

	while (digits.n < rest->n && rest->p[digits.n] >= '0' && rest->p[digits.n] <= '9')
		digits.n++;
	if (!digits.n || digits.n > DIGITS_MAX)
		return false;
	*n = 0;
	for (size_t i = 0; i < digits.n; i++)
		*n = *n * 10 + (digits.p[i] - '0');
	rest->p += digits.n;
	rest->n -= digits.n;
	return true;
}

static bool is_digit(struct str s)
{
	return s.n && s.p[0] >= '0' && s.p[0] <= '9';
}

static bool read_attachments(struct str *rest, struct packet *p)
{
	int64_t n;

	if (p->type != PACKET_BINARY_EVENT && p->type != PACKET_BINARY_ACK)
		return true;
	if (!cut_number(rest, &n) || n > PACKET_ATTACHMENTS_MAX || !rest->n || rest->p[0] != '-')
		return false;
	p->attachments = (int)n;
	rest->p++;
	rest->n--;
	return true;
}

static bool read_namespace(struct str *rest, struct packet *p)
{
	struct str name;

	p->namespace = STR("/");
	if (!rest->n || rest->p[0] != '/')
		return true;
	name = str_cut(rest, ',');
	p->namespace = str_cut(&name, '?');
	if (!rest->p)
		*rest = STR("");
	return p->namespace.n <= PACKET_NAMESPACE_MAX;
}

static bool is_event(const struct packet *p)
{
	return p->type == PACKET_EVENT || p->type == PACKET_BINARY_EVENT;
}

/* One value of any kind: what is parsed in lib/web/body.c must be an object. */
static bool read_json(struct str text, struct packet *p)
{
	static struct json_tokener *t; /* the loop's; making one costs as much as a small packet */
	const char *why;
	size_t members;
	enum json_verdict verdict = body_scan(text, &members, &why);

	p->json = text;
	if (verdict == JSON_UNFIT && is_event(p) && text.p[0] == '[')
		p->unfit = why;
	if (verdict != JSON_FIT)
		return p->unfit != NULL;
	if (!t)
		t = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	json_tokener_reset(t);
	p->tree = body_tree(t, text);
	/* A number may go on: only the end of the text ends it. */
	if (!p->tree && json_tokener_get_error(t) == json_tokener_continue)
		p->tree = json_tokener_parse_ex(t, "", 1);
	return true;
}

/* What each type may carry. */
static bool makes_sense(const struct packet *p)
{
	enum json_type type = json_object_get_type(p->tree);
	struct json_object *first;

	if (p->unfit)
		return true;
	switch (p->type) {
	case PACKET_CONNECT: return !p->json.p || type == json_type_object;
	case PACKET_DISCONNECT: return !p->json.p;
	case PACKET_CONNECT_ERROR: return type == json_type_string || type == json_type_object;
	case PACKET_EVENT:
	case PACKET_BINARY_EVENT:
		if (type != json_type_array || json_object_array_length(p->tree) == 0)
			return false;
		first = json_object_array_get_idx(p->tree, 0);
		return json_object_is_type(first, json_type_string) ||
		       json_object_is_type(first, json_type_int);
	default: return type == json_type_array;
	}
}

bool packet_read(struct str text, struct packet *out)
{
	struct str rest = text;

	*out = (struct packet){ .id = -1 };
	if (!rest.n || rest.p[0] < '0' || rest.p[0] > '6')
		return false;
	out->type = (enum packet_type)(rest.p[0] - '0');
	rest.p++;
	rest.n--;
	if (!read_attachments(&rest, out) || !read_namespace(&rest, out) ||
		(is_digit(rest) && !cut_number(&rest, &out->id)) ||
		(rest.n && !read_json(rest, out)) || !makes_sense(out)) {
		packet_clear(out);
		return false;
	}
	return true;
}

void packet_clear(struct packet *p)
{
	json_object_put(p->tree);
	p->tree = NULL;
}

void packet_write(struct buf *to, const struct packet *p)
{
	buf_byte(to, (char)('0' + p->type));
	if (p->type == PACKET_BINARY_EVENT || p->type == PACKET_BINARY_ACK)
		buf_printf(to, "%d-", p->attachments);
	if (!str_is(p->namespace, "/")) {
		buf_str(to, p->namespace);
		buf_byte(to, ',');
	}
	if (p->id >= 0)
		buf_int(to, p->id);
	if (p->json.p)
		buf_str(to, p->json);
}
