/* cookie.h - the two cookies of the browser client.
 *
 * The refresh cookie goes to the refresh call only; no script can read it. The access cookie holds
 * an access token for what a page cannot send a header with (pictures, event streams) and is
 * honoured for nothing else. */
#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include "web/request.h"

#define COOKIE_REFRESH "bellhop_refresh"
#define COOKIE_ACCESS  "bellhop_access"

void cookie_set_session(struct request *rq, struct str access, struct str refresh);
void cookie_clear_session(struct request *rq);

#endif
