#!/usr/bin/env bash
# packages.sh [run|test]: installs the Debian packages that are missing, to build and run Bellhop (run) or also to
# test it (test). Silent and quick when nothing is missing. Not for upgrades: what is installed stays as it is.
set -eu -o pipefail

run_packages=(
	gcc libc6-dev make pkg-config
	libfcgi-dev libmariadb-dev libjson-c-dev libjwt-dev libmagic-dev libinih-dev libutf8proc-dev
	libssl-dev libcrypt-dev libuv1-dev libturbojpeg0-dev libpng-dev libwebp-dev libgif-dev libwslay-dev
	lighttpd lighttpd-mod-deflate
	# The "core" packages are the programs alone: mariadb-server would start a database service of its own.
	mariadb-server-core mariadb-client-core
	curl procps
)
test_packages=(
	clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck valgrind libcmocka-dev patch
	# Likewise: the package apache2 would start a web server, apache2-bin is only the program.
	apache2-bin libapache2-mod-fcgid libapache2-mod-xsendfile
	# A Socket.IO client that we did not write, with both of its transports.
	python3-socketio python3-requests python3-websocket python3-aiohttp
	# Without a font Chromium draws no letters.
	chromium fonts-dejavu-core
)
node_major_min=18

main() {
	local wanted=("${run_packages[@]}")
	case ${1-run} in
	run) ;;
	test) wanted+=("${test_packages[@]}") ;;
	*) echo "usage: packages.sh [run|test]" >&2; exit 2 ;;
	esac

	list_missing "${wanted[@]}"
	[ ${#missing[@]} -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		complain "These Debian packages are needed, and there is no apt-get here to install them:" "${missing[*]}"
	fi
	find_root
	echo "Installing Debian packages: ${missing[*]}"
	# Two builds may start on one machine at once: the second waits, and then mostly finds the work done.
	update_lists
	list_missing "${wanted[@]}"
	[ ${#missing[@]} -gt 0 ] || return 0
	install
}

# Sets missing. One dpkg-query for all, since this runs before every build.
list_missing() {
	local package state version node_version='' installed=' '
	while read -r package state version; do
		[ "$state" = installed ] || continue
		installed+="$package "
		[ "$package" != nodejs ] || node_version=$version
	done < <(dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' "$@" nodejs 2>/dev/null || true)

	missing=()
	for package; do
		[[ $installed == *" $package "* ]] || missing+=("$package")
	done
	add_node
}

# Node.js counts by its commands: other packagings than Debian's hold npm too and conflict with Debian's npm.
add_node() {
	if ! command -v node >/dev/null; then
		missing+=(nodejs npm)
		return
	fi
	command -v npm >/dev/null || missing+=(npm)
	# The package's version saves starting node, which takes longer than all the rest.
	if [ -z "$node_version" ] || [ "$(command -v node)" != /usr/bin/node ]; then
		node_version=$(node --version)
	fi
	node_version=${node_version#v}
	[ "${node_version%%.*}" -ge "$node_major_min" ] ||
		complain "$(command -v node) is version $node_version, and $node_major_min or newer is needed." \
			"Remove it (then Debian's own is installed) or put a newer one first in PATH."
}

# Sets as_root, the words that make a command run as root.
find_root() {
	as_root=(env DEBIAN_FRONTEND=noninteractive)
	[ "$(id -u)" -ne 0 ] || return 0
	local command="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
	command -v sudo >/dev/null ||
		complain "Debian packages are missing, and neither root nor sudo is here to install them." \
			"Have root run: $command"
	# Without a terminal nobody can type the password: fail rather than wait for it.
	local options=()
	[ -t 0 ] || options=(-n)
	sudo "${options[@]}" true ||
		complain "Debian packages are missing, and sudo refused." "Have root run: $command"
	as_root=(sudo "${options[@]}" "${as_root[@]}")
}

# The package lists have a lock that apt does not wait for by itself. A failure is no end: one broken source among
# several is common, and the lists of the others may do.
update_lists() {
	local out deadline=$((SECONDS + 300))
	until out=$("${as_root[@]}" apt-get -q update 2>&1); do
		if [[ $out != *"Could not get lock"* ]] || [ $SECONDS -ge $deadline ]; then
			printf '%s\n' "$out" "apt-get update failed; going on with the lists that are here." >&2
			return
		fi
		sleep 1
	done
}

install() {
	local with_lighttpd=no package
	for package in "${missing[@]}"; do
		[ "$package" != lighttpd ] || with_lighttpd=yes
	done
	[ $with_lighttpd = no ] || { trap unmask_service EXIT; mask_service; }
	"${as_root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "${missing[@]}" >&2 ||
		complain "apt-get could not install them (its words are above)." \
			"See that this machine reaches its package mirror and that 'apt-get -f install' is content," \
			"then try again."
	[ $with_lighttpd = no ] || { unmask_service; trap - EXIT; stop_service; }
}

# The package lighttpd brings a system service on port 80, which nobody asked for. Under systemd it is masked
# during the installation, so that it never starts; elsewhere it is stopped again. A service that was there before
# is left alone, since then lighttpd is not among the missing.
systemd_runs() { [ -d /run/systemd/system ]; }

mask_service() {
	! systemd_runs || "${as_root[@]}" systemctl -q mask lighttpd.service
}

unmask_service() {
	! systemd_runs || "${as_root[@]}" systemctl -q unmask lighttpd.service
}

stop_service() {
	if systemd_runs; then
		"${as_root[@]}" systemctl -q disable --now lighttpd.service
	else
		"${as_root[@]}" invoke-rc.d --quiet lighttpd stop
		"${as_root[@]}" update-rc.d lighttpd disable
	fi >/dev/null 2>&1 || true
}

complain() {
	printf '%s\n' "$@" >&2
	exit 1
}

main "$@"
