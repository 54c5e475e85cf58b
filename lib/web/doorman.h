/* doorman.h - holds the doors of the programs, their listening sockets, and has somebody behind
 * each.
 *
 * A program that dies is started again at once, on the socket it had: whoever knocks meanwhile
 * waits in line instead of being refused. What systemd's socket units do on a server, for anybody's
 * machine. */
#ifndef WEB_DOORMAN_H
#define WEB_DOORMAN_H

#include <stdbool.h>
#include <stddef.h>

/* For each path of a program one Unix socket in run_dir, NAME.sock; then all of them run until
 * SIGTERM or SIGINT, which each gets and may take its time over. SIGHUP is passed on. Programs
 * speak and die on standard error. Answers false, with words on standard error, when it cannot
 * begin. */
bool doorman(const char *run_dir, char **paths, size_t n);

#endif
