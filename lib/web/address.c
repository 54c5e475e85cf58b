#include "web/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { FORWARDED_MAX = 64 };

/* Both kinds as 16 bytes, IPv4 in its mapped form. */
static bool parse(struct str s, struct in6_addr *out)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];
	struct in_addr four;

	if (!s.p || s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (inet_pton(AF_INET, text, &four) == 1) {
		memcpy(out->s6_addr, mapped, sizeof mapped);
		memcpy(out->s6_addr + sizeof mapped, &four, sizeof four);
		return true;
	}
	return inet_pton(AF_INET6, text, out) == 1;
}

bool address_listed(struct str list, struct str address)
{
	struct in6_addr one, other;

	if (!parse(address, &one))
		return false;
	while (list.p)
		if (parse(str_trim(str_cut(&list, ' ')), &other) &&
			memcmp(&one, &other, sizeof one) == 0)
			return true;
	return false;
}

struct str address_forwarded(struct str proxies, struct str remote, struct str forwarded)
{
	struct in6_addr ignored;

	for (int i = 0; i < FORWARDED_MAX && forwarded.n; i++) {
		const char *comma = memrchr(forwarded.p, ',', forwarded.n);
		size_t from = comma ? (size_t)(comma - forwarded.p) + 1 : 0;
		struct str last = str_trim((struct str){ forwarded.p + from, forwarded.n - from });

		if (!parse(last, &ignored))
			break;
		remote = last;
		if (!address_listed(proxies, last))
			break;
		forwarded.n = from ? from - 1 : 0;
	}
	return remote;
}

bool address_is_loopback(struct str address)
{
	struct in6_addr a;

	if (!parse(address, &a))
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a))
		return a.s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(&a);
}

struct str address_key(struct arena *a, struct str address)
{
	struct in6_addr in;
	char *key;

	if (!parse(address, &in))
		return (struct str){ NULL, 0 };
	key = arena_alloc(a, sizeof in);
	memcpy(key, &in, sizeof in);
	return (struct str){ key, IN6_IS_ADDR_V4MAPPED(&in) ? sizeof in : 8 };
}
