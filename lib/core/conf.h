/* conf.h - the settings: an INI file, each value with a default and an override from the
 * environment.
 *
 * All settings are one table in conf.c; `bellhop config` prints it. Every process reads the same
 * file once at its start and knows two things: what all share, and its own database account. An
 * unknown name or a bad value is named with its line and stops the start. */
#ifndef CORE_CONF_H
#define CORE_CONF_H

#include "core/buf.h"

enum { CONF_TEXT_MAX = 512 };

struct conf {
	char file[CONF_TEXT_MAX]; /* where it was read from; "" when there was none */

	/* [database] */
	char db_socket[108], db_host[256], db_name[65];
	char db_user[81], db_password[129];   /* of this program, or the one shared account */
	char own_user[81], own_password[129]; /* as its section says them; "" where it does not */
	char db_admin_user[81], db_admin_password[129]; /* for `bellhop migrate` alone */
	int64_t db_port, db_idle_s;

	/* [paths] */
	char run_dir[CONF_TEXT_MAX], keys_dir[CONF_TEXT_MAX], files_dir[CONF_TEXT_MAX];
	char log_file[CONF_TEXT_MAX], schema_dir[CONF_TEXT_MAX];

	/* [http] */
	char origins[CONF_TEXT_MAX], trusted_proxies[CONF_TEXT_MAX], metrics_token[129];

	/* [tokens] and [passwords] */
	int64_t access_s, refresh_days;
	char password_scheme[16];
	int64_t password_places;

	/* [limits], each a number of tries in a span; 0 switches one off */
	int64_t login_tries, registrations, messages, messages_burst, waits, places, sockets,
		writes, writes_burst, reads, reads_burst;

	int64_t lobby, away_s, log_days; /* [site] */

	/* [uploads], sizes in MB */
	int64_t image_mb, audio_mb, video_mb, document_mb, quota_mb;
	int64_t megapixels, uploads, unused_days;
	char upload_types[CONF_TEXT_MAX]; /* by their words in lib/media/types.c */
	/* [bridge] */
	int64_t bridge_on, bridge_port, bridge_recovery;
	char bridge_socket[108], bridge_address[64];

	int64_t threads; /* [PROGRAM] */
};

/* Reads the file named by BELLHOP_CONF (none: defaults and environment alone) as the program of
 * this name sees it. On failure `problem` says what is wrong and where. */
bool conf_read(struct conf *c, const char *program, struct buf *problem);
/* The database account of `program` in the same file: its own (true), or the one that all share
 * (false). To be asked only after conf_read() found nothing wrong. */
bool conf_account(const char *program, char user[81], char password[129]);
/* Every setting with default and meaning, as an INI file that says the defaults. */
void conf_describe(struct buf *to);
/* The programs that may have a section (and so a database account) of their own; ends with NULL. */
extern const char *const conf_programs[];

#endif
