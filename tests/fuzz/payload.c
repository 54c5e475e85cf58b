/* The body of an Engine.IO request, and the Socket.IO packets in it: what is read can be written,
 * and is the same then. */
#include "live/payload.h"
#include "live/packet.h"

#include <json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 16 << 20 };

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_packet(struct str text)
{
	struct packet p, again;
	struct buf out = BUF_INIT(OUT_MAX);

	if (!packet_read(text, &p))
		return;
	must(p.namespace.n >= 1 && p.namespace.n <= PACKET_NAMESPACE_MAX && p.id >= -1 &&
		p.attachments >= 0 && p.attachments <= PACKET_ATTACHMENTS_MAX);
	packet_write(&out, &p);
	must(packet_read(buf_as_str(&out), &again));
	must(!p.unfit == !again.unfit && !(p.unfit && p.tree));
	must(again.type == p.type && again.id == p.id && again.attachments == p.attachments &&
		str_eq(again.namespace, p.namespace) && str_eq(again.json, p.json));
	packet_clear(&p);
	packet_clear(&again);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = { (const char *)data, size };
	struct buf out = BUF_INIT(OUT_MAX);
	struct payload_packet p;
	struct arena a;
	bool good = size > 0;
	size_t eaten = 0;

	arena_init(&a);
	check_packet(body);
	while (good && body.p) {
		struct str before = body;

		good = payload_next(&a, &body, &p);
		if (!good)
			break;
		must(p.type >= '0' && p.type <= '6');
		if (p.binary)
			payload_put(&out, p.bytes, true);
		else
			payload_put(&out, (struct str){ p.bytes.p - 1, p.bytes.n + 1 }, false);
		if (p.type == '4' && !p.binary)
			check_packet(p.bytes);
		eaten += before.n - (body.p ? body.n : 0);
	}
	/* Base64 has several ways to say the same, all of one length. */
	if (good)
		must(out.n == size && eaten == size);
	buf_free(&out);
	arena_free(&a);
	return 0;
}
