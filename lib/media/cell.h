/* cell.h - what a child of the clerk gives up before it looks at a file. */
#ifndef MEDIA_CELL_H
#define MEDIA_CELL_H

#include <stdbool.h>

enum { CELL_FILES = 3 }; /* the first number behind the standard streams */

/* Closes every file from that number on. */
void cell_close_from(int first);
/* From here on the process has only the files below `files_end`; little memory and time; and no
 * system call but those that read and write them. false: it could not be shut in. */
bool cell_enter(int files_end);

#endif
