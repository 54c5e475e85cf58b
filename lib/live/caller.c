#include "live/caller.h"

#include "core/arena.h"
#include "live/guest.h"
#include "live/http.h"
#include "live/wire.h"
#include "web/address.h"

enum { ADDRESS_BYTES = 64 };

/* The address: of the socket; behind a web server on our Unix socket, as that one says. */
static struct str address_of(
	const struct wire *w, const struct http_head *h, char *bytes, size_t n, bool *behind)
{
	struct str forwarded = http_value(h, "x-forwarded-for");
	struct str proxies = str_of(live_host(guest_live())->conf.trusted_proxies);

	*behind = !wire_address(w, bytes, n);
	if (*behind)
		return address_forwarded(proxies, STR("127.0.0.1"), forwarded);
	if (address_listed(proxies, str_of(bytes))) {
		*behind = true;
		return address_forwarded(proxies, str_of(bytes), forwarded);
	}
	return str_of(bytes);
}

struct caller *caller_copy(const struct caller *c)
{
	struct caller *copy =
		must_alloc(sizeof *c + c->address.n + c->host.n + c->base.n + c->user_agent.n + 1);
	char *to = (char *)(copy + 1);

	copy->address = str_keep(&to, c->address);
	copy->host = str_keep(&to, c->host);
	copy->base = str_keep(&to, c->base);
	copy->user_agent = str_keep(&to, c->user_agent);
	copy->secure = c->secure;
	return copy;
}

struct caller *caller_read(const struct wire *w, const struct http_head *h, struct str base)
{
	char address[ADDRESS_BYTES];
	bool behind;
	struct caller c = { .address = address_of(w, h, address, sizeof address, &behind),
		.host = http_value(h, "host"),
		.base = base,
		.user_agent = http_value(h, "user-agent") };

	c.secure = behind && str_is_nocase(http_value(h, "x-forwarded-proto"), "https");
	return caller_copy(&c);
}
