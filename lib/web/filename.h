/* filename.h - names of files: as they come in, in headers of several ages, and as they go out.
 *
 * A name is for people to read and for a browser to save under; nothing on this server is ever
 * called by it. */
#ifndef WEB_FILENAME_H
#define WEB_FILENAME_H

#include "core/arena.h"

enum { FILENAME_MAX_BYTES = 255 };

/* The value of a parameter behind a header's first word: `; name="…"`, or without quotes. Absent
 * where there is none. The text is as it stands, backslashes included. */
struct str header_parameter(struct str header, const char *name);
/* The name of a file in a Content-Disposition, filename* before filename, as bytes. false: there is
 * none. */
bool filename_sent(struct str disposition, char *to, size_t max, size_t *n);
/* A name that can be shown and saved: valid UTF-8 of at most FILENAME_MAX_BYTES, its end kept where
 * it is cut; no path, nothing unprintable, nothing that turns the direction of writing. Where
 * nothing is left it is `otherwise`. */
struct str filename_clean(struct arena *a, struct str name, const char *otherwise);
/* A Content-Disposition (RFC 6266): the name in ASCII for old clients, and as it is. */
struct str filename_disposition(struct arena *a, struct str name, bool inline_);

#endif
