#!/bin/sh
# Puts the headers of a core into DIR, as `make module` needs them, and DIR/cflags, what else they need.
# Nagios: Debian's source package, or NAGIOS_SRC=dir. Naemon: pkg-config, or NAEMON_SRC=dir.
# Never needs root, a configure run, or anything outside DIR and a temporary folder.
set -eu

dir=${1:?usage: headers.sh DIR nagios-4.4|nagios-4.5|naemon}
core=${2:?usage: headers.sh DIR nagios-4.4|nagios-4.5|naemon}
die() { echo "headers.sh: $*" >&2; exit 1; }

tmp=$(mktemp -d "${TMPDIR:-/tmp}/twicket-headers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
out=$tmp/out
mkdir "$out"

# generated FILE.in TARGET: as configure would write it; nothing in these changes a structure
generated() { sed 's|^#undef.*|/* & */|' "$1" >"$2"; }

# The tree of Nagios, unpacked as far as needed: $src
nagios_source() {
	if [ -n "${NAGIOS_SRC:-}" ]; then
		src=$NAGIOS_SRC
		[ -f "$src/include/nebstructs.h" ] || die "NAGIOS_SRC=$src holds no include/nebstructs.h"
		return
	fi
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
}

nagios() {
	nagios_source
	version=$(sed -n 's/.*PROGRAM_VERSION  *"\(.*\)".*/\1/p' "$src/include/common.h")
	case $version in
	"${core#nagios-}".*) ;;
	4.[45].*) die "these headers are of Nagios $version: make CORE=nagios-${version%.*}," \
		"or give a tree of Nagios ${core#nagios-} as NAGIOS_SRC=dir" ;;
	*) die "these headers are of Nagios ${version:-of unknown version}: only 4.4 and 4.5 are supported" ;;
	esac
	mkdir "$out/include" "$out/lib"
	cp "$src"/include/*.h "$out/include/"
	cp "$src"/lib/*.h "$out/lib/"
	for file in lib/iobroker.h lib/snprintf.h; do
		generated "$src/$file.in" "$out/$file"
	done
	: >"$out/include/locations.h"
	cat >"$out/include/config.h" <<-'END'
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
	flags=
	[ "$core" = nagios-4.4 ] || flags=-DTWICKET_NAGIOS_45
}

# flags_of PACKAGE: warnings about headers that are not ours are not wanted
flags_of() { pkg-config --cflags "$1" | sed 's/-I\([^ ]\)/-isystem \1/g'; }

naemon() {
	if [ -z "${NAEMON_SRC:-}" ]; then
		version=$(pkg-config --modversion naemon 2>/dev/null) ||
			die "pkg-config knows no naemon: install naemon-dev, or give a source tree as NAEMON_SRC=dir"
		flags=$(flags_of naemon)
	else
		src=$NAEMON_SRC
		[ -f "$src/src/naemon/naemon.h" ] || die "NAEMON_SRC=$src holds no src/naemon/naemon.h"
		version=$(sed -n 's/^VERSION=//p' "$src/version.sh")
		flags=$(flags_of glib-2.0) || die "the headers of Naemon need those of GLib: libglib2.0-dev"
		mkdir -p "$out/naemon/lib"
		cp "$src"/src/naemon/*.h "$out/naemon/"
		cp "$src"/lib/*.h "$out/naemon/lib/"
		for file in "$src"/lib/*.h.in; do
			generated "$file" "$out/naemon/lib/$(basename "$file" .in)"
		done
		generated "$src/src/naemon/buildopts.h.in" "$out/naemon/buildopts.h"
	fi
	flags="-DTWICKET_NAEMON $flags"
}

case $core in
nagios-4.4 | nagios-4.5) nagios ;;
naemon) naemon ;;
*) die "CORE=$core is none of nagios-4.4, nagios-4.5, naemon" ;;
esac

printf '%s -DTWICKET_HEADERS=\\"%s\\"\n' "$flags" "$version" >"$out/cflags"
mkdir -p "$dir"
rm -rf "$dir/include" "$dir/lib" "$dir/naemon" "$dir/cflags"
cp -R "$out/." "$dir/"
