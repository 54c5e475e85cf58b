/* rows.h - the answer of a select, from the client library into the arena. For db.c; who reads rows
 * uses db.h. */
#ifndef DATA_ROWS_H
#define DATA_ROWS_H

#include "data/db.h"

#include <mysql.h>

/* Reads all of it; false: the statement says why. */
bool rows_fetch(MYSQL_STMT *s, struct arena *a, struct rows *rows);

#endif
