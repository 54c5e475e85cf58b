#!/usr/bin/env bash
# vendor.sh NODE_MODULES DEST: copies what browsers need of the npm packages to DEST (www/vendor), where the site
# serves it. Third-party files are never committed; this is their only way in.
set -eu -o pipefail

[ $# -eq 2 ] || { echo "usage: vendor.sh NODE_MODULES DEST" >&2; exit 2; }
modules=$1 dest=$2

# copy PACKAGE NAME FILE…: these files of the package as DEST/NAME. Each is renamed into place, so that a site that
# runs meanwhile never serves half a file; nothing is written when all is there.
copy() {
	local from=$modules/$1 to=$dest/$2 file new
	shift 2
	mkdir -p "$to"
	for file; do
		new=$to/.${file##*/}.$$
		# Browsers look up no package by its name, and the maps are not here.
		sed -e 's|from"preact"|from"./preact.mjs"|g' -e '/^\/\/# sourceMappingURL=/d' "$from/$file" >"$new"
		if cmp -s "$new" "$to/${file##*/}"; then
			rm "$new"
		else
			chmod 644 "$new"
			mv "$new" "$to/${file##*/}"
		fi
	done
}

version() { sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$modules/$1/package.json"; }

copy swagger-ui-dist swagger-ui swagger-ui.css swagger-ui-bundle.js LICENSE NOTICE
# One folder for what belongs together, with the version in its name: browsers keep such files for good.
copy preact "preact-$(version preact)" dist/preact.mjs hooks/dist/hooks.mjs LICENSE
copy htm "htm-$(version htm)" dist/htm.mjs LICENSE

# What the service worker keeps for reading offline, each file with its digest: by this list it knows of a new version.
list_files() {
	local new=files.json.$$
	cd "$dest/.."
	find app i18n img style manifest.webmanifest index.html vendor/*-[0-9]*/*.mjs -type f ! -name '.*' ! -name 'screenshot.*' -print0 |
		LC_ALL=C sort -z | xargs -0 sha256sum |
		awk '{ printf "%s\n\"%s\":\"%.16s\"", NR == 1 ? "{" : ",", $2, $1 } END { print "\n}" }' >"vendor/$new"
	if cmp -s "vendor/$new" vendor/files.json; then
		rm "vendor/$new"
	else
		mv "vendor/$new" vendor/files.json
	fi
}
list_files
