/* address.h - who is at the other end, as far as that can be known.
 *
 * The web server's REMOTE_ADDR counts. Where that is a proxy named in the settings, the last
 * address of X-Forwarded-For that is not such a proxy counts instead: what stands left of it, the
 * caller may have made up. */
#ifndef WEB_ADDRESS_H
#define WEB_ADDRESS_H

#include "core/arena.h"

/* Whether `address` is one of the addresses in `list`, separated by spaces. */
bool address_listed(struct str list, struct str address);
struct str address_forwarded(struct str proxies, struct str remote, struct str forwarded);
bool address_is_loopback(struct str address);
/* What a limit per address counts: an IPv4 address, or the /64 of an IPv6 address, which one
 * household has. Absent where it makes no sense. */
struct str address_key(struct arena *a, struct str address);

#endif
