#include "live/frames.h"

#include "core/arena.h"

#include <stdlib.h>
#include <wslay/wslay.h>

enum { SHORT_MAX = 125, MIDDLE_MAX = 65535, MASK = 4, CLOSE_HEAD = 0x88 };

struct frames {
	wslay_event_context_ptr wslay;
	const struct frames_reader *reader;
	void *context;
	struct str in;         /* what it has not eaten yet */
	int64_t fed, finished; /* bytes: all, and those of whole frames */
	int64_t frame;         /* bytes of the one that comes in */
	bool in_message;       /* its last fragment is still to come */
	bool took_leave;       /* by a close frame that says no code */
	size_t reply_left;     /* bytes of a control frame whose head was said */
};

static ssize_t give(wslay_event_context_ptr wslay, uint8_t *to, size_t n, int flags, void *frames)
{
	struct frames *f = frames;

	(void)flags;
	if (!f->in.n) {
		wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	n = n < f->in.n ? n : f->in.n;
	memcpy(to, f->in.p, n);
	f->in.p += n;
	f->in.n -= n;
	return (ssize_t)n;
}

/* wslay answers what is no frame as it answers a close frame without a code: by another one. Heads
 * and payloads of what it says come one by one. */
static bool hides_error(struct frames *f, const uint8_t *p, size_t n)
{
	bool is_head = f->reply_left == 0 && n >= 2;

	f->reply_left = is_head ? p[1] - (n - 2) : f->reply_left - n;
	return is_head && p[0] == CLOSE_HEAD && p[1] == 0 && !f->took_leave;
}

static ssize_t reply(
	wslay_event_context_ptr wslay, const uint8_t *p, size_t n, int flags, void *frames)
{
	static const unsigned char protocol_error[] = { CLOSE_HEAD, 2, 1002 >> 8, 1002 & 0xff };
	struct frames *f = frames;
	struct str bytes = { (const char *)p, n };

	(void)wslay;
	(void)flags;
	if (hides_error(f, p, n))
		bytes = (struct str){ (const char *)protocol_error, sizeof protocol_error };
	f->reader->reply(f->context, bytes);
	return (ssize_t)n;
}

static void frame_begins(wslay_event_context_ptr wslay,
	const struct wslay_event_on_frame_recv_start_arg *arg, void *frames)
{
	struct frames *f = frames;
	int64_t n = (int64_t)arg->payload_length;

	(void)wslay;

	if (!wslay_is_ctrl_frame(arg->opcode))
		f->in_message = !arg->fin;
	f->frame = 2 + (n > MIDDLE_MAX ? 8 : n > SHORT_MAX ? 2 : 0) + MASK + n;
}

static void frame_ends(wslay_event_context_ptr wslay, void *frames)
{
	struct frames *f = frames;

	(void)wslay;
	f->finished += f->frame;
}

static void message(
	wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *arg, void *frames)
{
	struct frames *f = frames;

	(void)wslay;
	if (arg->opcode == WSLAY_CONNECTION_CLOSE)
		f->took_leave = arg->msg_length == 0;
	if (!wslay_is_ctrl_frame(arg->opcode))
		f->reader->message(f->context,
			(struct str){ arg->msg ? (const char *)arg->msg : "", arg->msg_length },
			arg->opcode == WSLAY_BINARY_FRAME);
}

/* One that has just come to the end of a message is as new; making one clears 8 KiB. */
static struct frames *spare;

static struct frames *begin(size_t message_max)
{
	static const struct wslay_event_callbacks callbacks = { .recv_callback = give,
		.send_callback = reply,
		.on_frame_recv_start_callback = frame_begins,
		.on_frame_recv_end_callback = frame_ends,
		.on_msg_recv_callback = message };
	struct frames *f = spare;

	spare = NULL;
	if (!f) {
		f = must_alloc(sizeof *f);
		if (wslay_event_context_server_init(&f->wslay, &callbacks, f))
			abort();
	}
	f->fed = f->finished = 0;
	f->reply_left = 0;
	f->took_leave = false;
	wslay_event_config_set_max_recv_msg_length(f->wslay, message_max);
	return f;
}

bool frames_eat(struct frames **at, const struct frames_reader *r, void *context,
	size_t message_max, struct str bytes)
{
	struct frames *f = *at ? *at : begin(message_max);
	bool good;

	*at = f;
	f->reader = r;
	f->context = context;
	f->in = bytes;
	f->fed += (int64_t)bytes.n;
	good = wslay_event_recv(f->wslay) == 0;
	good = wslay_event_send(f->wslay) == 0 && good;
	good = good && wslay_event_get_read_enabled(f->wslay) &&
	       !wslay_event_get_close_sent(f->wslay);
	if (good && (f->fed != f->finished || f->in_message))
		return true;
	if (good && !spare) {
		spare = f;
		*at = NULL;
	}
	frames_free(at);
	return good;
}

void frames_free(struct frames **f)
{
	if (*f)
		wslay_event_context_free((*f)->wslay);
	free(*f);
	*f = NULL;
}

size_t frame_head(unsigned char to[FRAME_HEAD_MAX], enum frame_kind kind, size_t n)
{
	size_t bytes = n > MIDDLE_MAX ? 8 : n > SHORT_MAX ? 2 : 0;

	to[0] = (unsigned char)(0x80 | kind);
	to[1] = (unsigned char)(bytes == 8 ? 127 : bytes == 2 ? 126 : n);
	for (size_t i = 0; i < bytes; i++)
		to[2 + i] = (unsigned char)((uint64_t)n >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}
