/* The main() that all web programs share: settings, log, page and keys, then requests until the
 * end.
 *
 * The same binary serves FastCGI, when descriptor 0 is a listening socket, with a number of
 * threads; and else one CGI request from its environment and standard input. A daemon serves on
 * sockets of its own, whatever descriptor 0 is. It has no header:
 * nothing calls it, and a test that has a main() of its own links the library without it. */
#include "core/log.h"
#include "data/event.h"
#include "data/user.h"
#include "web/app.h"
#include "web/crew.h"
#include "web/gate.h"
#include "web/jail.h"
#include "web/keys.h"
#include "web/limit.h"
#include "web/route.h"

#include <errno.h>
#include <malloc.h>
#include <mysql.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void serve_cgi(struct host *host)
{
	struct worker w;
	struct gate gate;

	worker_init(&w, host);
	gate_cgi(&gate);
	serve(&w, &gate);
	gate_cgi_done(&gate);
	worker_free(&w);
}

/* Without its shared page a program works alone: limits hold per process then, and a logout
 * elsewhere is noticed a second later. Better than no service, and worth a line in the log. */
static struct page *open_page(const char *run_dir)
{
	struct page *p = page_open(run_dir);

	if (p)
		return p;
	log_say("warning", "no shared page in %s (%s): limits hold for this process alone", run_dir,
		strerror(errno));
	p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static bool prepare(struct host *host)
{
	struct buf problem = BUF_INIT(4096);
	bool needs_keys = false, good;
	const char *why = NULL;

	good = conf_read(&host->conf, host->program->name, &problem);
	if (!good)
		log_say("error", "settings: %.*s", (int)problem.n, problem.p);
	buf_free(&problem);
	if (!good)
		return false;
	if (!log_open(host->conf.log_file, host->program->name))
		log_say("warning", "the log %s cannot be opened: %s", host->conf.log_file,
			strerror(errno));
	host->page = open_page(host->conf.run_dir);
	if (host->program->tapes)
		host->tape = tape_open(host->conf.run_dir);
	event_watch(host->page, host->tape);
	host->metrics = limit_counters(host);
	for (const struct route *r = host->program->routes; r->method; r++)
		needs_keys = needs_keys || r->auth != AUTH_NONE;
	if (needs_keys)
		host->keys = keys_open(host->conf.keys_dir, host->program->signs, &why);
	if (needs_keys && !host->keys)
		log_say("error", "keys: %s: %s", host->conf.keys_dir, why);
	if (!host->page || (needs_keys && !host->keys))
		return false;
	user_presence(host->page, host->conf.away_s);
	jail_enter(host);
	return true;
}

int main(int argc, char **argv)
{
	struct host host = { .program = &program };
	struct buf text = BUF_INIT(1 << 20);

	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		route_describe(&program, &text);
		fwrite(text.p, 1, text.n, stdout);
		buf_free(&text);
		return 0;
	}
	/* Both are errors of a write, and told as such: whoever reads is gone, and the host lets no
	 * file grow further. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Small threads: one heap is enough. And of OpenSSL's errors the numbers will do; their
	 * words are 0.15 MB. */
	mallopt(M_ARENA_MAX, 1);
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
	if (!prepare(&host))
		return 1;
	mysql_library_init(0, NULL, NULL);
	if (program.open)
		program.open(&host);
	if (program.is_daemon || gate_is_fastcgi())
		(program.serve ? program.serve : crew_serve)(&host);
	else
		serve_cgi(&host);
	if (program.close)
		program.close();
	mysql_library_end();
	keys_free(host.keys);
	free(host.metrics);
	if (host.tape)
		tape_close(host.tape);
	munmap(host.page, sizeof *host.page);
	return 0;
}
