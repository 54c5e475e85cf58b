/* WebSocket frames of a client: the first byte says how the rest is cut into pieces; messages must
 * be the same however that is. */
#include "../unit/pieces.h"
#include "core/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 4096, OUT_MAX = 16 << 20 };

struct seen {
	struct buf messages, replies;
};

static void must(bool good)
{
	if (!good)
		abort();
}

static void message(void *context, struct str bytes, bool binary)
{
	struct seen *s = context;

	must(bytes.n <= MESSAGE_MAX &&
		(binary || bytes.n == 0 || str_utf8(bytes, NULL) || memchr(bytes.p, 0, bytes.n)));
	buf_printf(&s->messages, "%d:%zu:", binary, bytes.n);
	buf_str(&s->messages, bytes);
}

static void reply(void *context, struct str frame)
{
	struct seen *s = context;

	buf_str(&s->replies, frame);
}

static bool read_all(struct str bytes, size_t piece, struct seen *s)
{
	static const struct frames_reader reader = { message, reply };
	bool open, left;

	*s = (struct seen){ BUF_INIT(OUT_MAX), BUF_INIT(OUT_MAX) };
	open = eat_pieces(&reader, s, MESSAGE_MAX, bytes, piece, &left);
	must(open || !left);
	return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data + 1, size ? size - 1 : 0 };
	struct seen whole, pieces;

	if (size < 2)
		return 0;
	read_all(bytes, bytes.n, &whole);
	read_all(bytes, (size_t)data[0] % 16 + 1, &pieces);
	must(str_eq(buf_as_str(&whole.messages), buf_as_str(&pieces.messages)));
	buf_free(&whole.messages);
	buf_free(&whole.replies);
	buf_free(&pieces.messages);
	buf_free(&pieces.replies);
	return 0;
}
