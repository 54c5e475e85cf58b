/* auth.h - who is asking, and are they still let in?
 *
 * A token says who; its session may have ended since. Both are remembered: the token by its
 * SHA-256, with the value that the counter of ended sessions (data/news.h) had when its session was
 * last looked up. As long as the counter stands still a request costs neither a signature check nor
 * a query. When it moves, each session is looked up once again. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include "data/session.h"
#include "web/request.h"

/* Fills in rq->user_id and rq->session_id from the bearer token, or says ERR_UNAUTHORIZED. */
enum err auth_user(struct request *rq);

#endif
