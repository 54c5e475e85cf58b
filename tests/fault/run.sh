#!/usr/bin/env bash
# All of `make fault`, the long form of tests/fault: prints "N passed, N failed, N skipped" for each part and for all of them.
# tests/fault/run.sh NAME… runs only those parts. By environment: MESSAGES (1000000) of the storm, KILLS (50) of each
# program, RACES (10000) of each pair, PARKED (8000) polls, SEED of all chance. Each part writes TAP to a log of its own
# under .build/fault/logs/.
set -u -o pipefail
cd "$(dirname "$0")/../.."
logs=$PWD/.build/fault/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0 wanted=("$@")
unset BELLHOP_CONF http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export BIN=${BIN:-$PWD/.build/release/bin} SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
export MESSAGES=${MESSAGES:-1000000} KILLS=${KILLS:-50} RACES=${RACES:-10000} PARKED=${PARKED:-8000} STRICT=1

# part NAME COMMAND…
part() {
	local name=$1 log=$logs/$1.log from=$SECONDS code=0
	shift
	[ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
	"$@" >"$log" 2>&1 </dev/null || code=$?
	read -r p f s < <(awk '/^# pass [0-9]+/ { p += $3 } /^# (fail|cancelled) [0-9]+/ { f += $3 } /^# (skipped|todo) [0-9]+/ { s += $3 }
		END { print p + 0, f + 0, s + 0 }' "$log")
	[ "$code" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ $((p + f + s)) -gt 0 ] || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-10s %4d passed, %d failed, %d skipped  (%d s)\n' "$name" "$p" "$f" "$s" $((SECONDS - from))
	sed -n '/^# Subtest/d;/^# \(seed\|first success\|parked\|caught\|[0-9]* of\)/s/^# /             /p' "$log"
	[ "$f" -eq 0 ] || grep -aE -A 20 '^[[:space:]]*not ok|Sanitizer' "$log" | head -n 60
}
tests() { node --test --test-reporter=tap "$@"; }

echo "seed $SEED"
part checker tests tests/fault/checker.test.mjs
part commit tests tests/fault/commit.test.mjs
part parked tests tests/fault/parked.test.mjs
part defects tests tests/fault/defects/defects.test.mjs
part races env BELLHOP_TOKENS_ACCESS_S=86400 node tests/api/run.mjs http -- races.test.mjs
part kills tests tests/fault/kills.test.mjs
part uploads tests tests/fault/uploads.test.mjs
part sockets tests tests/fault/sockets.test.mjs
part storm tests tests/fault/storm.test.mjs
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
