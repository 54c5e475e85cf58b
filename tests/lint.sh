#!/usr/bin/env bash
# What a machine can say of the code: format, static analysis, and the house rules that grep can see. Prints one TAP line
# a rule, with what breaks it; ends with 1 when something does. `tests/lint.sh rules` leaves out the slow analysers.
# Not for: taste.
set -u -o pipefail
cd "$(dirname "$0")/.."
failed=0 n=0

sources() { git ls-files --cached --others --exclude-standard "$@"; }

# rule NAME COMMAND… - the rule holds when the command finds nothing to say.
rule() {
	local name=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1) && [ -z "$out" ]; then
		echo "ok $n - $name"
	else
		failed=1
		echo "not ok $n - $name"
		printf '%s\n' "$out" | head -n 30 | sed 's/^/#   /'
	fi
}

c_files() { sources '*.c' '*.h'; }
absent() { # absent PATTERN PATHSPEC… - no tracked file says so
	local pattern=$1
	shift
	sources "$@" | xargs -r grep -nE -- "$pattern" /dev/null || true
}
format() { c_files | xargs clang-format --dry-run --Werror; }
headers_alone() { # each header compiles by itself
	sources 'lib/*.h' | while read -r h; do
		gcc -std=c11 -D_GNU_SOURCE -Ilib $(pkg-config --cflags libmariadb fcgi json-c libjwt inih libutf8proc libcrypto) \
			-fsyntax-only -Wall -Wno-unused-function -x c "$h" || echo "$h"
	done
}
arrows() { # core <- data, media <- web, live <- cgi-bin
	absent '#include "(data|media|web|live)/' 'lib/core/*'
	absent '#include "(web|live)/' 'lib/data/*' 'lib/media/*'
}
defects() { # those that the checker must catch: tests/fault/defects
	for patch in tests/fault/defects/*.patch; do
		patch -p1 --dry-run --forward --fuzz=0 --silent -i "$patch" >/dev/null || echo "$patch: make it anew"
	done
}
long_files() { sources 'lib/*.c' 'cgi-bin/*.c' 'www/*.js' | xargs -r wc -l | awk '$1 > 500 && $2 != "total"'; }
top_level() {
	sources | cut -d/ -f1 | sort -u |
		grep -vxE 'Makefile|cgi-bin|lib|schema|www|lighttpd\.conf|apache\.conf|tests|README\.md|LICENSE|\..*' || true
}
tidy() { sources 'lib/*.c' 'cgi-bin/*.c' |
	xargs -P "$(nproc)" -n 4 sh -c 'clang-tidy --quiet "$@" -- -std=c11 -D_GNU_SOURCE -Ilib $(pkg-config --cflags \
		libmariadb fcgi json-c libjwt inih libutf8proc libcrypto) 2>/dev/null' sh | grep -E '(warning|error):' || true; }
check() { sources 'lib/*.c' 'cgi-bin/*.c' |
	xargs cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude -D_GNU_SOURCE -Ilib -j "$(nproc)" 2>&1; }

rule 'C is formatted as .clang-format says' format
rule 'the top level holds what it may' top_level
rule 'includes point down only' arrows
rule 'SQL stands in lib/data alone' absent '"(SELECT|INSERT|UPDATE|DELETE|REPLACE|START TRANSACTION|COMMIT)( |";)' 'cgi-bin/*.c' 'lib/core/*' 'lib/web/*' 'lib/live/*'
rule 'no SELECT *' absent 'SELECT \*' 'lib/*' 'schema/*'
rule 'no dangerous calls' absent '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|system|popen)\(' 'lib/*.[ch]' 'cgi-bin/*.c'
rule 'programs free nothing and set no status' absent '\bfree\(|Status:' 'cgi-bin/*.c'
rule 'nothing is left for later' absent '\b(TODO|FIXME|XXX|HACK)\b' 'cgi-bin/*' 'lib/*' 'schema/*' 'www/*' 'Makefile' '*.conf'
rule 'no test is switched off' absent '\.(only|skip|todo)\(|skip\(\)' 'tests/*.mjs' 'tests/*.c'
rule 'each defect can still be switched in' defects
rule 'no file hides several rooms' long_files
if [ "${1-}" != rules ]; then
	rule 'each header compiles alone' headers_alone
	rule 'clang-tidy' tidy
	rule 'cppcheck' check
fi
echo "1..$n"
exit "$failed"
