/* gate.h - the two ways a request gets in: FastCGI connections, and one CGI request from the
 * process's own streams.
 *
 * libfcgi speaks the records; accepting is ours. Its own FCGX_Accept_r waits without end for a peer
 * that says nothing, cannot be woken without breaking a request that just begins, and uses
 * select(), which ends at 1,024 descriptors. */
#ifndef WEB_GATE_H
#define WEB_GATE_H

#include "web/request.h"

/* Whether descriptor 0 is a socket to accept connections on. */
bool gate_is_fastcgi(void);
/* The request of a CGI process. */
void gate_cgi(struct gate *g);
/* Behind its answer: takes what is left of a body that was refused. mod_cgid loses the answer of a
 * program that closes before all is sent. */
void gate_cgi_done(struct gate *g);

/* The ends of a gate with nobody behind it: `read` of a request without a body, and `write` that
 * keeps the answer in the struct buf that is its stream. */
int64_t gate_no_body(struct gate *g, char *to, size_t n);
bool gate_keep(struct gate *g, struct str bytes);
/* The variables of a request that will be at work when its client may be gone. */
char **gate_params_copy(struct arena *a, char **params);

struct gate_fastcgi;

/* One per worker thread. `rest` is called when it alone looks for work and there is none for long.
 */
struct gate_fastcgi *gate_fastcgi_new(void (*rest)(void *context), void *context);
void gate_fastcgi_free(struct gate_fastcgi *f);
/* The next request; false when the process is asked to end, or others are enough. */
bool gate_fastcgi_next(struct gate_fastcgi *f, struct gate *g);
/* After each request. */
void gate_fastcgi_done(struct gate_fastcgi *f);

/* Before any worker starts: after how many seconds a thread is idle, and who is told that all
 * threads have something to do. Then, once, to end: no worker accepts any more. */
void gate_init(int idle_s, void (*all_busy)(void));
void gate_close(void);

#endif
