/* outbox.h - what waits to be sent on one non-blocking socket.
 *
 * Bytes go to the socket at once where it takes them; only what it does not take is copied. While
 * nothing waits, an outbox is a NULL pointer. It has no maximum: how much may wait is the caller's
 * to say, who knows whether more will come. */
#ifndef LIVE_OUTBOX_H
#define LIVE_OUTBOX_H

#include "core/str.h"

#include <sys/uio.h>

struct outbox;

/* Sends the parts behind what waits already; changes them. false: the socket is broken. */
bool outbox_send(struct outbox **o, int fd, struct iovec *parts, int n);
/* Sends what waits, as far as the socket takes it. false: the socket is broken. */
bool outbox_flush(struct outbox **o, int fd);
size_t outbox_bytes(const struct outbox *o);
void outbox_free(struct outbox **o);

#endif
