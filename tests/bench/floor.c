/* floor - the least that a FastCGI program on libfcgi can do: read the request, answer the same
 * bytes. What it reaches behind a web server is the measure for our own programs there.
 *
 * Descriptor 0 is the listening socket; the argument is the number of threads. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LISTENING = 0 };

static void *serve(void *unused)
{
	static const char body[] = "{\"id\":1234567,\"ok\":true}";
	char in[4096];
	FCGX_Request r;

	(void)unused;
	FCGX_InitRequest(&r, LISTENING, 0);
	while (FCGX_Accept_r(&r) == 0) {
		while (FCGX_GetStr(in, sizeof in, r.in) > 0)
			continue;
		FCGX_FPrintF(r.out,
			"Status: 200 OK\r\nContent-Type: application/json\r\n"
			"Content-Length: %d\r\n\r\n%s",
			(int)sizeof body - 1, body);
		FCGX_Finish_r(&r);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 8;
	pthread_t one;

	FCGX_Init();
	for (long i = 1; i < threads; i++)
		if (pthread_create(&one, NULL, serve, NULL)) {
			perror("floor: a thread cannot be started");
			return 1;
		}
	serve(NULL);
	return 0;
}
