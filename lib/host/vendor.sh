#!/usr/bin/env bash
# vendor.sh NODE_MODULES DEST: copies what browsers need of the npm packages to DEST (www/vendor), where the site
# serves it. Third-party files are never committed; this is their only way in.
set -eu -o pipefail

[ $# -eq 2 ] || { echo "usage: vendor.sh NODE_MODULES DEST" >&2; exit 2; }
modules=$1 dest=$2

# copy PACKAGE NAME FILE…: these files of the package as DEST/NAME. Each is renamed into place, so that a site that
# runs meanwhile never serves half a file; nothing is written when all is there.
copy() {
	local from=$modules/$1 to=$dest/$2 file
	shift 2
	mkdir -p "$to"
	for file; do
		! cmp -s "$from/$file" "$to/$file" || continue
		install -m 644 "$from/$file" "$to/.$file.$$"
		mv "$to/.$file.$$" "$to/$file"
	done
}

copy swagger-ui-dist swagger-ui swagger-ui.css swagger-ui-bundle.js LICENSE NOTICE
