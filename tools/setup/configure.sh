#!/bin/sh
# Makes the build folder of one kind (host, sanitize, fuzz, device), if it is not there or was
# made with other options.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
kind=$1
folder=$root/build/$kind

compiler=cc
case "$kind" in
    host) set -- ;;
    # Warnings are errors in build/host, of the same sources; here GCC warns of the shift checks that it adds itself.
    sanitize) set -- -Db_sanitize=address,undefined -Dwerror=false -Db_lundef=false -Doptimization=1 ;;
    fuzz) set -- -Dfuzzers=true -Dwerror=false -Db_lundef=false -Doptimization=1; compiler=clang ;;
    device) set -- --cross-file "$root/tools/meson/cortex-m33.ini" ;;
    *) echo "configure: no kind of build is called $kind" >&2; exit 1 ;;
esac
options="$compiler $* $(cat "$root/tools/meson/cortex-m33.ini")"
if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.options" 2>/dev/null)" = "$options" ]; then
    exit 0
fi
rm -rf "$folder"
mkdir -p "$root/build"
printf '  configuring build/%s\n' "$kind"
CC=$compiler meson setup "$@" "$folder" "$root" >"$root/build/configure-$kind.log" 2>&1 || {
    tail -n 20 "$root/build/configure-$kind.log" >&2
    echo "configure: Meson refused build/$kind (see above)" >&2
    rm -rf "$folder"
    exit 1
}
printf '%s\n' "$options" >"$folder/.options"
