#!/bin/sh
# Puts the headers of the core (Nagios 4.4) into DIR/include and DIR/lib, as `make module` needs them.
# They come from Debian's source package; NAGIOS_SRC=dir takes those of an unpacked source tree.
# Never needs root, a configure run, or anything outside DIR and a temporary folder.
set -eu

dir=${1:?usage: headers.sh DIR}
die() { echo "headers.sh: $*" >&2; exit 1; }

tmp=$(mktemp -d "${TMPDIR:-/tmp}/twicket-headers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

if [ -n "${NAGIOS_SRC:-}" ]; then
	src=$NAGIOS_SRC
	[ -f "$src/include/nebstructs.h" ] || die "NAGIOS_SRC=$src holds no include/nebstructs.h"
else
	# --download-only unpacks nothing, so that dpkg-dev is not needed; apt checks the hashes
	(cd "$tmp" && apt-get -qq source --download-only nagios4) >"$tmp/log" 2>&1 || {
		cat "$tmp/log" >&2
		die "cannot get Debian's nagios4 source package." \
			"Add deb-src to the Types: of /etc/apt/sources.list.d/debian.sources and run" \
			"apt-get update, or give an unpacked source tree as NAGIOS_SRC=dir."
	}
	tar=$(ls "$tmp"/nagios4_*.orig.tar.* 2>/dev/null | head -1)
	[ -n "$tar" ] || die "the nagios4 source package holds no orig tarball"
	tar -xf "$tar" -C "$tmp" --wildcards --strip-components=1 '*/include/*.h*' '*/lib/*.h*'
	src=$tmp
fi

# The four that configure generates; nothing in them changes a structure that we read.
out=$tmp/out
mkdir -p "$out/include" "$out/lib"
cp "$src"/include/*.h "$out/include/"
cp "$src"/lib/*.h "$out/lib/"
for file in lib/iobroker.h lib/snprintf.h; do
	sed 's|^#undef.*|/* & */|' "$src/$file.in" >"$out/$file"
done
: >"$out/include/locations.h"
cat >"$out/include/config.h" <<'END'
/* written by twicket's headers.sh: what the core's headers need, no more */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define USE_EVENT_BROKER 1
#include <sys/types.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
END

mkdir -p "$dir"
rm -rf "$dir/include" "$dir/lib"
cp -R "$out/." "$dir/"
