#!/usr/bin/env bash
# All of `make test`: builds every way there is, runs every kind of test, and adds up. Each stage writes TAP to a log of its
# own under .build/test/; what failed is shown at the end, and the last line is "N passed, N failed, N skipped". Behind the
# builds that most need, stages run in two lanes: much of a test is waiting.
# tests/run.sh NAME… runs only those stages.
set -u -o pipefail
cd "$(dirname "$0")/.."
logs=$PWD/.build/test/logs
mkdir -p "$logs"
results=$PWD/.build/test/results
: >"$results"
passed=0 failed=0 skipped=0 trouble=()
# One site of the tests must not meet another's folder; and no test may reach for the network.
unset BELLHOP_CONF http_proxy https_proxy HTTP_PROXY HTTPS_PROXY

build() { make --no-print-directory "$@" && echo 'ok - builds without a warning'; }
units() {
	local unit code=0
	for unit in .build/asan/unit/* .build/release/unit/cell; do
		CMOCKA_MESSAGE_OUTPUT=TAP "$unit" || code=1
	done
	return $code
}
node_tests() { node --test --test-reporter=tap "$@"; }

# stage NAME COMMAND…
stage() {
	local name=$1 log=$logs/$1.log from=$SECONDS code=0 counts
	shift
	[ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
	"$@" >"$log" 2>&1 </dev/null || code=$?
	read -r p f s < <(count "$log")
	# A stage that breaks off, or proves nothing, has failed.
	[ "$code" -eq 0 ] || [ "$f" -gt 0 ] || f=1
	[ $((p + f + s)) -gt 0 ] || f=1
	printf '%-10s %4d passed, %d failed, %d skipped  (%d s)\n' "$name" "$p" "$f" "$s" $((SECONDS - from))
	echo "$p $f $s $name" >>"$results"
}

# TAP in the two forms that occur: plain lines, and node's nested ones with totals in comments.
count() {
	awk '/^# pass [0-9]+/ { node = 1; p += $3 } /^# fail [0-9]+/ { f += $3 } /^# cancelled [0-9]+/ { f += $3 }
		/^# (skipped|todo) [0-9]+/ { s += $3 }
		/^ok/ { if ($0 ~ /# (SKIP|skip)/) ps++; else pp++ } /^not ok/ { pf++ }
		END { if (node) print p + 0, f + 0, s + 0; else print pp + 0, pf + 0, ps + 0 }' "$1"
}

wanted=("$@")
bin=$PWD/.build
stage release build MODE=release programs .build/release/unit/cell
stage asan build MODE=asan programs units echo
stage rules tests/lint.sh rules
one_lane() {
	stage units units
	stage fuzzers build MODE=fuzz fuzzers
	stage fuzz env SEED=1 tests/fuzz/run.sh 6
	stage http env BIN="$bin/asan/bin" node tests/api/run.mjs http
	stage protocol env ECHO="$bin/asan/echo/echo" node --test --test-reporter=tap tests/protocol/*.test.mjs
	stage fault env BIN="$bin/release/bin" node --test --test-reporter=tap --test-concurrency=1 tests/fault/*.test.mjs
	stage valgrind tests/valgrind.sh .build/release/bin
}
other_lane() {
	stage web node_tests tests/web/*.test.mjs
	stage clang build MODE=clang programs
	stage cgi env BIN="$bin/release/bin" node tests/api/run.mjs cgi
	stage browser env BIN="$bin/release/bin" node --test --test-reporter=tap --test-concurrency=2 tests/browser/*.test.mjs
	stage host node_tests tests/host/*.test.mjs
}
# Each a group of its own, which ends as a whole when the run is broken off.
set -m
one_lane & one=$!
other_lane & other=$!
set +m
trap 'kill -- -$one -$other 2>/dev/null; wait; exit 130' INT TERM HUP
wait $one $other
trap - INT TERM HUP
# Last and alone: its timings are of no worth beside others.
stage lighthouse env BIN="$bin/release/bin" node --test --test-reporter=tap tests/lighthouse/*.test.mjs

while read -r p f s name; do
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" -eq 0 ] || trouble+=("$logs/$name.log")
done <"$results"
for log in ${trouble[@]+"${trouble[@]}"}; do
	printf '\n--- %s\n' "$log"
	grep -aE -A 30 '^[[:space:]]*not ok|[Ee]rror:|warning:|Sanitizer' "$log" | head -n 200
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
