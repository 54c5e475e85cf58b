# processes.sh, for serve.sh: starts the processes of the site VAR, finds them again and ends them.
# shellcheck shell=bash disable=SC2086,SC2154,SC2034 # lists of pids are meant to be split; serve.sh has the variables

# spawn SIGNAL COMMAND…: starts it in a session of its own, where no Ctrl-C reaches it; sets spawned. It gets SIGNAL
# should the keeper be killed.
spawn() {
	local signal=$1
	shift
	BELLHOP_SITE=$VAR setsid setpriv --pdeathsig "$signal" "$@" </dev/null 2>&1 {lock}>&- &
	spawned=$!
}

# Runs a command to its end; unlike a plain call it lets a signal end both at once.
step() {
	local result=0
	BELLHOP_SITE=$VAR "$@" {lock}>&- &
	stepping=$!
	wait "$stepping" || result=$?
	stepping=
	return $result
}

# The living processes of this site, a line each: pid and name. Only those of our own user.
ours() {
	local file pid user state name session marked=' ' of
	while read -r file; do
		pid=${file#/proc/} pid=${pid%/environ}
		[ -O "/proc/$pid" ] && read -r name 2>/dev/null <"/proc/$pid/comm" || continue
		marked+="$pid "
		echo "$pid $name"
	done < <(grep -lszxF "BELLHOP_SITE=$VAR" /proc/[0-9]*/environ)

	read -r session 2>/dev/null <"$VAR/run/programs.sid" || return 0
	# The number is another's session now when its first process lives and is not ours.
	! running "$session" || [[ $marked == *" $session "* ]] || return 0
	while read -r pid user state name; do
		[ "$user" -eq "$EUID" ] && [ "${state:0:1}" != Z ] && [[ $marked != *" $pid "* ]] || continue
		echo "$pid $name"
	done < <(ps -s "$session" -o pid=,euid=,stat=,comm=)
}

# The pids of those with this name; programs are all but the servers and the bridge.
ours_named() {
	local pid name
	ours | while read -r pid name; do
		case $1:$name in
		programs:lighttpd | programs:mariadbd | programs:bridge) ;;
		programs:* | "$name:$name") echo "$pid" ;;
		esac
	done
}

ask() {
	local pids
	pids=$(ours_named "$2")
	[ -n "$pids" ] || return 0
	kill -s "$1" $pids 2>/dev/null || true
	# One that was halted hears nothing before it goes on.
	kill -s CONT $pids 2>/dev/null || true
}

# gone MS NAME: whether they have ended within that time.
gone() {
	local pids deadline=$((${EPOCHREALTIME/./} + 1000 * $1))
	pids=$(ours_named "$2")
	while [ -n "$pids" ]; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		nap
		pids=$(living $pids)
	done
}

# end SIGNAL SECONDS NAME: asks them to end and waits until they have; ends by force what does not.
end() {
	ask "$1" "$3"
	gone $(($2 * 1000)) "$3" || true
	until gone 100 "$3"; do
		ask KILL "$3"
	done
}

living() {
	local pid
	for pid; do
		if running "$pid"; then echo "$pid"; fi
	done
}

# A zombie that nobody has waited for yet has ended, too.
running() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	stat=${stat##*) }
	[ "${stat:0:1}" != Z ]
}

# The time between two looks where the kernel offers nothing to wait for.
nap() { sleep 0.01; }

# One old log is kept, so that logs do not grow for ever.
cut_log() {
	if [ -e "$1" ] && [ "$(stat -c %s "$1")" -gt 10000000 ]; then
		mv -- "$1" "$1.old"
	fi
}

show_logs() {
	local log
	for log; do
		[ -s "$VAR/log/$log" ] || continue
		echo "The last lines of $VAR/log/$log:"
		tail -n 15 "$VAR/log/$log" | sed 's/^/  /'
	done >&2
}
