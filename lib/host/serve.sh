#!/usr/bin/env bash
# serve.sh run|start|stop: a whole site of its own in one folder, for anybody's machine: private MariaDB, lighttpd and
# the programs. run stays in the foreground until Ctrl-C, start returns when the site answers, stop when it is gone.
# Not for a server that has a web server and a database already: see `make install`.
#
# By environment: PORT (8080), ADDRESS (127.0.0.1; 0.0.0.0 for all), VAR (var: the folder), BIN (the programs),
# DB_POOL (128M: memory for the database), DISK_MIN_MIB (least free disk).
#
# How it holds together:
# - One process, the keeper, starts the others and stops them in order. It holds a lock on VAR/run/lock for as long
#   as it lives, so who has the lock is alone, and a lock that is free means that no keeper lives.
# - All that it starts carries BELLHOP_SITE=VAR in its environment, and that is how it is found again. Pid files
#   would miss what was started a moment before a kill -9, and would point to strangers after a restart. The web
#   programs hide their environment (they are not dumpable); the session in which they live finds them.
# - Everything in VAR is made under another name and renamed, or made again at each start.
#
# prepare.sh has what happens before anything is started, processes.sh how processes are started, found and ended.
set -eu -o pipefail
umask 077
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
source "$root/lib/host/prepare.sh"
source "$root/lib/host/processes.sh"
PORT=${PORT:-8080} ADDRESS=${ADDRESS:-127.0.0.1} VAR=${VAR:-var} BIN=${BIN:-$root/.build/release/bin}

# Every wait has an end, in seconds. The database may have a long log to replay after a crash.
wait_database=300
wait_answer=30
wait_web_stop=10
wait_programs_stop=10
wait_database_stop=60
# What all of these come to, for those who wait for the keeper itself.
wait_keeper_stop=90

main() {
	check_arguments
	case ${1-} in
	run) keep ;;
	start) start ;;
	keep-in-background) keep_in_background ;;
	stop) stop ;;
	*) complain "usage: serve.sh run|start|stop" ;;
	esac
}

complain() {
	printf '%s\n' "$@" >&2
	exit 1
}

check_arguments() {
	[[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] && [ "$PORT" -le 65535 ] ||
		complain "PORT=$PORT is not a port. Take a number from 1 to 65535, for example PORT=8080."
	[[ $ADDRESS =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] ||
		complain "ADDRESS=$ADDRESS is not an IPv4 address. 127.0.0.1 is this machine alone, 0.0.0.0 everybody."
	# Neither the settings file nor MariaDB's list of folders could hold these.
	[[ $VAR != *[[:cntrl:]\;\":]* ]] ||
		complain "VAR has a control character, one of ; : or a double quote in its name. Take a plainer one."
	VAR=$(realpath -m -- "$VAR")
	name_site
}

# Sets site, a name of VAR that is short enough for sockets: their names end at 107 bytes. A longer VAR is reached by
# a link in /tmp, which exists while the site runs.
name_site() {
	site=$VAR
	[ ${#VAR} -gt 80 ] || return 0
	site=/tmp/bellhop-$EUID-$(sha256sum <<<"$VAR" | head -c 16)
}

# --- run, start, stop ---------------------------------------------------------------------------------------------

keep() {
	trap 'echo "Stopping."; exit 0' HUP INT TERM
	trap 'exit 1' PIPE
	trap 'at_end $?' EXIT
	prepare
	bring_up
	ready
	watch_over
}

# The keeper of a site in the background: its words go to whoever started it until the site answers, then to a file.
keep_in_background() {
	ready() {
		echo "$answers"
		echo "$started_mark"
		exec >>"$VAR/log/serve.log" 2>&1
		echo "$(date -u +%FT%TZ) $answers"
	}
	keep
}
started_mark='bellhop: started'

ready() {
	echo "$answers Ctrl-C stops it."
}

start() {
	local keeper line
	# A session of its own: it outlives the terminal and hears no Ctrl-C.
	exec {words}< <(exec setsid "$root/lib/host/serve.sh" keep-in-background </dev/null 2>&1)
	keeper=$!
	trap 'kill -TERM $keeper 2>/dev/null || true' HUP INT TERM
	while IFS= read -r -u "$words" line; do
		[ "$line" != "$started_mark" ] || exit 0
		printf '%s\n' "$line"
	done
	exit 1
}

stop() {
	local found=no deadline=$((SECONDS + wait_keeper_stop))
	if [ ! -d "$VAR/run" ]; then
		echo "Nothing runs in $VAR."
		return 0
	fi
	[ -w "$VAR/run" ] || complain "$VAR belongs to somebody else ($(stat -c %U "$VAR")): stop the site as that user."
	exec {lock}<>"$VAR/run/lock"
	until flock -n "$lock"; do
		found=yes
		signal_keeper TERM
		flock -w 1 "$lock" && break
		[ $SECONDS -lt $deadline ] || signal_keeper KILL
		[ $SECONDS -lt $((deadline + 5)) ] || complain "Something still holds $VAR/run/lock; try again."
	done
	[ -z "$(ours)" ] || found=yes
	stop_all
	if [ $found = yes ]; then
		echo "Stopped."
	else
		echo "Nothing runs in $VAR."
	fi
}

# The pid in the file counts when that process has the lock open: only a keeper has, and for a moment another stop.
signal_keeper() {
	local keeper fd
	keeper=$(cat "$VAR/run/serve.pid" 2>/dev/null) || return 0
	for fd in "/proc/$keeper/fd"/*; do
		if [ "$fd" -ef "$VAR/run/lock" ]; then
			kill -s "$1" "$keeper" 2>/dev/null || true
			return 0
		fi
	done
}

# --- the database -------------------------------------------------------------------------------------------------

make_database() {
	[ ! -d "$VAR/db" ] || return 0
	local template
	template=$root/.build/db-template-$(mariadbd --version | sha256sum | head -c 12)
	rm -rf -- "$VAR"/db.new*
	if [ -w "$root/.build" ] || [ -d "$template" ]; then
		step "$root/lib/host/dbtemplate.sh" "$template"
		step cp -r --sparse=always --no-preserve=mode -- "$template" "$VAR/db.new" ||
			complain "The database could not be made (see above)."
	else
		step "$root/lib/host/dbtemplate.sh" "$VAR/db.new"
	fi
	chmod -R go= -- "$VAR/db.new"
	# On disk before it gets its name, so that a power cut leaves either nothing or all of it.
	sync -f "$VAR/db.new"
	mv -T -- "$VAR/db.new" "$VAR/db"
}

start_database() {
	local options=(
		--defaults-file="$root/lib/host/mariadb.cnf" --datadir="$VAR/db" --socket="$site/run/db.sock"
		--pid-file="$VAR/run/db.pid" --log-error="$VAR/log/mariadb.log" --secure-file-priv="$VAR/run"
		# A MariaDB that starts deletes the temporary tables in its tmpdir, whoever they belong to: never /tmp.
		--tmpdir="$VAR/run/db-tmp"
		--init-file="$VAR/run/db.init" --innodb-buffer-pool-size="${DB_POOL:-128M}"
	)
	[ "$EUID" -ne 0 ] || options+=(--user=root)
	rm -f -- "$VAR/run/db.ready" "$VAR/run/db.sock" "$VAR/run/db.pid"
	write_init_file || return 1
	cut_log "$VAR/log/mariadb.log"
	spawn TERM mariadbd "${options[@]}" >>"$VAR/log/mariadb.log"
	database=$spawned

	local deadline=$((SECONDS + wait_database))
	until [ -e "$VAR/run/db.ready" ]; do
		if ! running "$database"; then
			show_logs mariadb.log
			echo "MariaDB did not start." >&2
			return 1
		fi
		if [ $SECONDS -ge $deadline ]; then
			show_logs mariadb.log
			echo "MariaDB was not ready after $wait_database s." >&2
			stop_database
			return 1
		fi
		nap
	done
	rm -f -- "$VAR/run/db.init" "$VAR/run/db.ready"
}

# MariaDB carries this out before it takes the first connection: the settings file alone says who is admin, also after
# the password in it was changed. The last line tells us that it is done.
write_init_file() {
	local user password name
	user=$(sql_quoted "$(setting database admin_user)")
	password=$(sql_quoted "$(setting database admin_password)")
	name=$(setting database name)
	[ "$user" != "''" ] && [ "$password" != "''" ] || complain \
		"$VAR/bellhop.conf has no admin_user and admin_password in [database], without which this database has no owner." \
		"Write both there; any words will do."
	cat >"$VAR/run/db.init" <<-SQL
		CREATE DATABASE IF NOT EXISTS \`${name//\`/}\`;
		CREATE USER IF NOT EXISTS $user@localhost;
		ALTER USER $user@localhost IDENTIFIED BY $password;
		GRANT ALL ON *.* TO $user@localhost WITH GRANT OPTION;
		SELECT 1 INTO OUTFILE $(sql_quoted "$VAR/run/db.ready");
	SQL
}

sql_quoted() {
	local s=${1//\\/\\\\}
	printf "'%s'" "${s//\'/\'\'}"
}

# --- all of it ----------------------------------------------------------------------------------------------------

bring_up() {
	export BELLHOP_CONF=$site/bellhop.conf
	start_database || exit 1
	step "$BIN/bellhop" migrate || complain "The database could not be brought up to date (see above)."
	if [ -z "$(ls -A "$VAR/keys")" ]; then
		step "$BIN/bellhop" keys rotate || complain "The signing keys could not be made (see above)."
	fi
	start_programs || exit 1
	start_web || exit 1
}

start_programs() {
	local names name
	readarray -t names < <(wanted_programs)
	cut_log "$VAR/log/programs.log"
	spawn TERM "$BIN/bellhop" programs "$site/run" "${names[@]/#/$BIN/}" >>"$VAR/log/programs.log"
	programs=$spawned
	echo "$programs" >"$VAR/run/programs.sid"
	for name in "${names[@]}"; do
		until [ -S "$VAR/run/$name.sock" ]; do
			if ! running "$programs"; then
				show_logs programs.log
				echo "The programs did not start." >&2
				return 1
			fi
			nap
		done
	done
}

# All but the bridge, where it is switched off.
wanted_programs() {
	local on=${BELLHOP_BRIDGE_ON-$(setting bridge on)}
	if [ "${on:-1}" = 0 ]; then
		listed_programs | grep -vx bridge
	else
		listed_programs
	fi
}

start_web() {
	rm -f -- "$VAR/run/lighttpd.pid"
	cut_log "$VAR/log/lighttpd.log"
	BELLHOP_WWW=$root/www BELLHOP_HOME=$site ADDRESS=$ADDRESS PORT=$PORT \
		spawn INT lighttpd -D -f "$root/lighttpd.conf" >>"$VAR/log/lighttpd.log"
	web=$spawned

	local here=$ADDRESS deadline=$((SECONDS + wait_answer)) last=''
	[ "$ADDRESS" != 0.0.0.0 ] || here=127.0.0.1
	# lighttpd writes its pid once it has the port; before that somebody else could answer there.
	until [ -s "$VAR/run/lighttpd.pid" ] && last=$(health "$here") && [ "$last" = 200 ]; do
		if ! running "$web"; then
			show_logs lighttpd.log
			echo "lighttpd did not start." >&2
			return 1
		fi
		# Who dies meanwhile comes first.
		if ! running "$database" || ! running "$programs"; then
			stop_web
			return 1
		fi
		if [ $SECONDS -ge $deadline ]; then
			show_logs lighttpd.log programs.log bellhop.log
			echo "The site did not answer in $wait_answer s (last: ${last:-nothing})." >&2
			stop_web
			return 1
		fi
		nap
	done
	echo "http://$here:$PORT/" >"$VAR/run/address"
	answers="Bellhop answers at http://$here:$PORT/"
	[ "$ADDRESS" != 0.0.0.0 ] || answers+=" and at every other address of this machine"
	answers+=", its API is described at http://$here:$PORT/api/."
}

health() {
	curl -qsS --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' "http://$1:$PORT/api/v1/health" 2>&1
}

# What dies is started again, more slowly each time that something dies young. Several may die at once, and bash forgets
# who has died while it did something else: so all are looked at, those first that others need.
young=3 # seconds
watch_over() {
	local pause=0 since
	while :; do
		if ! running "$database"; then
			again MariaDB mariadb.log start_database
		elif ! running "$programs"; then
			stop_programs
			again "The programs' keeper" programs.log start_programs
		elif ! running "$web"; then
			again lighttpd lighttpd.log start_web
		else
			since=$SECONDS
			wait -n "$database" "$programs" "$web" || true
			[ $((SECONDS - since)) -lt "$young" ] || pause=0
		fi
	done
}

# again NAME LOG COMMAND: what does not succeed is tried again by and by, since a full disk or the like may pass.
again() {
	echo "$(date -u +%FT%TZ) $1 ended by itself and is started again; see $VAR/log/$2."
	pause_for "$pause"
	pause=$((pause < 16 ? 2 * pause + 1 : 30))
	"$3" || true
}

# A sleep that a signal ends at once.
pause_for() {
	sleep "$1" {lock}>&- &
	wait $! || true
}

at_end() {
	trap - EXIT
	trap '' HUP INT TERM
	[ -z "${stepping-}" ] || kill "$stepping" 2>/dev/null || true
	[ -n "${holding-}" ] || exit "$1"
	stop_all
	exit "$1"
}

# In order: no new requests and the running ones finished, then the programs, then the database under them.
stop_all() {
	stop_web
	stop_programs
	stop_database
	[ "$site" = "$VAR" ] || rm -f -- "$site"
	rm -f -- "$VAR"/run/*.sock "$VAR"/run/*.pid "$VAR"/run/*.sid \
		"$VAR"/run/db.init "$VAR"/run/db.ready "$VAR"/run/address
}

# lighttpd takes no more connections and ends when those it has are answered. Requests that wait for events are
# answered when their program is told to end.
stop_web() {
	ask INT lighttpd
	gone 1000 lighttpd || ask TERM programs
	gone $((wait_web_stop * 1000)) lighttpd || ask KILL lighttpd
}

stop_programs() { end TERM "$wait_programs_stop" programs; }

# MariaDB may hang for ever when it is told to end while it starts. It has served nobody then, so it is not asked.
stop_database() {
	if [ -e "$VAR/run/db.init" ] && [ ! -e "$VAR/run/db.ready" ]; then
		end KILL 5 mariadbd
	else
		end TERM "$wait_database_stop" mariadbd
	fi
}

main "$@"
