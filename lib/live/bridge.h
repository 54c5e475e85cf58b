/* bridge.h - the door of the bridge: sockets instead of FastCGI requests.
 *
 * By the address a wire is asked for, one of the protocols takes it: /ws (live/native.h),
 * /socket.io/ (live/rooms.h), / (live/classic.h). It stands
 * behind the web server on a Unix socket, and on a port of its own where the settings say so. */
#ifndef LIVE_BRIDGE_H
#define LIVE_BRIDGE_H

#include "web/request.h"

/* Serves until SIGTERM; for `serve` of struct program. */
void bridge_serve(struct host *host);

#endif
