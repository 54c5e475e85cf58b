#include "live/refusal.h"

void refusal_send(struct wire *w, int status, const char *code, const char *detail)
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

void refusal_of_bytes(struct wire *w, int status)
{
	if (status == 413 || status == 431)
		refusal_send(w, status, "too_large", "The request is larger than is taken here.");
	else if (status == 500)
		refusal_send(w, status, "internal", "Something went wrong on our side.");
	else
		refusal_send(w, status, "bad_request", "The request is malformed.");
}
