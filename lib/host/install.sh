#!/usr/bin/env bash
# install.sh: puts what was built where a server expects it: DESTDIR (for making packages) before PREFIX (/usr/local).
# Needs no network and starts nothing. The web server, the database and /etc/bellhop are the administrator's: examples
# that fit are in PREFIX/share/doc/bellhop.
set -eu -o pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR:-} BIN=${BIN:-.build/release/bin}
lib=$PREFIX/lib/bellhop share=$PREFIX/share/bellhop doc=$PREFIX/share/doc/bellhop

main() {
	[[ $PREFIX == /* ]] || complain "PREFIX=$PREFIX must begin with a slash."
	[ -x "$BIN/bellhop" ] || complain "The programs are not built: there is no $BIN/bellhop. Run: make"
	[ -d www/vendor ] || complain "The web pages' libraries are not here. Run: make"
	programs
	site
	examples
	units
	[ -n "$DESTDIR" ] || next_steps
}

complain() {
	printf '%s\n' "$@" >&2
	exit 1
}

folder() { install -d -m 755 "$DESTDIR$1"; }
# file FROM FOLDER; from - it is what comes in, as FOLDER/NAME.
file() { install -m 644 "$1" "$DESTDIR$2/${3-}"; }

programs() {
	local program
	folder "$lib"
	folder "$PREFIX/bin"
	for program in "$BIN"/*; do
		if [ "${program##*/}" = bellhop ]; then
			install -m 755 "$program" "$DESTDIR$PREFIX/bin/bellhop"
		else
			install -m 755 "$program" "$DESTDIR$lib/"
		fi
	done
}

# Without the lists of packages and whatever else has a dot in front.
site() {
	local from
	folder "$share"
	find www schema -type f ! -path '*/.*' ! -path 'www/package*.json' -print0 | while IFS= read -r -d '' from; do
		folder "$share/${from%/*}"
		file "$from" "$share/${from%/*}"
	done
}

examples() {
	folder "$doc"
	file LICENSE "$doc"
	[ ! -f README.md ] || file README.md "$doc"
	settings | file /dev/stdin "$doc" bellhop.conf
	lighttpd_conf | file /dev/stdin "$doc" lighttpd.conf
	sed "s|/usr/local|$PREFIX|" apache.conf | file /dev/stdin "$doc" apache.conf
}

settings() {
	echo "; All settings with their defaults. A copy belongs to /etc/bellhop/bellhop.conf, owner root, group bellhop,"
	echo "; mode 0640, since it has passwords. Each program may have a section [account], [users] … with a database"
	echo "; account (user, password) of its own; \`bellhop migrate\` makes them."
	echo
	env -u BELLHOP_CONF "$BIN/bellhop" config | sed "s|/usr/local/share/bellhop|$share|"
}

# The repository's, with a server's places in it; there systemd runs the programs.
lighttpd_conf() {
	sed -e 's|^\(# The site behind lighttpd 1.4.69 or newer\).*|\1, its programs run by systemd (bellhop@.socket).|' \
		-e '2d' \
		-e "s|env.BELLHOP_WWW .*|\"$share/www\"|" \
		-e '/^var.home /d' \
		-e 's|env.ADDRESS|"0.0.0.0"|' -e 's|env.PORT|80\nserver.username = "www-data"\nserver.groupname = "www-data"|' \
		-e 's|home + "/run/lighttpd.pid"|"/run/lighttpd.pid"|' \
		-e 's|home + "/log/lighttpd.log"|"/var/log/lighttpd/error.log"|' \
		-e 's|home + "/run/deflate"|"/var/cache/lighttpd/compress"|' \
		-e 's|( home + "/run" )|( "/var/cache/lighttpd/uploads" )|' \
		-e 's|home + "/files"|"/var/lib/bellhop/files"|' \
		-e 's|home + "/run/\([a-z]*\).sock"|"/run/bellhop/\1.sock"|' lighttpd.conf
}

units() {
	local unit
	folder /lib/systemd/system
	folder /usr/lib/sysusers.d
	folder /usr/lib/tmpfiles.d
	for unit in bellhop@.service bellhop@.socket; do
		sed "s|/usr/local|$PREFIX|" "lib/host/$unit" | file /dev/stdin /lib/systemd/system "$unit"
	done
	file lib/host/sysusers.conf /usr/lib/sysusers.d bellhop.conf
	file lib/host/tmpfiles.conf /usr/lib/tmpfiles.d bellhop.conf
}

next_steps() {
	local names
	names=$(cd "$DESTDIR$lib" && printf 'bellhop@%s.socket ' *)
	cat <<-WORDS
		Bellhop is in $PREFIX. What is left to do, as root:
		  systemd-sysusers && systemd-tmpfiles --create
		  install -m 640 -g bellhop $doc/bellhop.conf /etc/bellhop/   # then write the database's accounts there
		  export BELLHOP_CONF=/etc/bellhop/bellhop.conf
		  bellhop config check && bellhop migrate
		  runuser -u bellhop -- env BELLHOP_CONF=\$BELLHOP_CONF bellhop keys rotate
		  systemctl enable --now $names
		and the web server by $doc/lighttpd.conf or apache.conf.
	WORDS
}

main "$@"
