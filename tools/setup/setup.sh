#!/bin/sh
# Installs the packages of the groups named (base, if none) and fetches the sources.
# A second run installs nothing and needs no network: it asks dpkg, not apt.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

say() { printf '  %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Lines of packages.txt in group $1.
group_lines() {
    awk -v wanted="[$1]" '/^#/ || NF == 0 { next } /^\[/ { inside = ($0 == wanted); next } inside' \
        "$here/packages.txt"
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Of one line "a | b": nothing if one is installed, else the whole line.
line_if_missing() {
    for candidate in $(echo "$1" | tr '|' ' '); do
        if installed "$candidate"; then return; fi
    done
    echo "$1"
}

missing_lines() {
    for group in "$@"; do
        group_lines "$group" | while read -r line; do line_if_missing "$line"; done
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

require_rights() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null 2>&1 ||
        fail "packages are missing ($1) and installing them needs root: run 'make setup' as root once"
    sudo -n true 2>/dev/null && return
    [ -t 0 ] ||
        fail "packages are missing ($1) and sudo would ask for a password: run 'make setup' in a terminal or as root once"
}

# The first name of "a | b" that apt can install.
resolve() {
    for candidate in $(echo "$1" | tr '|' ' '); do
        if LC_ALL=C apt-cache policy "$candidate" | grep -q '^  Candidate: [^(]'; then
            echo "$candidate"
            return
        fi
    done
    fail "apt knows no package $1; Sopris builds on Debian 12 and 13"
}

# Debian starts a service when it installs it. These are run by Sopris itself, on ports of
# its own choice, so their own services stay off unless they were there before.
with_services_off() {
    if [ ! -d /run/systemd/system ]; then
        "$@"
        return
    fi
    masked=
    for service in mosquitto nginx; do
        systemctl cat "$service.service" >/dev/null 2>&1 || masked="$masked $service.service"
    done
    # shellcheck disable=SC2086
    [ -z "$masked" ] || as_root systemctl mask --quiet $masked
    status=0
    "$@" || status=$?
    # shellcheck disable=SC2086
    if [ -n "$masked" ]; then
        as_root systemctl unmask --quiet $masked
        for service in $masked; do
            systemctl cat "$service" >/dev/null 2>&1 && as_root systemctl disable --quiet "$service" 2>/dev/null
        done
    fi
    return "$status"
}

install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
}

command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
    fail "this is no Debian: Sopris builds on Debian 12 and 13 (apt and dpkg are needed)"
[ $# -gt 0 ] || set -- base

missing=$(missing_lines "$@")
if [ -n "$missing" ]; then
    require_rights "$(echo "$missing" | paste -sd' ')"
    say "reading apt's package lists"
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update ||
        fail "apt-get update failed; is the network there?"
    names=$(echo "$missing" | while read -r line; do resolve "$line" || exit 1; done) || exit 1
    say "installing $(echo "$names" | wc -l) packages: $(echo "$names" | paste -sd' ')"
    # shellcheck disable=SC2086
    with_services_off install_packages $names ||
        fail "apt could not install the packages (see above)"
else
    say "packages: present ($(for group in "$@"; do group_lines "$group"; done | wc -l))"
fi
"$here/fetch-sources.sh"
