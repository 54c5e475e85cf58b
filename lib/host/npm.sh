#!/usr/bin/env bash
# npm.sh DIR DEST: installs what DIR/package-lock.json lists into DEST/node_modules, nothing else and only when the list
# has changed since. Scripts of packages are not run. Not for adding packages: edit DIR/package.json, then make the
# lock anew in DIR with: npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
set -eu -o pipefail

main() {
	[ $# -eq 2 ] && [ -f "$1/package-lock.json" ] || { echo "usage: npm.sh DIR DEST" >&2; exit 2; }
	dir=$1 dest=$2
	# The usual case first: nothing to do, in a few milliseconds.
	! current || return 0
	mkdir -p "$dest"
	# Two builds may start at once: the second waits, and then finds it done.
	exec {lock}>"$dest/lock"
	flock "$lock"
	current || install_list
}

current() { [ -d "$dest/node_modules" ] && cmp -s "$dir/package-lock.json" "$dest/installed.json"; }

install_list() {
	echo "Installing npm packages: $dir/package-lock.json"
	# The mark of the old list goes before its packages do, and the new one comes last: killed in between, all is
	# done again.
	rm -f "$dest/installed.json"
	cp "$dir/package.json" "$dir/package-lock.json" "$dest/"
	(cd "$dest" && exec npm ci --ignore-scripts --no-audit --no-fund --loglevel=error {lock}>&- >&2) || {
		echo "npm could not install them (its words are above). See that this machine reaches its npm registry." >&2
		exit 1
	}
	cp "$dest/package-lock.json" "$dest/installed.json.new"
	mv "$dest/installed.json.new" "$dest/installed.json"
}

main "$@"
