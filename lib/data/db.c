#include "data/db.h"

#include "core/turn.h"
#include "data/rows.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PREPARED_FIRST = 32,
	STATEMENT_MAX = 65536,
	ATTEMPTS_MAX = 5,
	CONNECT_TIMEOUT_S = 3,
	ANSWER_TIMEOUT_S = 20,
};

struct db {
	const struct conf *conf;
	MYSQL *link; /* NULL: not connected */
	struct prepared {
		uint32_t key; /* of statement and number of rows; 0: free */
		MYSQL_STMT *statement;
	} * prepared;
	size_t slots, used; /* there are a power of two of them, at most half of them used */
	bool in_transaction, is_writer;
	bool committing; /* the transaction's COMMIT was sent */
	int64_t changed, inserted;
	unsigned code;
	char problem[512];
};

/* Everything that depends on how a server is set up is said here, so that it depends on nothing. */
static const char session_settings[] =
	"SET SESSION sql_mode = 'TRADITIONAL,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
	"innodb_lock_wait_timeout = 3, autocommit = 1";
static const char session_isolation[] = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

struct db *db_new(const struct conf *c)
{
	struct db *db = must_alloc(sizeof *db);

	db->conf = c;
	return db;
}

struct db *db_new_writer(const struct conf *c)
{
	struct db *db = db_new(c);

	db->is_writer = true;
	return db;
}

static void disconnect(struct db *db)
{
	for (size_t i = 0; i < db->slots; i++)
		if (db->prepared[i].statement)
			mysql_stmt_close(db->prepared[i].statement);
	free(db->prepared);
	db->prepared = NULL;
	db->slots = db->used = 0;
	if (db->link)
		mysql_close(db->link);
	db->link = NULL;
	db->in_transaction = false;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	free(db);
}

const char *db_problem(struct db *db)
{
	return db->problem;
}

static bool is_lost(unsigned code)
{
	return code == CR_SERVER_GONE_ERROR || code == CR_SERVER_LOST ||
	       code == CR_SERVER_LOST_EXTENDED || code == CR_CONN_HOST_ERROR ||
	       code == CR_CONNECTION_ERROR || code == CR_SOCKET_CREATE_ERROR ||
	       code == CR_UNKNOWN_HOST || code == ER_SERVER_SHUTDOWN ||
	       code == ER_CON_COUNT_ERROR || code == ER_NEW_ABORTING_CONNECTION ||
	       code == ER_NORMAL_SHUTDOWN || code == ER_CONNECTION_KILLED ||
	       code == ER_TOO_MANY_USER_CONNECTIONS || code == CR_MALFORMED_PACKET ||
	       code == CR_COMMANDS_OUT_OF_SYNC;
}

static enum err failed(struct db *db, unsigned code, const char *words)
{
	db->code = code;
	snprintf(db->problem, sizeof db->problem, "%u %s", code, words);
	if (is_lost(code)) {
		disconnect(db);
		return ERR_DATABASE_AWAY;
	}
	switch (code) {
	case ER_DUP_ENTRY: return ERR_CONFLICT;
	case ER_LOCK_DEADLOCK:
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_CHECKREAD: return ERR_CONTENTION;
	default: return ERR_INTERNAL;
	}
}

static enum err connect_now(struct db *db)
{
	const struct conf *c = db->conf;
	unsigned connect_timeout = CONNECT_TIMEOUT_S, answer_timeout = ANSWER_TIMEOUT_S;
	MYSQL *m = mysql_init(NULL);
	enum err e;

	if (!m)
		return ERR_INTERNAL;
	mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
	mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &answer_timeout);
	mysql_options(m, MYSQL_OPT_WRITE_TIMEOUT, &answer_timeout);
	mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(m, MYSQL_INIT_COMMAND, session_settings);
	mysql_options(m, MYSQL_INIT_COMMAND, session_isolation);
	if (db->is_writer)
		mysql_options(m, MYSQL_INIT_COMMAND, "SET autocommit = 0");
	if (mysql_real_connect(m, c->db_socket[0] ? NULL : c->db_host, c->db_user, c->db_password,
		    c->db_name, (unsigned)c->db_port, c->db_socket[0] ? c->db_socket : NULL,
		    CLIENT_FOUND_ROWS)) {
		db->link = m;
		return OK;
	}
	e = failed(db, mysql_errno(m), mysql_error(m));
	mysql_close(m);
	/* Refused for any other reason (wrong password, no such database) it is just as absent to a
	 * caller. */
	return e == ERR_INTERNAL ? ERR_DATABASE_AWAY : e;
}

/* Whether an idle connection was closed by the other side. Nothing is expected on it, so anything
 * to read is the end. */
static bool is_stale(struct db *db)
{
	struct pollfd p = { .fd = (int)mysql_get_socket(db->link), .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

void db_rest(struct db *db)
{
	disconnect(db);
}

bool db_connected(struct db *db)
{
	return db->link && !is_stale(db);
}

static enum err ready(struct db *db)
{
	turn_pass(); /* before whatever is asked */
	if (db->link && !db->in_transaction && is_stale(db))
		disconnect(db);
	if (db->link)
		return OK;
	return db->in_transaction ? ERR_DATABASE_AWAY : connect_now(db);
}

/* Two threads may ask first: one number wins, the other stays unused. */
static int number_of(struct sql *q)
{
	static _Atomic int numbers = 0;
	int number = atomic_load(&q->number);

	if (number == 0) {
		int fresh = atomic_fetch_add(&numbers, 1) + 1;

		if (atomic_compare_exchange_strong(&q->number, &number, fresh))
			number = fresh;
	}
	return number;
}

/* The slot of a statement for that many rows; an empty one where it is not prepared yet. */
static struct prepared *slot_of(struct db *db, uint32_t key)
{
	size_t i = key * 2654435761u;

	while (db->prepared[i % db->slots].key != key && db->prepared[i % db->slots].key != 0)
		i++;
	return &db->prepared[i % db->slots];
}

static void make_room(struct db *db)
{
	struct prepared *old = db->prepared;
	size_t n = db->slots;

	if (2 * (db->used + 1) <= n)
		return;
	db->slots = n ? 2 * n : PREPARED_FIRST;
	db->prepared = must_alloc(sizeof *db->prepared * db->slots);
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			*slot_of(db, old[i].key) = old[i];
	free(old);
}

void sql_write(struct buf *to, const struct sql *q, size_t rows)
{
	buf_z(to, q->text);
	for (size_t i = 0; q->row && i < rows; i++) {
		if (i)
			buf_z(to, q->between);
		buf_z(to, q->row);
	}
	if (q->row)
		buf_z(to, q->tail);
}

static size_t marks(const char *text)
{
	size_t n = 0;

	for (; text && *text; text++)
		n += *text == '?';
	return n;
}

size_t sql_values(const struct sql *q, size_t rows)
{
	return marks(q->text) + marks(q->row) * rows + marks(q->tail);
}

static enum err failed_statement(struct db *db, MYSQL_STMT *s)
{
	char words[sizeof db->problem];

	snprintf(words, sizeof words, "%s", mysql_stmt_error(s));
	return failed(db, mysql_stmt_errno(s), words);
}

static enum err prepare(struct db *db, struct sql *q, size_t rows, MYSQL_STMT **out)
{
	uint32_t key = (uint32_t)number_of(q) * (DB_ROWS_MAX + 1) + (uint32_t)rows;
	struct buf text = BUF_INIT(STATEMENT_MAX);
	MYSQL_STMT *s;
	enum err e = OK;

	make_room(db);
	*out = slot_of(db, key)->statement;
	if (*out)
		return OK;
	s = mysql_stmt_init(db->link);
	if (!s)
		return ERR_INTERNAL;
	sql_write(&text, q, rows);
	if (text.over)
		abort();
	if (mysql_stmt_prepare(s, text.p, text.n)) {
		char words[sizeof db->problem];
		unsigned code = mysql_stmt_errno(s);

		snprintf(words, sizeof words, "%s", mysql_stmt_error(s));
		mysql_stmt_close(s);
		e = failed(db, code, words);
	} else {
		*slot_of(db, key) = (struct prepared){ key, s };
		db->used++;
		*out = s;
	}
	buf_free(&text);
	return e;
}

/* Not on the stack: the few that are many would cost every thread as much, since the compiler's
 * guard touches each page of it. */
static bool bind_args(MYSQL_STMT *s, const struct arg *args, size_t n)
{
	MYSQL_BIND *bind = must_alloc(sizeof *bind * n);
	bool bound;

	for (size_t i = 0; i < n; i++)
		switch (args[i].kind) {
		case ARG_NULL: bind[i].buffer_type = MYSQL_TYPE_NULL; break;
		case ARG_INT:
			bind[i].buffer_type = MYSQL_TYPE_LONGLONG;
			bind[i].buffer = (void *)(uintptr_t)&args[i].n;
			break;
		case ARG_TEXT:
		case ARG_BYTES:
			bind[i].buffer_type =
				args[i].kind == ARG_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
			bind[i].buffer = (void *)(uintptr_t)args[i].s.p;
			bind[i].buffer_length = args[i].s.n;
			break;
		}
	bound = mysql_stmt_bind_param(s, bind) == 0;
	free(bind);
	return bound;
}

static enum err execute(struct db *db, struct sql *q, size_t rows, const struct arg *args, size_t n,
	MYSQL_STMT **out)
{
	MYSQL_STMT *s = NULL;
	enum err e = ready(db);

	if (e == OK)
		e = prepare(db, q, rows, &s);
	if (e != OK)
		return e;
	if (n != mysql_stmt_param_count(s))
		abort();
	if ((n && !bind_args(s, args, n)) || mysql_stmt_execute(s))
		return failed_statement(db, s);
	*out = s;
	return OK;
}

enum err db_run_rows(struct db *db, struct sql *q, size_t rows, const struct arg *args, size_t n)
{
	MYSQL_STMT *s;
	enum err e = execute(db, q, rows, args, n, &s);

	if (e != OK)
		return e;
	db->changed = (int64_t)mysql_stmt_affected_rows(s);
	db->inserted = (int64_t)mysql_stmt_insert_id(s);
	return OK;
}

static enum err select_once(struct db *db, struct arena *a, struct sql *q, size_t per,
	struct rows *rows, const struct arg *args, size_t n)
{
	MYSQL_STMT *s;
	int more;
	enum err e = execute(db, q, per, args, n, &s);

	memset(rows, 0, sizeof *rows);
	if (e != OK)
		return e;
	if (!rows_fetch(s, a, rows))
		return failed_statement(db, s);
	/* Behind the rows of a block comes that it has ended. */
	while ((more = mysql_stmt_next_result(s)) == 0)
		;
	if (more > 0)
		return failed_statement(db, s);
	mysql_stmt_free_result(s);
	return OK;
}

enum err db_select_rows(struct db *db, struct arena *a, struct sql *q, size_t per,
	struct rows *rows, const struct arg *args, size_t n)
{
	bool alone = !db->in_transaction;
	enum err e = select_once(db, a, q, per, rows, args, n);

	return e == ERR_DATABASE_AWAY && alone ? select_once(db, a, q, per, rows, args, n) : e;
}

enum err db_commit_with(struct db *db, struct arena *a, struct sql *q, struct rows *rows,
	const struct arg *args, size_t n)
{
	db->committing = true;
	return select_once(db, a, q, 1, rows, args, n);
}

int64_t db_changed(struct db *db)
{
	return db->changed;
}

int64_t db_inserted(struct db *db)
{
	return db->inserted;
}

/* "Duplicate entry '…' for key 'name'": the name ends the message, so what the entry holds cannot
 * pose as it. */
bool db_unknown(struct db *db)
{
	return db->code == ER_PARSE_ERROR || db->code == ER_UNSUPPORTED_PS;
}

bool db_signalled(struct db *db)
{
	return db->code == ER_SIGNAL_EXCEPTION;
}

bool db_null(struct db *db)
{
	return db->code == ER_BAD_NULL_ERROR;
}

bool db_duplicate(struct db *db, const char *key)
{
	char tail[80];
	size_t n = (size_t)snprintf(tail, sizeof tail, "'%s'", key), all = strlen(db->problem);

	return db->code == ER_DUP_ENTRY && all > n && strcmp(db->problem + all - n, tail) == 0;
}

static enum err plain(struct db *db, const char *words)
{
	return mysql_query(db->link, words)
		       ? failed(db, mysql_errno(db->link), mysql_error(db->link))
		       : OK;
}

static enum err begin(struct db *db)
{
	enum err e = ready(db);

	if (e == OK && !db->is_writer)
		e = plain(db, "START TRANSACTION");
	/* Nothing had been done yet, so a connection that broke here is simply made anew. */
	if (e == ERR_DATABASE_AWAY && !db->is_writer) {
		e = ready(db);
		if (e == OK)
			e = plain(db, "START TRANSACTION");
	}
	db->in_transaction = e == OK;
	db->committing = false;
	return e;
}

enum err db_commit(struct db *db)
{
	db->committing = true;
	return plain(db, "COMMIT");
}

size_t db_rows_of(size_t rest)
{
	size_t n = DB_ROWS_MAX;

	while (n > rest)
		n /= 2;
	return n;
}

enum err db_transaction(struct db *db, enum err (*body)(struct db *, void *),
	enum err (*happened)(struct db *, void *), void *context)
{
	enum err e = ERR_INTERNAL;

	for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		e = begin(db);
		if (e != OK)
			return e;
		e = body(db, context);
		if (e == OK && !db->committing)
			e = db_commit(db);
		if (e == OK || (e == ERR_DATABASE_AWAY && db->committing)) {
			db->in_transaction = false;
			if (e == OK)
				return OK;
			e = happened ? happened(db, context) : ERR_OUTCOME_UNKNOWN;
			if (db->is_writer && db->link)
				plain(db, "ROLLBACK"); /* of what was only read */
			if (e == ERR_NOT_FOUND)
				continue;
			return e == OK ? OK : ERR_OUTCOME_UNKNOWN;
		}
		db->in_transaction = false;
		if (db->link && plain(db, "ROLLBACK") != OK)
			disconnect(db);
		if (e != ERR_CONTENTION)
			return e;
	}
	return e;
}

enum err db_ping(struct db *db)
{
	enum err e = ready(db);

	if (e == OK && mysql_ping(db->link))
		e = failed(db, mysql_errno(db->link), mysql_error(db->link));
	return e == OK ? OK : ERR_DATABASE_AWAY;
}
