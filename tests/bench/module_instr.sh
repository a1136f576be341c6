#!/bin/bash
# GOALS P1, P2 and the module's part of P3: what twicket.so costs the core. Run by `make bench-module`.
# usage: module_instr.sh BUILD_DIR [CORE]. Prints "NAME measured goal ok|MISSED"; comments start with #.
# Needs the harness of TWICKET_BENCH (built once under BENCH_ROOT) and valgrind; else skips in one line.
# The harness is a Nagios 4.4: what is measured here of other cores, is so in the fake core of tests/module, and
# their rows end in the core's name; cores.py measures in the real ones.
set -u

B=$(cd "${1:?build folder}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
bench=${TWICKET_BENCH:-$here/../../../shared/bench}
rounds=${ROUNDS:-5}
core=${2:-nagios-4.4}
so=$B/$core/twicket.so
export BENCH_ROOT=${BENCH_ROOT:-$B/nebbench}

skip() { echo "# module bench skipped: $*"; exit 0; }
command -v valgrind >/dev/null || skip "no valgrind"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/twicket-bench.XXXXXX")
peer= sink=
finish() { [ -z "$peer$sink" ] || kill -CONT $peer $sink 2>/dev/null; kill $peer $sink 2>/dev/null; rm -rf "$tmp"; }
trap finish EXIT
cd "$tmp" || exit 1 # nebbench writes its log here
neb=$BENCH_ROOT/harness/nebbench thin=$BENCH_ROOT/harness/mod_thin.so
thin_args="mode=batch,path=$tmp/thin.sock"
our_args="socket=$tmp/our.sock user=$(id -un)"

judge() { awk -v n="$1" -v m="$2" -v g="$3" 'BEGIN { print n, m, g, m <= g ? "ok" : "MISSED" }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0) ? a / b : 0 }'; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
wait_for() { for _ in $(seq 100); do [ -S "$1" ] && return; sleep 0.05; done; }

start_peer() { rm -f "$tmp/our.sock"; "$B/tests/bench/module_peer" "$tmp/our.sock" "$@" >"$tmp/peer" & peer=$!; wait_for "$tmp/our.sock"; }
stop_peer() { kill -CONT $peer; kill $peer; wait $peer 2>/dev/null; peer=; }
arrived() { awk -v k="$1" '$1 == k { print $2 }' "$tmp/peer"; }

# instructions FUNCTION COMMAND...: counted while FUNCTION runs
instructions() {
	local function=$1; shift
	valgrind --tool=callgrind --collect-atstart=no --toggle-collect="$function" \
		--callgrind-out-file=/dev/null "$@" >"$tmp/callgrind" 2>&1
	sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$tmp/callgrind" | tail -1
}
# per event of the fake core: "changes" that are sent, or repeats that are not
fake() { echo $(($(instructions core_dispatch "$B/$core/tests/module_repeat" "$so" 10000 "$@") / 10000)); }
slice() {
	start_peer
	longest=$("$B/$core/tests/module_slice" "$so" "$our_args")
	stop_peer
	objects=$(arrived OBJECT)
	[ "${objects:-0}" -eq 100000 ] || echo "# only ${objects:-0} of 100000 objects arrived"
	judge "P3.slice_ms${1:-}" "$longest" 2
}
if [ "$core" != nagios-4.4 ]; then
	judge "P1.fake_state.$core" "$(fake changes)" 600
	judge "P1.repeat.$core" "$(fake)" 200
	slice ".$core"
	exit 0
fi

[ -x "$bench/setup.sh" ] || skip "no harness at $bench (TWICKET_BENCH)"
# its makefile has a CORE of its own
env -u CORE -u MAKEFLAGS "$bench/setup.sh" >/dev/null || skip "the harness does not build (see $BENCH_ROOT/setup.log)"
dispatch() { instructions neb_make_callbacks "$neb" -S 500 -e statechange -o 110 -k $events -w 0 "$@"; }

events=20000
floor=$(($(dispatch -) / events))
unsent=$(($(dispatch "$so" "$our_args") / events)) # no agent yet: what an event costs before WELCOME
start_peer
all=$(dispatch "$so" "$our_args")
stop_peer
sent=$(arrived STATE)
[ "${sent:-0}" -gt $((events / 2)) ] || { echo "# only ${sent:-0} of $events messages arrived"; exit 1; }
state=$(((all - (events - sent) * unsent) / sent))
echo "# $sent of $events state changes arrived, $(arrived gaps) gaps; empty dispatch $floor, without agent $unsent instructions"
judge P1.state "$state" 600
judge P1.repeat "$(($(fake) + floor))" 200

"$BENCH_ROOT/harness/sink" stream "$tmp/thin.sock" 2>/dev/null & sink=$!
wait_for "$tmp/thin.sock"
judge P2.instructions "$state" "$(($(dispatch "$thin" "$thin_args") / events))"

# run LABEL MODULE ARGS [OPTIONS]: one line of nebbench, its times kept by label
run() {
	local label=$1 module=$2 args=$3; shift 3
	"$neb" "$@" -k 30000 -l "$label" "$module" "$args" 2>/dev/null | awk -F'\t' -v l="$label" '$1 == l' >"$tmp/line"
	for column in 4:p50 5:p99 6:p999; do
		cut -f"${column%:*}" "$tmp/line" >>"$tmp/$label.${column#*:}"
	done
}
for _ in $(seq "$rounds"); do
	run thin "$thin" "$thin_args"
	start_peer; run ours "$so" "$our_args"; stop_peer
	start_peer 500 # stops itself in the warm-up, wakes after the timed part
	(sleep 1; kill -CONT $peer) & waker=$!
	run stopped "$so" "$our_args" -d 2500
	wait $waker; stop_peer
	lost="${lost:+$lost }$(arrived lost)/$(arrived gaps)/$(arrived SNAP_BEGIN)"
	rm -f "$tmp/our.sock"
	run dead "$so" "$our_args"
done
of() { median <"$tmp/$1.$2"; }
for label in thin ours stopped dead; do
	echo "# $label: p50 $(of $label p50) p99 $(of $label p99) p99.9 $(of $label p999) ns, median of $rounds"
done
echo "# agent stopped: lost as counted / as missing / snapshots, each run: $lost"
judge P2.p99_to_thin "$(ratio "$(of ours p99)" "$(of thin p99)")" 2
judge P2.p999_stopped "$(ratio "$(of stopped p999)" "$(of ours p999)")" 2
judge P2.p999_dead "$(ratio "$(of dead p999)" "$(of ours p999)")" 2

slice
