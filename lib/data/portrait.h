/* portrait.h - the pictures of people and chats.
 *
 * An imagePath may be any address. Where it is that of a picture which the one who sets it has
 * uploaded here, everybody may see that picture from then on; somebody else's file does not open
 * itself to the world by being named. Inside the transaction that sets the path, before it does. */
#ifndef DATA_PORTRAIT_H
#define DATA_PORTRAIT_H

#include "data/db.h"

enum err portrait_of_user(struct db *db, int64_t user_id, struct str path);
/* Set anew to what it is already, by whomever, it stays what it is. */
enum err portrait_of_chat(struct db *db, int64_t chat_id, int64_t user_id, struct str path);

#endif
