#!/bin/sh
# Puts the web pages of Debian's Nagios 4 (its CGI programs) into DIR, for the tests that look at them.
# They are unpacked, not installed: the package wants PHP and a web server, the pages want neither.
# Never needs root. Without them the tests of the pages are skipped, so a failure is one line and no error.
set -eu

dir=${1:?usage: cgi.sh DIR}
installed=/usr/lib/cgi-bin/nagios4
[ ! -e "$installed/extinfo.cgi" ] && [ ! -e "$dir/extinfo.cgi" ] || exit 0

tmp=$(mktemp -d "${TMPDIR:-/tmp}/twicket-cgi.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

if ! (cd "$tmp" && apt-get -qq download nagios4-cgi && dpkg-deb -x nagios4-cgi_*.deb .) >"$tmp/log" 2>&1; then
	echo "cgi.sh: cannot get Debian's nagios4-cgi, its pages are not looked at: $(tail -n 1 "$tmp/log")" >&2
	exit 0
fi
mkdir -p "$dir"
cp "$tmp$installed"/*.cgi "$dir/"
