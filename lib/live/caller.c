#include "live/caller.h"

#include "core/arena.h"
#include "live/guest.h"
#include "live/http.h"
#include "live/wire.h"
#include "web/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { ADDRESS_BYTES = 64 };

/* The other side of the socket; false: it is a Unix socket. */
static bool peer_address(const struct wire *w, char *to, size_t n)
{
	struct sockaddr_storage a = { 0 };
	socklen_t size = sizeof a;
	const struct sockaddr_in *four = (const void *)&a;
	const struct sockaddr_in6 *six = (const void *)&a;

	if (getpeername(wire_fd(w), (struct sockaddr *)&a, &size))
		return false;
	if (a.ss_family == AF_INET)
		return inet_ntop(AF_INET, &four->sin_addr, to, (socklen_t)n) != NULL;
	if (a.ss_family == AF_INET6)
		return inet_ntop(AF_INET6, &six->sin6_addr, to, (socklen_t)n) != NULL;
	return false;
}

/* The address: of the socket; behind a web server on our Unix socket, as that one says. */
static struct str address_of(
	const struct wire *w, const struct http_head *h, char *bytes, size_t n, bool *behind)
{
	struct str forwarded = http_value(h, "x-forwarded-for");
	struct str proxies = str_of(live_host(guest_live())->conf.trusted_proxies);

	*behind = !peer_address(w, bytes, n);
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
