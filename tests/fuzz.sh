#!/bin/sh
# Runs fuzzers for some seconds each: tests/fuzz.sh DIR SECONDS JOBS NAME...
# DIR/fuzz_NAME starts from tests/fuzz/corpus/NAME (and NAME.dict); new inputs go to DIR/corpus,
# an input that breaks something to DIR/found-*.
set -eu

dir=$1 seconds=$2 jobs=$3
shift 3
[ $# -gt 0 ] || { echo "fuzz: 0 cases ran, none in this tree"; exit 0; }
mkdir -p "$dir/corpus" "$dir/logs"

# shellcheck disable=SC2016
one='
name=$1
mkdir -p "$dir/corpus/$name"
set -- "$dir/corpus/$name"
[ ! -d "tests/fuzz/corpus/$name" ] || set -- "$@" "tests/fuzz/corpus/$name"
[ ! -e "tests/fuzz/$name.dict" ] || set -- -dict="tests/fuzz/$name.dict" "$@"
if ! "$dir/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
	-artifact_prefix="$dir/found-$name-" "$@" >"$dir/logs/$name" 2>&1; then
	echo "--- fuzz_$name found something:"
	tail -n 60 "$dir/logs/$name"
	exit 1
fi
echo "fuzz_$name: $(sed -n "s/^Done \([0-9]*\) runs.*/\1 runs/p" "$dir/logs/$name")"
'
rc=0
export dir seconds
printf '%s\n' "$@" | xargs -n 1 -P "$jobs" sh -c "$one" one || rc=1
echo "fuzz: $# parsers ran for $seconds s each, $([ $rc -eq 0 ] && echo no findings || echo "findings in $dir")"
exit $rc
