#!/bin/sh
# Tries Sopris in a new minimal Debian: fresh-root.sh SUITE [check|demo|"any make targets"]
#
# Makes a root of SUITE (bookworm or trixie) with debootstrap, from the mirror of this
# machine's own apt, outside the tree; clones the committed HEAD into it and runs make there
# in a chroot, once with the network and once without. Needs root. The root is kept in
# SOPRIS_FRESH_ROOT (default /var/tmp/sopris-fresh-SUITE); FRESH=1 makes it anew.
set -eu

suite=${1:-bookworm}
targets=${2:-check}
repository=$(cd "$(dirname "$0")/../.." && pwd)
fresh=${SOPRIS_FRESH_ROOT:-/var/tmp/sopris-fresh-$suite}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '== fresh-root: %s\n' "$*"; }
fail() { printf 'fresh-root: %s\n' "$*" >&2; exit 1; }

# The site of the machine's own apt sources with label $1.
site() {
    apt-get indextargets --format '$(LABEL)|$(COMPONENT)|$(SITE)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == label && $2 == "main" { print $3; exit }'
}

# What a person has before the first "make": make itself and git; ca-certificates and the
# machine's own apt settings for whatever mirror it uses.
make_root() {
    mirror=$(site Debian)
    security=$(site Debian-Security)
    [ -n "$mirror" ] || fail "apt knows no Debian mirror; run 'apt-get update' first"
    say "debootstrap $suite into $fresh"
    debootstrap --variant=minbase --keyring="$keyring" --include=make,git,ca-certificates,apt-utils \
        "$suite" "$fresh.part" "$mirror" >"$fresh.log" 2>&1 || {
        tail -n 20 "$fresh.log" >&2
        fail "debootstrap failed (log: $fresh.log)"
    }
    {
        echo "deb $mirror $suite main"
        [ -z "$security" ] || echo "deb $security $suite-security main"
    } >"$fresh.part/etc/apt/sources.list"
    apt-config dump 2>/dev/null | grep -E '^Acquire::(Check-|http|https)' \
        >"$fresh.part/etc/apt/apt.conf.d/99machine" || true
    cp /etc/resolv.conf "$fresh.part/etc/resolv.conf"
    mv "$fresh.part" "$fresh"
}

unmount_all() {
    for point in dev/shm dev/pts dev proc; do
        if mountpoint -q "$fresh/$point"; then umount "$fresh/$point"; fi
    done
}

mount_all() {
    mount -t proc proc "$fresh/proc"
    mount --bind /dev "$fresh/dev"
    mount --bind /dev/pts "$fresh/dev/pts"
    if [ -d /dev/shm ]; then mount --bind /dev/shm "$fresh/dev/shm"; fi
}

# Runs "make $targets" in the chroot; the arguments are a prefix command.
run_make() {
    # shellcheck disable=SC2086
    "$@" chroot "$fresh" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        make -C /root/sopris $targets </dev/null
}

[ "$(id -u)" = 0 ] || fail "a chroot needs root: run as root or with sudo"
command -v debootstrap >/dev/null 2>&1 || fail "debootstrap is missing: apt-get install debootstrap"
trap unmount_all EXIT
trap 'exit 1' HUP INT TERM
unmount_all
if [ "${FRESH:-0}" = 1 ]; then rm -rf --one-file-system "$fresh"; fi
rm -rf --one-file-system "$fresh.part"
[ -d "$fresh" ] || make_root
rm -rf --one-file-system "$fresh/root/sopris"
git clone -q "$repository" "$fresh/root/sopris"
mount_all

say "make $targets in $suite, commit $(git -C "$repository" rev-parse --short HEAD)"
run_make env || fail "make $targets failed in $suite"
say "the same again without a network"
run_make unshare --net sh -c 'ip link set lo up; exec "$@"' without-network || fail "the second make $targets failed in $suite without a network"
say "$suite: both runs of make $targets passed"
