/* Cookie headers as they come: what is found stands in the header behind its name, as the first of
 * that name, and holds no separator. */
#include "web/cookie.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct request *rq, struct str header, const char *name)
{
	struct str value = request_cookie(rq, name);
	size_t n = strlen(name);

	if (!value.p) {
		/* Whole and alone it would have been found. */
		if (str_starts(header, name) && header.n > n && header.p[n] == '=')
			abort();
		return;
	}
	if (value.p < header.p + n + 1 || value.p + value.n > header.p + header.n)
		abort();
	if (memcmp(value.p - n - 1, name, n) != 0 || value.p[-1] != '=')
		abort();
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == ';' || value.p[i] == 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char lead[] = "HTTP_COOKIE=";
	char *param = malloc(sizeof lead + size), *params[] = { param, NULL };
	struct gate gate = { .params = params };
	struct request rq = { .gate = &gate };
	struct str header;

	memcpy(param, lead, sizeof lead - 1);
	if (size)
		memcpy(param + sizeof lead - 1, data, size);
	param[sizeof lead - 1 + size] = 0;
	header = request_param(&rq, "HTTP_COOKIE");
	check(&rq, header, COOKIE_REFRESH);
	check(&rq, header, COOKIE_ACCESS);
	check(&rq, header, "a");
	free(param);
	return 0;
}
