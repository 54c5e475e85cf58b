#!/usr/bin/env bash
# suites.sh [FOLDER] - the protocol suites that Engine.IO and Socket.IO publish, against the echo server. They are fetched to
# be run (into FOLDER, .build/suites) and are no part of this repository, so this needs the network and is no part of
# `make test`; what they ask for stands in *.test.mjs, too. Port 3000 must be free.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
folder=${1:-.build/suites}
mkdir -p "$folder"
make --no-print-directory MODE=asan echo

suite() { # suite NAME MODE - against `echo MODE`
	local at=$folder/$1 code=0
	[ -d "$at" ] || git clone --quiet --depth 1 "https://github.com/socketio/$1" "$at"
	[ -d "$at/test-suite/node_modules" ] || npm --prefix "$at/test-suite" ci --silent --no-audit --no-fund
	coproc ECHO { .build/asan/echo/echo "$2" 3000; }
	local echo=$ECHO_PID
	read -r <&"${ECHO[0]}"
	(cd "$at/test-suite" && npx mocha --exit test-suite.js) || code=$?
	kill "$echo"
	wait "$echo" || true
	return $code
}

suite engine.io-protocol engine
suite socket.io-protocol socket
