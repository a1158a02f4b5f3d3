#!/bin/sh
# Installs the Debian packages named in the given lists, those that are missing; with sudo where not root.
set -eu
missing=""
for package in $(cat "$@" | sed 's/#.*//'); do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "voxd needs these Debian packages, and apt-get is not here to install them:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null; then
    as_root="sudo"
else
    echo "voxd needs Debian packages that are missing, and you are neither root nor is sudo here. Run as root:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing Debian packages:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
