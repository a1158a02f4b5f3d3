#!/bin/sh
# Makes the wheel of voxd in FOLDER, and FOLDER/wheelhouse: that wheel and all that locks name for this machine, built where
# there is none to download. Byte by byte the same whenever, wherever and by whomever it is made.
#
#     config/release/wheelhouse.sh FOLDER -r LOCK...      (`make wheelhouse`; what follows FOLDER is for pip download)
#
# It is installed without a network, every file checked, by
#
#     pip install --no-index --no-deps --require-hashes --find-links wheelhouse -r wheelhouse/requirements.txt
#
# PYTHON has pip and what config/locks/build.txt names; SOURCE_DATE_EPOCH is the time of all that is made.
set -eu
umask 022
export LC_ALL=C.UTF-8 TZ=UTC PYTHONHASHSEED=0
export CFLAGS="-g0" LDFLAGS="-s"   # what debuggers want holds the path of the folder that it was built in
here=$(cd "$(dirname "$0")" && pwd)
project=$here/../..
python=${PYTHON:-$project/.venv/bin/python}
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct)}"
mkdir -p "$1"
target=$(cd "$1" && pwd)
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/voxd" "$work/fetched" "$work/wheelhouse"

pip() {
    "$python" -m pip --quiet --disable-pip-version-check "$@"
}

# A build in the project itself would take in what an earlier one left there.
(cd "$project" && cp -R voxd setup.cfg pyproject.toml README.md LICENSE "$work/voxd")

pip download --no-deps --no-build-isolation --require-hashes --dest "$work/fetched" "$@"
# Nothing from pip's cache, whose wheels were built some other time; what is a wheel already stays as it is.
pip wheel --no-deps --no-build-isolation --no-index --no-cache-dir --wheel-dir "$work/wheelhouse" \
    "$work/voxd" "$work/fetched"/*

cd "$work/wheelhouse"
for wheel in *.whl; do
    rest=${wheel#*-}
    hash=$(sha256sum "$wheel")
    echo "${wheel%%-*}==${rest%%-*} --hash=sha256:${hash%% *}"
done >requirements.txt

rm -rf "$target/wheelhouse" "$target"/voxd-*.whl
cp voxd-*.whl "$target"
cp -R "$work/wheelhouse" "$target/wheelhouse"
