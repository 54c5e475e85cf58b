/* walls.h - what a database account can see that it should not. */
#ifndef DATA_WALLS_H
#define DATA_WALLS_H

#include "data/db.h"

/* How many of the tables that only `account` may read the account of `c` can read; -1 where it
 * cannot connect. */
int walls_open(const struct conf *c);

#endif
