#!/bin/sh
# Runs the test programs of one suite and prints what it ran: tests/suite.sh NAME PROGRAM...
# A program is a cmocka one, or any other that prints "NAME: N cases, M skipped (why)" as its last
# line. The output of a program is shown when it failed, or when V=1.
set -eu

suite=$1
shift
log=$(mktemp "${TMPDIR:-/tmp}/twicket-suite.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM

# number PATTERN : the sum of the numbers that it finds in the log
number() { sed -n "s/$1/\\1/p" "$log" | awk '{ n += $1 } END { print n + 0 }'; }

ran=0 skipped=0 failed=0 programs=0 reasons=''
start=$(date +%s)
for program; do
	programs=$((programs + 1))
	rc=0
	CMOCKA_MESSAGE_OUTPUT=stdout "$program" >"$log" 2>&1 </dev/null || rc=$?
	ran=$((ran + $(number '^\[==========\] .*\b\([0-9][0-9]*\) test(s) run\..*') + $(number '^[a-z_0-9]*: \([0-9]*\) cases.*')))
	skipped=$((skipped + $(number '^\[  SKIPPED \] *\([0-9]*\) test(s).*') + $(number '^[a-z_0-9]*: .* \([0-9]*\) skipped.*')))
	reasons="$reasons$(sed -n 's/^[a-z_0-9]*: .*skipped (\(.*\))$/; \1/p; s/^skip: /; /p' "$log" | sort -u)"
	if [ "$rc" -ne 0 ]; then
		failed=$((failed + 1))
		echo "--- $program failed with $rc"
	fi
	if [ "$rc" -ne 0 ] || [ -n "${V:-}" ]; then
		cat "$log"
	fi
done
end=$(date +%s)

reasons=$(printf '%s' "$reasons" | sed 's/^; //')
why=''
[ "$skipped" -eq 0 ] || why=" (${reasons:-see V=1})"
echo "$suite: $ran cases in $programs programs ran, $skipped skipped$why, $failed programs failed, $((end - start)) s"
[ "$failed" -eq 0 ] && [ "$programs" -gt 0 ]
