/* desk.h - serves the FastCGI requests of a program by one loop, as live/visit.h says. */
#ifndef LIVE_DESK_H
#define LIVE_DESK_H

#include "web/request.h"

/* Serves until SIGTERM, and finishes what is running; for `serve` of struct program. */
void desk_serve(struct host *host);

#endif
