/* sniff.h - what a file is, by its first bytes, as libmagic says. A hint: what it says is a picture
 * may still be anything behind its head. Used by the clerk's children alone. */
#ifndef MEDIA_SNIFF_H
#define MEDIA_SNIFF_H

#include "media/clerk.h"

enum { SNIFF_BYTES = 65536 };

/* Once: loads what libmagic knows. */
void sniff_open(void);
enum err sniff(int file, char mime[CLERK_MIME]);

#endif
