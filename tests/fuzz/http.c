/* The head of an HTTP request, whatever it is: what is taken is sane, and reading it byte by byte
 * comes to the same. */
#include "live/http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct http_head h;
	char accept[HTTP_ACCEPT_BYTES];
	struct arena a;
	size_t used = 0, again = 0;
	int status = http_read(bytes, &h, &used), early = 0;

	for (size_t n = 0; n < size && !early; n++)
		early = http_read((struct str){ bytes.p, n }, &h, &again);
	must(!early || early == status || (status == 0 && early == 431) || early == 1);
	must(early != 1 || (status == 1 && again == used));
	status = http_read(bytes, &h, &used);
	must(status == 0 || status == 1 || (status >= 400 && status < 500));
	if (status != 1)
		return 0;
	must(used <= size && used <= HTTP_HEAD_MAX && h.n <= HTTP_HEADERS_MAX && h.length >= 0);
	must(h.path.n > 0 && h.path.p[0] == '/' && h.method.n > 0);
	for (size_t i = 0; i < h.n; i++)
		must(h.headers[i].name.n > 0 &&
			!memchr(h.headers[i].value.p, '\n', h.headers[i].value.n));
	arena_init(&a);
	http_query(&h, &a, "sid");
	http_query(&h, &a, "transport");
	if (http_accept(&h, accept))
		must(http_upgrades(&h) && strlen(accept) == HTTP_ACCEPT_BYTES - 1);
	arena_free(&a);
	return 0;
}
