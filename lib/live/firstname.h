/* firstname.h - first names, where only full ones are at hand, and which chats are direct ones:
 * what the classic protocol says with every message, remembered for the process. */
#ifndef LIVE_FIRSTNAME_H
#define LIVE_FIRSTNAME_H

#include "core/str.h"

/* The first name of somebody with that full name. A name of two words says it itself; of a longer
 * one it must be known. Who is deleted goes by the words for that, whole. Absent: it has to be
 * asked. Good until the next call of any of these. */
struct str firstname_of(int64_t user_id, struct str full_name);
void firstname_learn(int64_t user_id, struct str first_name);
/* They may have another one now. */
void firstname_forget(int64_t user_id);
/* How often somebody was forgotten: what was asked before that may be out of date. */
unsigned firstname_changes(void);

enum chat_kind { CHAT_UNKNOWN, CHAT_DIRECT, CHAT_OTHER };

enum chat_kind chatkind_of(int64_t chat_id);
void chatkind_learn(int64_t chat_id, enum chat_kind kind);

/* Gives all memory back. */
void firstname_close(void);

#endif
