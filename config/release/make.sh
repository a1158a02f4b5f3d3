#!/bin/sh
# Makes everything that a release consists of in FOLDER, from the last commit: whoever makes it from that commit, wherever
# and whenever, on the same Debian, gets the same bytes.
#
#     config/release/make.sh FOLDER [OPTIONS OF dpkg-deb]      (`make release`)
#
# voxd-VERSION-py3-none-any.whl, voxd-VERSION.tar.gz     for pip
# voxd_VERSION-1_ARCHITECTURE.deb                        for apt
# wheelhouse/                                            for a machine without a network
# locks/                                                 what it runs with, with the hashes of all files
# sbom/                                                  the same as CycloneDX
# SHA256SUMS                                             of everything
#
# PYTHON has pip and what config/locks/build.txt and release.txt name.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
export PYTHON="${PYTHON:-$project/.venv-release/bin/python}"
SOURCE_DATE_EPOCH=$(git -C "$project" log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift

[ -z "$(git -C "$project" status --porcelain)" ] || echo "What is not committed is not part of the release" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/source made=$work/made locks=$work/source/config/locks
mkdir "$source" "$made" "$made/locks" "$made/sbom"
git -C "$project" archive HEAD | tar -x -C "$source"

"$source/config/release/wheelhouse.sh" "$made" -r "$locks/build.txt" -r "$locks/base.txt"
wheel=$(basename "$made"/voxd-*.whl)
name=${wheel%-py3-none-any.whl}

# Everything that git has, and what pip wants to know of it.
"$PYTHON" -m zipfile -e "$made/$wheel" "$work/unpacked"
cp "$work/unpacked/$name.dist-info/METADATA" "$work/PKG-INFO"
git -C "$project" -c tar.umask=0022 archive --format=tar --prefix="$name/" --add-file="$work/PKG-INFO" HEAD |
    gzip -9n >"$made/$name.tar.gz"

for lock in build base cpu cuda piper; do
    cp "$locks/$lock.txt" "$made/locks"
done
for lock in base cpu cuda piper; do
    "$PYTHON" "$source/config/release/sbom.py" "$locks/$lock.txt" "$made/wheelhouse" >"$made/sbom/$name-$lock.cdx.json"
done
"$source/config/release/package.sh" "$made" "$@"

(cd "$made" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/SHA256SUMS"
rm -rf "$folder/wheelhouse" "$folder/locks" "$folder/sbom" "$folder"/voxd[-_]*
cp -R "$made/." "$work/SHA256SUMS" "$folder"
