/* jail.h - what a web program gives up once it has started. */
#ifndef WEB_JAIL_H
#define WEB_JAIL_H

#include "web/request.h"

/* From here on the process can gain no rights, start no program, and open no file but those of its
 * job: its settings and the private signing keys are closed to it (all but `account`), and so is
 * the rest of the disk. By Landlock, where the kernel has it; the log says what stands. */
void jail_enter(const struct host *host);

#endif
