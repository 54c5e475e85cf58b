#!/usr/bin/env bash
# dbtemplate.sh DEST: makes DEST, a fresh MariaDB data directory that nobody can log in to yet. serve.sh copies one
# for each new site, which is much quicker than making it. Complete or not there: any number may run at once, and
# one may be killed at any moment. Not for data that is there: an existing DEST is left as it is.
set -eu -o pipefail
umask 077

main() {
	[ $# -eq 1 ] || { echo "usage: dbtemplate.sh DEST" >&2; exit 2; }
	[ ! -e "$1" ] || return 0
	local dest=${1##*/}
	mkdir -p "$(dirname "$1")"
	# mariadb-install-db breaks at blanks in a path, and there may be some above this folder.
	cd "$(dirname "$1")"

	making=$dest.making.$$
	trap 'rm -rf "$making" "$making.log" "$making.tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	remove_leftovers "$dest"
	mkdir "$making" "$making.tmp"
	make_database "$making" >"$making.log" 2>&1 || {
		grep -iE 'error|warning' "$making.log" >&2 || cat "$making.log" >&2
		echo "MariaDB could not make a data directory (its words are above)." >&2
		exit 1
	}
	# Nothing secret is inside, and other users of this machine may make sites from it.
	chmod -R a+rX "$making"
	# -T: into place, or not at all. Whoever was first wins; theirs is as good as ours.
	mv -T "$making" "$dest" 2>/dev/null || [ -d "$dest" ]
}

# What a killed one left behind; its name has the process that made it.
remove_leftovers() {
	local old pid
	for old in "$1".making.*; do
		pid=${old#"$1.making."}
		[ ! -e "$old" ] || [ -e "/proc/${pid%%.*}" ] || rm -rf "$old"
	done
}

# The redo log is as small as it may be; the server makes it the size it wants when it starts.
make_database() {
	# A MariaDB that starts deletes the temporary tables in its tmpdir, whoever they belong to: never /tmp.
	local options=(--no-defaults --datadir="./$1" --tmpdir="../$1.tmp" --innodb-log-file-size=4M)
	# MariaDB runs as root only when it is told to.
	[ "$EUID" -ne 0 ] || options+=(--user=root)
	mariadb-install-db "${options[@]}" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve &&
		# It leaves root accounts without a password; each site makes its own accounts.
		mariadbd "${options[@]}" --bootstrap <<-'SQL'
			DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
			DELETE FROM mysql.proxies_priv;
		SQL
}

main "$@"
