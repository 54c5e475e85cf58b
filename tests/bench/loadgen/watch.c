/* Time, and what the servers use of the machine, from /proc. CPU has a resolution of 10 ms. */
#include "loadgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 64, NAME_MAX_N = 16 };

static struct server {
	int pid;
	char name[NAME_MAX_N];
	double cpu_s[2];
	long pss_kb[2];
} servers[SERVERS_MAX];
static int servers_n;
static double machine_s[2], own_s[2];

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void series_add(struct series *s, uint64_t ns)
{
	uint64_t us = ns / 1000;

	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 65536;
		s->us = realloc(s->us, s->room * sizeof *s->us);
		if (!s->us)
			exit(1);
	}
	s->us[s->n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void series_sort(struct series *s)
{
	if (s->n)
		qsort(s->us, s->n, sizeof *s->us, by_size);
}

double series_at(const struct series *s, double share)
{
	return s->n ? s->us[(size_t)(share * (double)(s->n - 1) + 0.5)] / 1000.0 : 0;
}

void watch_servers(const char *list)
{
	while (*list && servers_n < SERVERS_MAX) {
		struct server *s = &servers[servers_n++];
		const char *colon = strchr(list, ':');

		if (!colon) {
			fprintf(stderr, "loadgen: --pids wants name:pid,name:pid\n");
			exit(1);
		}
		snprintf(s->name, sizeof s->name, "%.*s", (int)(colon - list), list);
		s->pid = (int)strtol(colon + 1, NULL, 10);
		list = colon + 1 + strcspn(colon + 1, ",");
		list += *list == ',';
	}
}

/* utime and stime stand behind the name, which may hold anything. */
static double process_cpu_s(int pid)
{
	char path[64], text[1024], *p;
	unsigned long user = 0, kernel = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "loadgen: there is no process %d\n", pid);
		exit(1);
	}
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	p = strrchr(text, ')');
	if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			  &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* All of the machine: user nice system, then (behind idle and iowait) irq softirq steal. */
static double machine_cpu_s(void)
{
	unsigned long v[8] = { 0 };
	FILE *f = fopen("/proc/stat", "r");
	int got;

	if (!f)
		return 0;
	got = fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5,
		v + 6, v + 7);
	fclose(f);
	if (got != 8)
		return 0;
	return (double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static long pss_kb(int pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

void watch_cpu(enum mark mark)
{
	for (int i = 0; i < servers_n; i++)
		servers[i].cpu_s[mark] = process_cpu_s(servers[i].pid);
	machine_s[mark] = machine_cpu_s();
	own_s[mark] = own_cpu_s();
}

void watch_memory(enum mark mark)
{
	for (int i = 0; i < servers_n; i++)
		servers[i].pss_kb[mark] = pss_kb(servers[i].pid);
}

double watch_cpu_s(void)
{
	double s = 0;

	for (int i = 0; i < servers_n; i++)
		s += servers[i].cpu_s[END] - servers[i].cpu_s[BEGIN];
	return s;
}

/* Whether an earlier server has the same name; they are added up there. */
static bool counted(int i)
{
	for (int k = 0; k < i; k++)
		if (strcmp(servers[k].name, servers[i].name) == 0)
			return true;
	return false;
}

void watch_put_cpu(struct bytes *to)
{
	double own = own_s[END] - own_s[BEGIN], all = machine_s[END] - machine_s[BEGIN];

	bytes_format(to, ",\"srv_cpu_s\":%.2f,\"lg_cpu_s\":%.2f,\"other_cpu_s\":%.2f,\"cpu\":{",
		watch_cpu_s(), own, all - own - watch_cpu_s());
	for (int i = 0; i < servers_n; i++) {
		double s = 0;

		if (counted(i))
			continue;
		for (int k = i; k < servers_n; k++)
			if (strcmp(servers[k].name, servers[i].name) == 0)
				s += servers[k].cpu_s[END] - servers[k].cpu_s[BEGIN];
		bytes_format(to, "%s\"%s\":%.2f", i ? "," : "", servers[i].name, s);
	}
	bytes_text(to, "}");
}

void watch_put_memory(struct bytes *to)
{
	bytes_text(to, ",\"pss_kb\":{");
	for (int i = 0; i < servers_n; i++) {
		long begin = 0, end = 0;

		if (counted(i))
			continue;
		for (int k = i; k < servers_n; k++)
			if (strcmp(servers[k].name, servers[i].name) == 0) {
				begin += servers[k].pss_kb[BEGIN];
				end += servers[k].pss_kb[END];
			}
		bytes_format(to, "%s\"%s\":[%ld,%ld]", i ? "," : "", servers[i].name, begin, end);
	}
	bytes_text(to, "}");
}
