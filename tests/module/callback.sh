#!/bin/sh
# R4 of GOALS.md: what a state change costs the core, in instructions, whatever the agent does.
# Run by `make check-module`: tests/module/callback.sh PROGRAM MODULE. It must never measure time.
set -eu

changes=400
log=$(mktemp "${TMPDIR:-/tmp}/twicket-callback.XXXXXX")
trap 'rm -f "$log"' EXIT

# count STATE : instructions for each change
count() {
	valgrind --tool=callgrind --collect-atstart=no --toggle-collect=core_dispatch --callgrind-out-file=/dev/null \
		"$1" "$2" "$3" "$changes" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
	echo $(($(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log" | tail -1) / changes))
}

reading=$(count "$1" "$2" reading)
[ "$reading" -gt 50 ] || { echo "callback: only $reading instructions: nothing was measured"; exit 1; }
line="reading $reading" rc=0
for state in killed stopped hung garbage; do
	n=$(count "$1" "$2" "$state")
	line="$line, $state $n"
	[ "$n" -le $((reading + reading / 20)) ] || rc=1
done
echo "callback: 5 cases, 0 skipped, instructions for a change with the agent $line"
[ $rc -eq 0 ] || { echo "callback: an agent in trouble costs the core more than one that reads"; exit 1; }
