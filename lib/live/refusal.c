/* wire_refuse(): an answer that is a problem document. */
#include "live/wire.h"

void wire_refuse(struct wire *w, int status, const char *code, const char *detail)
{
	struct buf body = BUF_INIT(HTTP_HEAD_MAX);

	http_problem(&body, status, code, detail);
	wire_answer(w, status,
		status == 426 ? STR("Content-Type: application/problem+json\r\n"
				    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
			      : STR("Content-Type: application/problem+json\r\n"),
		buf_as_str(&body));
	buf_free(&body);
}
