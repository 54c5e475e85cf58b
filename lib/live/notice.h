/* notice.h - what of the stream a person should notice: a message of somebody else, an invitation.
 *
 * One notice is the JSON of its members, the same for all who get it:
 * {"kind":"message","chatId":5,"title":"Леся Українка","body":"…","at":"…"}. */
#ifndef LIVE_NOTICE_H
#define LIVE_NOTICE_H

#include "live/hub.h"

/* Who said it, of an event `message`. */
int64_t notice_author(const struct hub_event *e);
/* Of that event. The JSON lives until the next call, here and below. */
struct str notice_of_message(const struct hub_event *e);
/* Of an event `chat`, for that person, who has come into it. */
struct str notice_of_chat(const struct hub_event *e, int64_t user_id);

#endif
