#include "live/payload.h"

#include <openssl/evp.h>

enum { SEPARATOR = 0x1e, QUARTET = 4, TRIPLET = 3 };

static bool decode(struct arena *a, struct str text, struct str *bytes)
{
	unsigned char *to;
	size_t padding = 0;
	int n;

	if (text.n % QUARTET)
		return false;
	while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
		padding++;
	/* EVP_DecodeBlock would step over blanks at both ends, and take padding for zeros anywhere.
	 */
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || (i < text.n - padding && text.p[i] == '='))
			return false;
	to = arena_alloc(a, text.n / QUARTET * TRIPLET + 1);
	n = EVP_DecodeBlock(to, (const unsigned char *)text.p, (int)text.n);
	if (n < (int)padding)
		return false;
	*bytes = (struct str){ (char *)to, (size_t)n - padding };
	return true;
}

bool payload_packet(struct str text, struct payload_packet *out)
{
	if (!text.n || text.p[0] < '0' || text.p[0] > '6')
		return false;
	*out = (struct payload_packet){ text.p[0], { text.p + 1, text.n - 1 }, false };
	return true;
}

bool payload_next(struct arena *a, struct str *rest, struct payload_packet *out)
{
	struct str text = str_cut(rest, SEPARATOR);

	if (text.n && text.p[0] == 'b') {
		*out = (struct payload_packet){ .type = '4', .binary = true };
		return decode(a, (struct str){ text.p + 1, text.n - 1 }, &out->bytes);
	}
	return str_utf8(text, NULL) && payload_packet(text, out);
}

void payload_put(struct buf *to, struct str packet, bool binary)
{
	char *room;

	if (to->n)
		buf_byte(to, SEPARATOR);
	if (!binary) {
		buf_str(to, packet);
		return;
	}
	buf_byte(to, 'b');
	room = buf_room(to, (packet.n + 2) / TRIPLET * QUARTET + 1);
	if (room)
		to->n += (size_t)EVP_EncodeBlock(
			(unsigned char *)room, (const unsigned char *)packet.p, (int)packet.n);
}
