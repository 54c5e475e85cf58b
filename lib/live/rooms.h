/* rooms.h - the chats over Socket.IO: a socket hears all chats of its person, new ones included.
 *
 *     server  hello {cursor}; each event under its type, with its cursor; notification
 *             {kind,chatId,title,body,at} for what a person should notice
 *     client  chats users history message direct group join leave read typing request auth, each
 *             with an acknowledgement {ok:true,data} or {ok:false,error:{status,code,detail}}
 *
 * Connection state recovery comes from the log: a client that says its `pid` and the offset of the
 * last event it got hears what it missed, whichever process answers. */
#ifndef LIVE_ROOMS_H
#define LIVE_ROOMS_H

#include "live/http.h"

struct wire;

/* Before all others. recovery: whether clients are told how to recover. */
void rooms_start(int64_t payload_max, bool recovery);
void rooms_stop(void);

#endif
