# prepare.sh, for serve.sh: what happens before anything is started. All that can be wrong is looked for and named, and
# VAR gets its folders, its settings file and its empty database.
# shellcheck shell=bash disable=SC2154,SC2034 # serve.sh has the variables

# In this order: what can be found wrong without changing anything comes first.
prepare() {
	check_tools
	check_built
	if [ -d "$VAR/run" ]; then
		check_owner
		take_lock
		end_orphans
	fi
	check_port
	check_disk
	make_folders
	[ -n "${lock-}" ] || take_lock
	echo $$ >"$VAR/run/serve.pid"
	link_site
	make_settings
	make_database
}

check_tools() {
	local tool
	# Debian keeps servers out of an ordinary user's PATH.
	PATH=$PATH:/usr/sbin:/sbin
	for tool in lighttpd mariadbd curl flock setsid setpriv; do
		command -v "$tool" >/dev/null || complain "$tool is not installed. Run: $root/lib/host/packages.sh run"
	done
}

check_built() {
	local program
	[ -d "$BIN" ] || complain "The programs are not built: there is no $BIN. Run: make"
	BIN=$(realpath -- "$BIN")
	for program in bellhop $(listed_programs); do
		[ -x "$BIN/$program" ] || complain "The programs are not built: there is no $BIN/$program. Run: make"
	done
}

# The programs that lighttpd.conf asks.
listed_programs() {
	sed -n 's|^[^#]*"socket" => home + "/run/\([a-z]*\)\.sock".*|\1|p' "$root/lighttpd.conf" | sort -u
}

check_owner() {
	[ -O "$VAR" ] && [ -w "$VAR" ] && [ -w "$VAR/run" ] ||
		complain "$VAR cannot be used: it belongs to $(stat -c %U "$VAR") or is read-only, and this is $(id -un)." \
			"Run as that user, or take another folder: VAR=..."
}

take_lock() {
	exec {lock}<>"$VAR/run/lock"
	flock -n "$lock" || complain "A site runs in $VAR already, or is just starting" \
		"(process $(cat "$VAR/run/serve.pid" 2>/dev/null)$(sed 's/^/, /' "$VAR/run/address" 2>/dev/null))." \
		"Stop it with: make stop VAR='$VAR'; or take another folder and port: VAR=... PORT=..."
	holding=yes
}

# With the lock in hand, whatever runs for this site was left by a keeper that was killed.
end_orphans() {
	[ -n "$(ours)" ] || return 0
	echo "Ending what a killed site left running in $VAR."
	stop_all
}

# /proc knows the listeners of all users, and asking it changes nothing. Its addresses are hexadecimal, last byte first;
# in use is any address at all, ours (as itself, or as the end of an IPv6 address), and each if we want any.
check_port() {
	local a b c d address port
	IFS=. read -r a b c d <<<"$ADDRESS"
	printf -v address %02X "$d" "$c" "$b" "$a"
	printf -v port %04X "$PORT"
	if { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true; } | awk -v port=":$port" -v address="$address" '
		$4 == "0A" && substr($2, length($2) - 4) == port {
			at = substr($2, 1, length($2) - 5)
			if (at ~ /^0+$/ || address == "00000000" || substr(at, length(at) - 7) == address) found = 1
		}
		END { exit !found }'; then
		complain "Port $PORT of $ADDRESS is in use by another program. Take another one: PORT=$((PORT + 1))"
	fi
	local least
	least=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)
	[ "$EUID" -eq 0 ] || [ "$PORT" -ge "$least" ] ||
		complain "Only root may use ports below $least. Take another one: PORT=8080"
}

# A new site takes about 150 MiB, most of it the database's log; an old one needs little more than it has.
check_disk() {
	local where=$VAR least=32 free
	[ -d "$VAR/db" ] || least=256
	while [ ! -d "$where" ]; do
		where=$(dirname -- "$where")
	done
	free=$(($(df -Pk -- "$where" | awk 'END { print $4 }') / 1024))
	[ "$free" -ge "${DISK_MIN_MIB:-$least}" ] ||
		complain "The disk of $where has $free MiB left, and ${DISK_MIN_MIB:-$least} MiB are needed." \
			"Make room, or take a folder on another disk: VAR=..."
}

make_folders() {
	local dir
	mkdir -p -- "$VAR" 2>/dev/null || complain "$VAR cannot be made (read-only, or not yours). Take another folder: VAR=..."
	[ -d "$VAR/run" ] || [ -z "$(ls -A -- "$VAR" 2>&1)" ] ||
		complain "$VAR is there and is no site. It is left alone; take another folder: VAR=..."
	chmod 700 -- "$VAR"
	for dir in run run/db-tmp run/deflate log keys files; do
		mkdir -p -- "$VAR/$dir" 2>/dev/null || complain "$VAR/$dir cannot be made: $VAR is read-only, or the disk is full."
	done
}

link_site() {
	[ "$site" != "$VAR" ] || return 0
	# /tmp belongs to everybody: a link of this name is only good when it is ours.
	if [ -L "$site" ] || [ -e "$site" ]; then
		[ "$(stat -c %u "$site")" -eq "$EUID" ] && rm -f "$site" ||
			complain "$site is in the way and not ours. Take a folder with a shorter name: VAR=..."
	fi
	ln -s -- "$VAR" "$site"
}

# --- the settings file --------------------------------------------------------------------------------------------

make_settings() {
	if [ -e "$VAR/bellhop.conf" ]; then
		[ "$(setting paths run)" = "$site/run" ] ||
			complain "$VAR/bellhop.conf is of a site in another place ($(setting paths run))." \
				"Was the folder moved or copied? Correct the paths in it, then start again."
		add_bridge
		return 0
	fi
	local random program
	random=$(od -An -v -tx1 -N 240 /dev/urandom | tr -d ' \n')
	{
		cat <<-CONF
			; The settings of the site in this folder, made at its first start. All that can be set: bellhop config

			[database]
			socket = $site/run/db.sock
			name = bellhop
			admin_user = bellhop_admin
			admin_password = ${random:0:48}

			[paths]
			run = $site/run
			keys = $site/keys
			files = $site/files
			log = $site/log/bellhop.log
			schema = $root/schema

			; Each program has a database account of its own, which may do only what the program needs.
		CONF
		for program in account users chats messages files poll push health bridge; do
			random=${random:48}
			printf '[%s]\nuser = bellhop_%s\npassword = %s\n' "$program" "$program" "${random:0:48}"
		done
	} >"$VAR/bellhop.conf.new"
	mv -- "$VAR/bellhop.conf.new" "$VAR/bellhop.conf"
}

# Settings made before there was a bridge, where each program has an account of its own, get one for it.
add_bridge() {
	[ "$(setting poll user)" = bellhop_poll ] && ! grep -q '^\[bridge\]' "$VAR/bellhop.conf" || return 0
	cp -p -- "$VAR/bellhop.conf" "$VAR/bellhop.conf.new"
	printf '[bridge]\nuser = bellhop_bridge\npassword = %s\n' \
		"$(od -An -v -tx1 -N 24 /dev/urandom | tr -d ' \n')" >>"$VAR/bellhop.conf.new"
	mv -- "$VAR/bellhop.conf.new" "$VAR/bellhop.conf"
}

# setting SECTION KEY: the value in the settings file, or nothing.
setting() {
	awk -v section="[$1]" -v key="$2" '
		/^[ \t]*\[/ { here = $1 == section; next }
		here && match($0, /[=:]/) {
			name = substr($0, 1, RSTART - 1)
			gsub(/[ \t]/, "", name)
			if (name != key) next
			value = substr($0, RSTART + 1)
			gsub(/^[ \t]+|[ \t]+;.*$|[ \t]+$/, "", value)
		}
		END { print value }' "$VAR/bellhop.conf"
}
