#!/usr/bin/env bash
# Runs each program's plain-CGI request under valgrind: `tests/valgrind.sh BIN-DIR`, the folder of programs that were
# built without sanitizers. There is no database, so each request must end in the answer that says so, or in an
# earlier refusal, without an error or a leak. Prints one TAP line a request; ends with 1 when one is not clean.
# Not for: what happens with a database. The API tests show that under LeakSanitizer.
set -u -o pipefail
bin=$(cd "${1:?usage: tests/valgrind.sh BIN-DIR}" && pwd) || exit 2
home=$(mktemp -d "${TMPDIR:-/tmp}/bellhop-valgrind-XXXXXX") || exit 2
trap 'rm -rf "$home"' EXIT
mkdir -m 700 "$home/run"
printf '[database]\nsocket = %s/no.sock\n[paths]\nrun = %s/run\nkeys = %s/keys\n' "$home" "$home" "$home" \
	>"$home/bellhop.conf"
export BELLHOP_CONF=$home/bellhop.conf
"$bin/bellhop" keys rotate >"$home/out" 2>&1 || {
	cat "$home/out" >&2
	exit 2
}
n=0 failed=0

# ask STATUS PROGRAM METHOD PATH [BODY [NAME=VALUE…]] - one request as a web server hands it over.
ask() {
	local want=$1 program=$2 method=$3 path=$4 body=${5-} status ended
	shift "$(($# < 5 ? $# : 5))"
	local variables=("GATEWAY_INTERFACE=CGI/1.1" "REQUEST_METHOD=$method" "REQUEST_URI=/api/v1/$program$path"
		"REMOTE_ADDR=127.0.0.1" "HTTP_HOST=localhost" "BELLHOP_CONF=$BELLHOP_CONF" "PATH=$PATH")
	case $path in *\?*) variables+=("QUERY_STRING=${path#*\?}") ;; esac
	[ -z "$body" ] || variables+=("CONTENT_TYPE=application/json" "CONTENT_LENGTH=${#body}")
	variables+=("$@")
	n=$((n + 1))
	printf '%s' "$body" | env -i "${variables[@]}" valgrind --quiet --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible --show-leak-kinds=definite,indirect,possible \
		--track-fds=no "$bin/$program" >"$home/out" 2>"$home/err"
	ended=$?
	status=$(sed -n 's/^Status: \([0-9]*\).*/\1/p' "$home/out" | head -n 1)
	if [ "$ended" -eq 0 ] && [ "$status" = "$want" ]; then
		echo "ok $n - valgrind $program $method $path: $status"
		return
	fi
	failed=1
	echo "not ok $n - valgrind $program $method $path: wanted $want, got $status, exit $ended"
	sed 's/^/#   /' "$home/err" | head -n 60
}

ask 503 health GET ''
ask 200 health GET /metrics
ask 404 health GET /nothing
ask 405 health POST ''
ask 401 users GET ''
ask 401 users GET '/7?x=1' '' 'HTTP_AUTHORIZATION=Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AAAA'
ask 404 users GET /a/b/c
ask 400 users GET /%zz
ask 503 account POST /login '{"login":"ann@example.com","password":"correct horse"}'
ask 503 account POST /register '{"email":"ann@example.com","password":"correct horse","firstName":"Ann","lastName":"B"}'
ask 422 account POST /register '{"email":"nobody","password":"x","firstName":"\u3164"}'
ask 400 account POST /login '{"login":"ann","login":"bob"}'
ask 415 account POST /login 'x' 'CONTENT_TYPE=text/plain'
ask 503 account POST /refresh '{"refreshToken":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}'
ask 401 account GET /me
ask 404 account GET /nothing/here
echo "1..$n"
exit "$failed"
