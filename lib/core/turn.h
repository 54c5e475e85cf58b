/* turn.h - how many threads of a process look for work at once.
 *
 * A program has more threads than the machine has cores, for most of them wait: for the database, a
 * slow sender, a password's turn. But a thread that runs while all cores are busy already only
 * takes them away from the others, and from the web server. So a thread takes its turn before it
 * accepts a request, and passes it on where it is about to wait; one that never waits goes from
 * request to request without anybody being woken. Measured with no-op requests, two cores, 32
 * connections: eight threads without turns 0.85 of a bare libfcgi program's rate, with them 1.0.
 *
 * Not a lock: whoever has passed the turn on works to the end of its request without one. */
#ifndef CORE_TURN_H
#define CORE_TURN_H

#include <stdbool.h>

/* So many turns there are; none before that, and for who never takes one. Who has waited for
 * `idle_s` seconds is idle. `nobody` is called when a turn is passed on and nobody waits for it,
 * but not after turn_close(): who is there then is enough. */
void turn_open(int n, int idle_s, void (*nobody)(void));
/* Waits for a turn, unless the thread still has it. false: it was idle, or there is none to come
 * after turn_close(). */
bool turn_take(void);
/* The thread is about to wait, or ends. Harmless when it has no turn. */
void turn_pass(void);
void turn_close(void);

#endif
