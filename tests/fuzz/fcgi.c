/* Whatever a peer sends, in whatever pieces: the record machine neither breaks nor says what cannot
 * be. Each input is read twice, whole and in small pieces, and must mean the same.
 *
 * The first byte chooses the size of the pieces, the rest is the stream. */
#include "core/arena.h"
#include "core/buf.h"
#include "live/record.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 300 };

static void require(bool good)
{
	if (!good)
		abort();
}

static void look_at_request(struct buf *said, const struct record *rc)
{
	struct str body = record_body(rc);
	size_t count = 0;

	require(rc->request != 0 && body.n <= BODY_MAX);
	for (char **p = record_params(rc); *p; p++, count++) {
		const char *equals = strchr(*p, '=');

		require(equals && equals > *p);
		buf_add(said, *p, strlen(*p) + 1);
	}
	require(count <= RECORD_PARAMS);
	buf_str(said, body);
}

/* What is said of the stream, and the events as bytes. */
static void read_in_pieces(const char *bytes, size_t n, size_t piece, struct buf *said)
{
	static const struct record_limits limits = { BODY_MAX, 100 };
	struct record rc = { 0 };
	enum record_news news = RECORD_NOTHING;
	bool serving = false;

	for (size_t at = 0; at < n && news != RECORD_BROKEN; at += piece) {
		struct str part = { NULL, n - at < piece ? n - at : piece };
		char *own = must_alloc(part.n);

		memcpy(own, bytes + at, part.n);
		part.p = own;
		do {
			struct record_event e;

			news = record_eat(&rc, &limits, &part, &e);
			if (news == RECORD_NOTHING)
				break;
			buf_byte(said, (char)news);
			buf_add(said, e.reply, e.reply_n);
			require(e.reply_n <= sizeof e.reply);
			switch (news) {
			case RECORD_BEGINS: require(!serving); break;
			case RECORD_WHOLE:
				require(!serving);
				look_at_request(said, &rc);
				serving = true;
				/* Every second one is answered at once. */
				if (rc.request % 2) {
					record_next(&rc);
					serving = false;
				} else {
					record_release(&rc);
				}
				break;
			case RECORD_ABORTED:
				require(e.served == serving);
				serving = false;
				break;
			case RECORD_REFUSED:
				require(!serving && e.why && (e.status == 400 || e.status == 413));
				record_next(&rc);
				break;
			case RECORD_REPLY_DUE: require(e.reply_n >= RECORD_HEAD); break;
			default: break;
			}
		} while (news != RECORD_BROKEN);
		require(news == RECORD_BROKEN || part.n == 0);
		free(own);
	}
	record_clear(&rc);
	require(!rc.intake && !rc.values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf whole = BUF_INIT(64 << 20), pieces = BUF_INIT(64 << 20);

	if (n < 2)
		return 0;
	read_in_pieces((const char *)data + 1, n - 1, n - 1, &whole);
	read_in_pieces((const char *)data + 1, n - 1, data[0] % 32 + 1U, &pieces);
	require(str_eq(buf_as_str(&whole), buf_as_str(&pieces)));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
