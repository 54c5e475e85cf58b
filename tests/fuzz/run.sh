#!/usr/bin/env bash
# Fuzzes every target of tests/fuzz, as many at once as there are cores: `run.sh SECONDS` for so long each,
# `run.sh RUNS=n` so many inputs each. Prints one TAP line a target; ends with 1 when something was found, and leaves
# it in .build/fuzz/found/. With SEED=n it goes the same way each time. The corpus in the repository is read only: what is learnt goes to .build/fuzz/corpus/ and
# serves the next run.
# Not for: adding to the corpus. That is done by hand: NAME -merge=1 tests/fuzz/corpus/NAME .build/fuzz/corpus/NAME.
set -u -o pipefail
cd "$(dirname "$0")/../.."
home=.build/fuzz

# one NUMBER NAME LIMIT - fuzzes one target to its limit and says how it went.
one() {
	local n=$1 name=$2 limit=$3 log=$home/log/$2 began=$SECONDS last
	mkdir -p "$home/log" "$home/found" "$home/corpus/$name"
	local options=(-artifact_prefix="$home/found/$name-" -timeout=10 -rss_limit_mb=2048 -verbosity=1 "$limit")
	[ -z "${SEED-}" ] || options+=(-seed="$SEED")
	[ ! -f "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
	if "$home/fuzz/$name" "${options[@]}" "$home/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
		last=$(grep -E '^#[0-9]+[[:space:]]+DONE' "$log" | tail -n 1)
		echo "ok $n - fuzz $name: $(sed -E 's/^#([0-9]+).*/\1/' <<<"$last") runs, $((SECONDS - began)) s," \
			"$(sed -E 's/.* cov: ([0-9]+).*/\1/' <<<"$last") edges," \
			"$(sed -E 's/.* exec\/s: ([0-9]+).*/\1/' <<<"$last") runs/s"
		return 0
	fi
	echo "not ok $n - fuzz $name after $((SECONDS - began)) s"
	grep -E -A 25 'ERROR:|runtime error:' "$log" | head -n 40 | sed 's/^/#   /'
	grep -E 'Test unit written to|Base64' "$log" | sed 's/^/#   /'
	return 1
}

if [ "${1-}" = one ]; then
	shift
	one "$@"
	exit
fi

case ${1-} in
RUNS=* | runs=*) limit=-runs=${1#*=} ;;
*) limit=-max_total_time=${1-} ;;
esac
if ! [[ $limit =~ ^-(runs|max_total_time)=[1-9][0-9]*$ ]]; then
	echo "usage: tests/fuzz/run.sh SECONDS | RUNS=n" >&2
	exit 2
fi

make -s --no-print-directory MODE=fuzz fuzzers || exit 1
names=()
for source in tests/fuzz/*.c; do names+=("$(basename "$source" .c)"); done
failed=0
n=0
echo "1..${#names[@]}"
for name in "${names[@]}"; do
	n=$((n + 1))
	printf '%s\0' "$n" "$name" "$limit"
done | xargs -0 -n 3 -P "$(nproc)" tests/fuzz/run.sh one || failed=1
exit "$failed"
