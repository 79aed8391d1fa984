#!/bin/sh
# Fetches the third-party sources that Sopris builds from (tools/setup/sources.txt) into deps/.
#
# They are Debian source packages of one suite, taken by apt with a private configuration:
# its own sources file, lists and cache, so that nothing else on the machine changes. The
# mirror is the one this machine's apt already uses. apt checks the signature of the
# release, and through it the checksum of every file. Needs no rights beyond writing deps/.
# A second run does nothing and needs no network.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
deps=${SOPRIS_DEPS:-$root/deps}
suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '  %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

sources_list() { grep -v '^#' "$here/sources.txt"; }

# Prints the lines of sources.txt that are not in deps/ yet.
missing() {
    sources_list | while read -r name series; do
        case "$(cat "$deps/$name/.sopris-source" 2>/dev/null || true)" in
            "$name $series".*) ;;
            *) echo "$name $series" ;;
        esac
    done
}

# The site of the machine's own apt sources with label $1, for example Debian.
site() {
    apt-get indextargets --format '$(LABEL)|$(COMPONENT)|$(SITE)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == label && $2 == "main" { print $3; exit }'
}

private_apt() {
    debian=$(site Debian)
    [ -n "$debian" ] || fail "apt knows no Debian mirror yet; run 'apt-get update' as root, then try again"
    [ -r "$keyring" ] || fail "$keyring is missing; install the package debian-archive-keyring"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/files" "$work/none"
    security=$(site Debian-Security)
    {
        echo "deb-src [signed-by=$keyring] $debian $suite main"
        [ -z "$security" ] ||
            echo "deb-src [signed-by=$keyring] $security $suite-security main"
    } >"$work/sources.list"
    cat >"$work/apt.conf" <<CONF
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/none";
Dir::Etc::Preferences "$work/none/preferences";
Dir::Etc::PreferencesParts "$work/none";
Dir::State::Lists "$work/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Get::List-Cleanup "false";
CONF
    # apt, when root, downloads as the user _apt, which must be able to write there.
    if [ "$(id -u)" = 0 ] && id _apt >/dev/null 2>&1; then
        chown _apt "$work/files" "$work/lists/partial" "$work/cache/archives/partial"
    fi
    chmod 755 "$work" "$work/files"
}

# Fetches package $1, whose version must be of series $2, and moves it into deps/ whole.
fetch() {
    name=$1 series=$2
    say "$name $series: downloading the source package"
    (cd "$work/files" &&
        APT_CONFIG="$work/apt.conf" apt-get -qq source --download-only "$name") >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "apt could not fetch the source package $name of $suite; is the network there?"
    }
    dsc=$(find "$work/files" -name "${name}_*.dsc" | sort | tail -n 1)
    version=$(sed -n 's/^Version: //p' "$dsc" | head -n 1)
    version=${version#*:}
    case "$version" in
        "$series".*) ;;
        *) fail "$suite has $name $version, but Sopris needs $series" ;;
    esac
    # With Debian's patches: they carry security fixes. The signature of the release has
    # vouched for these files, so that of the single package need not be checked again.
    tree="$deps/.unpack.$$/$name"
    mkdir -p "$deps/.unpack.$$"
    dpkg-source --no-check -x "$dsc" "$tree" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "dpkg-source could not unpack $dsc"
    }
    echo "$name $version" >"$tree/.sopris-source"
    rm -rf "${deps:?}/$name"
    mv "$tree" "$deps/$name"
    say "$name $version: in $deps/$name"
}

todo=$(missing)
if [ -z "$todo" ]; then
    say "sources: present ($(sources_list | cut -d' ' -f1 | paste -sd' '))"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work" "$deps/.unpack.$$"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$deps"
private_apt
say "reading the signed package lists of $suite"
APT_CONFIG="$work/apt.conf" apt-get -qq update >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "apt could not read the package lists of $suite; is the network there?"
}
echo "$todo" | while read -r name series; do fetch "$name" "$series"; done
