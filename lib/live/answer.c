#include "live/answer.h"

#include <stdio.h>

enum { ENVELOPE_BYTES = 128 };

struct str cursor_text(struct arena *a, struct cursor c)
{
	return arena_printf(
		a, "%lld-%lld-%lld", (long long)c.epoch, (long long)c.number, (long long)c.heard);
}

bool cursor_parse(struct str text, struct cursor *c)
{
	struct str rest = text, epoch = str_cut(&rest, '-'), number = str_cut(&rest, '-');

	c->heard = -1;
	return str_int(epoch, &c->epoch) && str_int(number, &c->number) && c->epoch >= 0 &&
	       c->number >= 0 && (!rest.p || (str_int(rest, &c->heard) && c->heard >= 0));
}

struct hub_event *answer_render(struct arena *a, const struct event *events, size_t n)
{
	struct hub_event *out = arena_alloc(a, sizeof *out * n);
	struct buf text = BUF_INIT(4 << 20);

	for (size_t i = 0; i < n; i++) {
		const struct event *e = &events[i];
		struct writer w = { .to = &text };

		buf_clear(&text);
		event_json(&w, NULL, e);
		out[i] = (struct hub_event){ .id = e->id,
			.chat_id = e->chat_id,
			.user_id = e->user_id,
			.at_ms = e->at_ms,
			.type = e->type,
			.json = arena_copy(a, buf_as_str(&text)) };
	}
	buf_free(&text);
	return out;
}

struct hub_event answer_ephemeral(struct arena *a, const struct ephemeral *what)
{
	static const char *const types[] = { [EPHEMERAL_TYPING] = "typing",
		[EPHEMERAL_ONLINE] = "presence",
		[EPHEMERAL_OFFLINE] = "presence" };
	struct buf text = BUF_INIT(4096);
	struct writer w = { .to = &text };
	struct hub_event e = { .heard = what->number,
		.user_id = what->user_id,
		.chat_id = what->chat_id,
		.at_ms = what->at_ms,
		.type = str_of(types[what->kind]) };

	put_object(&w, NULL);
	put_str(&w, "type", e.type);
	put_time(&w, "at", what->at_ms);
	if (what->kind == EPHEMERAL_TYPING)
		put_int(&w, "chatId", what->chat_id);
	put_int(&w, "userId", what->user_id);
	if (what->kind != EPHEMERAL_TYPING) {
		put_bool(&w, "online", what->kind == EPHEMERAL_ONLINE);
		put_time(&w, "lastSeenAt", what->seen_ms);
	}
	put_object_end(&w);
	e.json = arena_copy(a, buf_as_str(&text));
	buf_free(&text);
	return e;
}

/* For who cannot hold the event itself: enough to know what to ask for. */
static void stub(struct writer *w, const struct hub_event *e)
{
	put_object(w, NULL);
	put_int(w, "id", e->id);
	put_str(w, "type", e->type);
	put_time(w, "at", e->at_ms);
	if (e->chat_id)
		put_int(w, "chatId", e->chat_id);
	put_bool(w, "truncated", true);
	put_object_end(w);
}

/* Where the cursor stands when all before events[i] are in, and there are some. */
static void step_back(struct cursor *at, const struct hub_event *const *events, size_t n, size_t i)
{
	if (events[i]->id)
		at->number = events[i - 1]->id;
	while (i < n && events[i]->id)
		i++;
	if (i < n)
		at->heard = events[i]->heard - 1;
}

void answer_poll(struct buf *to, struct arena *a, const struct wish *wish, struct cursor at,
	const struct hub_event *const *events, size_t n, bool more, int64_t retry_ms)
{
	struct writer w = { .to = to };
	size_t bytes = ENVELOPE_BYTES, fit = 0;

	for (; fit < n && fit < (size_t)wish->limit; fit++) {
		size_t room = wish->max_bytes ? (size_t)wish->max_bytes - bytes : SIZE_MAX;

		if (events[fit]->json.n + 1 > room && fit > 0)
			break;
		bytes += events[fit]->json.n + 1;
		if (wish->max_bytes && bytes > (size_t)wish->max_bytes) {
			fit++;
			break;
		}
	}
	if (fit < n) {
		step_back(&at, events, n, fit);
		more = true;
	}
	put_object(&w, NULL);
	put_str(&w, "cursor", cursor_text(a, at));
	put_array(&w, "events");
	for (size_t i = 0; i < fit; i++)
		if (wish->max_bytes && events[i]->json.n + ENVELOPE_BYTES > (size_t)wish->max_bytes)
			stub(&w, events[i]);
		else
			put_raw(&w, NULL, events[i]->json);
	put_array_end(&w);
	put_bool(&w, "more", more);
	if (retry_ms)
		put_int(&w, "retryMs", retry_ms);
	put_object_end(&w);
}

void answer_stream(struct buf *to, struct arena *a, struct cursor at, const struct hub_event *e)
{
	buf_z(to, "id: ");
	buf_str(to, cursor_text(a, at));
	buf_z(to, "\ndata: ");
	buf_str(to, e->json);
	buf_z(to, "\n\n");
}
