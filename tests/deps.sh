#!/bin/sh
# Finds out which Debian packages are missing, and installs them.
#
#   tests/deps.sh [--check] [build|test|bench|all]      default: all
#
# --check only says what is missing (exit 1). Otherwise the missing packages are installed: it
# asks first on a terminal, uses sudo when not root, and touches nothing when all is there.
# Services of the installed packages are neither started nor enabled, and a Nagios that is
# already on this machine is left alone. Never removes a package by itself.
set -eu

BUILD="gcc libc6-dev make pkg-config libcurl4-openssl-dev libjansson-dev libconfig-dev
	libsqlite3-dev libssl-dev libutf8proc-dev libpsl-dev libgumbo-dev uthash-dev"
TEST="libcmocka-dev python3 python3-jsonschema python3-pytest python3-pytest-xdist valgrind clang libclang-rt-14-dev nagios4-core snac2
	request-tracker5 rt5-db-sqlite rt5-standalone icinga2 curl openssl sqlite3 util-linux"
BENCH="dpkg-dev libltdl-dev curl"
# A browser is much to ask for one page: without it that test is skipped, which it must not be in CI
[ -z "${CI:-}" ] || TEST="$TEST chromium"
# Only what others are measured by: `make bench`, never `make check`
ANCHOR="prometheus-alertmanager"

# Packages of ours that bring a service along, and that service
SERVICES="nagios4-core:nagios4 snac2:snac2 request-tracker5:request-tracker5 exim4-daemon-light:exim4
	icinga2:icinga2 prometheus-alertmanager:prometheus-alertmanager"

SOURCES=/etc/apt/sources.list.d/twicket.sources
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
POLICY=/usr/sbin/policy-rc.d

say() { echo "deps: $*" >&2; }
die() { say "$*"; exit 1; }

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# missing PACKAGE... : those that are not installed
missing() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p' >"$tmp/installed"
	printf '%s\n' "$@" | sort -u | grep -vxF -f "$tmp/installed" || true
}

# What apt knows of, a line each: TYPE RELEASE CODENAME FILE URI; downloaded yet or not
read_targets() {
	# shellcheck disable=SC2016
	apt-get indextargets --no-release-info \
		--format '$(CREATED_BY) $(RELEASE) $(CODENAME) $(FILENAME) $(REPO_URI)' \
		>"$tmp/targets" 2>/dev/null || :
}

# field TYPE SUITE N : the Nth word of the first index of that type and suite
field() {
	awk -v type="$1" -v suite="$2" -v n="$3" \
		'$1 == type && ($2 == suite || $3 == suite) { print $n; exit }' "$tmp/targets"
}

has() { [ -n "$(field "$1" "$2" 1)" ]; }

# stanza TYPE SUITE
stanza() {
	printf '\nTypes: %s\nURIs: %s\nSuites: %s\nComponents: main\n' "$1" "$uri" "$2"
	[ ! -e "$KEYRING" ] || echo "Signed-By: $KEYRING"
}

# What the sources must name beside the packages of the release: written to $tmp/sources
wanted_sources() {
	: >"$tmp/stanzas"
	# the headers of Nagios come from its source package; not when there is a tree of it
	if [ -z "${NAGIOS_SRC:-}" ] && ! has Sources "$codename"; then
		stanza deb-src "$codename" >>"$tmp/stanzas"
	fi
	case " $want " in *" snac2 "*)
		has Packages "$codename-backports" || stanza deb "$codename-backports" >>"$tmp/stanzas" ;;
	esac
	[ -s "$tmp/stanzas" ] || return 0
	{
		echo "# Written by \`make deps\` of twicket; remove the file when you no longer build it."
		[ ! -e "$SOURCES" ] || sed 1d "$SOURCES"
		cat "$tmp/stanzas"
	} >"$tmp/sources"
}

# The headers need the source index to have been downloaded, not only to be named
source_index_missing() {
	[ -z "${NAGIOS_SRC:-}" ] || return 1
	index=$(field Sources "$codename" 4)
	[ -n "$index" ] && ! ls "${index%Sources*}Sources"* >/dev/null 2>&1
}

ask() {
	[ -t 0 ] && [ -t 2 ] || return 0
	printf 'deps: go on? [Y/n] ' >&2
	read -r answer || answer=n
	case $answer in '' | [yY]*) ;; *) die "nothing was changed" ;; esac
}

find_root() {
	root=
	[ "$(id -u)" -eq 0 ] && return
	command -v sudo >/dev/null || die "not root, and there is no sudo. As root: $0 $group"
	root=sudo
}

# While we install, nothing that comes along is started; what runs already may be restarted
forbid_start() {
	if [ -e "$POLICY" ]; then
		# one of ours that a killed run left behind goes away with this one
		! grep -q 'Written by "make deps" of twicket' "$POLICY" || policy_is_ours=yes
		return 0
	fi
	cat >"$tmp/policy" <<'END'
#!/bin/sh
# Written by "make deps" of twicket for the length of one installation: nothing new is started.
for word; do case $word in start | "(start)") exit 101 ;; esac; done
END
	policy_is_ours=yes
	$root install -m 755 "$tmp/policy" "$POLICY"
}

allow_start() {
	[ -z "$policy_is_ours" ] || $root rm -f "$POLICY"
	policy_is_ours=
}

# A service that came with our installation does not start at the next boot either
leave_disabled() {
	for pair in $SERVICES; do
		unit=${pair#*:}
		case " $new_units " in *" $unit "*) ;; *) continue ;; esac
		[ ! -e "/etc/init.d/$unit" ] || $root update-rc.d "$unit" disable >/dev/null 2>&1 || true
		! command -v systemctl >/dev/null || $root systemctl disable "$unit.service" >/dev/null 2>&1 || true
		# where systemd only comes later, the links that the package made would start it
		$root env DPKG_MAINTSCRIPT_PACKAGE="${pair%:*}" deb-systemd-helper disable "$unit.service" >/dev/null 2>&1 || true
		say "the service $unit was not started, nor will it be at boot (systemctl enable --now $unit)"
	done
	if [ -n "$no_apache_conf" ] && [ -e /etc/apache2/conf-enabled/snac2.conf ]; then
		$root a2disconf -q snac2 >/dev/null 2>&1 || true
	fi
}

# Debian's nagios4 wants a mailer. Without one it gets the Exim that the mail desk is tried with; one that
# is there already stays, because two of them cannot be installed (then those tests are skipped)
add_mailer() {
	case " $lack" in *" nagios4-core "*) ;; *) return 0 ;; esac
	dpkg-query -W -f '${db:Status-Status} ${Provides}\n' | grep -q '^installed .*mail-transport-agent' ||
		lack="${lack}exim4-daemon-light "
}

units_before() {
	new_units='' no_apache_conf=''
	for pair in $SERVICES; do
		case " $lack " in *" ${pair%:*} "*) ;; *) continue ;; esac
		[ -e "/lib/systemd/system/${pair#*:}.service" ] || new_units="$new_units ${pair#*:}"
	done
	[ -e /etc/apache2/conf-enabled/snac2.conf ] || no_apache_conf=yes
}

apt() { $root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >&2; }

# New sources that cannot be read are taken back: they would break apt for everybody
add_sources() {
	[ -s "$tmp/sources" ] || return 0
	[ ! -e "$SOURCES" ] || cp "$SOURCES" "$tmp/old"
	$root install -m 644 "$tmp/sources" "$SOURCES"
	sources_are_new=yes
}

take_back_sources() {
	[ -n "$sources_are_new" ] || return 0
	if [ -e "$tmp/old" ]; then
		$root install -m 644 "$tmp/old" "$SOURCES"
	else
		$root rm -f "$SOURCES"
	fi
}

install_all() {
	find_root
	add_sources
	apt update || { take_back_sources; die "apt-get update failed"; }
	[ -n "$lack" ] || return 0
	units_before
	forbid_start
	# shellcheck disable=SC2086
	apt install -y --no-install-recommends $lack || die "the installation failed"
	allow_start
	leave_disabled
}

check_only=
[ "${1:-}" != --check ] || { check_only=yes; shift; }
group=${1:-all}
[ $# -le 1 ] || usage
case $group in
build) want=$BUILD ;;
test) want="$BUILD $TEST" ;;
bench) want="$BUILD $TEST $BENCH $ANCHOR" ;;
all) want="$BUILD $TEST $BENCH" ;;
*) usage ;;
esac
want=$(printf '%s' "$want" | tr -s '\n\t ' ' ')

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "this is not Debian; nothing is checked. Needed, by Debian's names: $want"
	exit 0
fi

tmp=$(mktemp -d "${TMPDIR:-/tmp}/twicket-deps.XXXXXX")
policy_is_ours='' sources_are_new='' root=''
trap 'allow_start; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# shellcheck disable=SC2086
lack=$(missing $want | tr '\n' ' ')
if [ -n "$check_only" ]; then
	[ -z "$lack" ] || die "missing packages: $lack(\`make deps\` installs them)"
	exit 0
fi

# TWICKET_HEADERS: a header of the core that was fetched before; then no source package is needed
[ -n "$lack" ] || [ ! -e "${TWICKET_HEADERS:-}" ] || exit 0

# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ "$codename" = bookworm ] || say "made for Debian 12 (bookworm), this is ${codename:-something else}"
add_mailer
read_targets
uri=$(field Packages "$codename" 5)
: >"$tmp/sources"
[ -z "$uri" ] || wanted_sources
if [ -z "$lack" ] && [ ! -s "$tmp/sources" ] && ! source_index_missing; then
	exit 0
fi
[ -n "$uri" ] || say "found no mirror for $codename in apt's sources; using them as they are"

[ -z "$lack" ] || say "missing packages: $lack"
if [ -s "$tmp/sources" ]; then
	say "to be added to the package sources, as $SOURCES:"
	sed 's/^/    /' "$tmp/stanzas" >&2
fi
ask
install_all
