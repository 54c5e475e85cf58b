#include "media/sniff.h"

#include <magic.h>
#include <stdio.h>
#include <unistd.h>

static magic_t magic;

void sniff_open(void)
{
	magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF);
	if (magic && magic_load(magic, NULL)) {
		magic_close(magic);
		magic = NULL;
	}
}

enum err sniff(int file, char mime[CLERK_MIME])
{
	static char head[SNIFF_BYTES];
	ssize_t n = pread(file, head, sizeof head, 0);
	const char *found = magic && n >= 0 ? magic_buffer(magic, head, (size_t)n) : NULL;

	if (!found)
		return ERR_INTERNAL;
	snprintf(mime, CLERK_MIME, "%s", found);
	return OK;
}
