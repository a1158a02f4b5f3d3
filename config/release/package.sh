#!/bin/sh
# Makes the Debian package of voxd in FOLDER, from the wheelhouse and the bill of materials that lie there already.
#
#     config/release/package.sh FOLDER [OPTIONS OF dpkg-deb]
#
# PYTHON is that of the package: its minor version and no other runs what is in it. SOURCE_DATE_EPOCH is the time of all.
set -eu
umask 022
export LC_ALL=C.UTF-8 TZ=UTC PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
python=${PYTHON:-$project/.venv-release/bin/python}
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct)}"
folder=$(cd "$1" && pwd)
shift

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
documents=$root/usr/share/doc/voxd
chmod 0755 "$root"

place() {
    install -D -m "$1" "$2" "$root/$3"
}

"$python" "$here/environment.py" "$folder/wheelhouse" "$project/config/locks/base.txt" "$root" /usr/lib/voxd
mkdir -p "$root/usr/bin"
ln -s ../lib/voxd/bin/voxd "$root/usr/bin/voxd"

# voxd-engine@.service and voxd.container are for what this package does not bring.
for unit in voxd.service voxd@.service voxd.socket voxd-tidy.service voxd-tidy.timer; do
    place 0644 "$project/systemd/$unit" "usr/lib/systemd/system/$unit"
done
place 0644 "$project/systemd/voxd.sysusers.conf" usr/lib/sysusers.d/voxd.conf
place 0644 "$project/systemd/voxd.tmpfiles.conf" usr/lib/tmpfiles.d/voxd.conf
place 0640 "$here/debian/voxd.yaml" etc/voxd/voxd.yaml
place 0644 "$here/debian/lintian-overrides" usr/share/lintian/overrides/voxd

for document in README.md config/voxd.yaml; do
    place 0644 "$project/$document" "usr/share/doc/voxd/${document##*/}"
done
place 0644 "$folder"/sbom/voxd-*-base.cdx.json usr/share/doc/voxd/sbom.cdx.json
place 0644 "$here/debian/copyright" usr/share/doc/voxd/copyright
cp -R "$project/config/examples" "$documents/examples"
mkdir "$documents/examples/systemd"
cp -R "$project/systemd/drop-ins/voxd.service.d" "$documents/examples/systemd"

wheel=$(basename "$folder"/wheelhouse/voxd-*.whl)
version=$(echo "$wheel" | cut -d- -f2)
maintainer=$(sed -n 's/^Maintainer: //p' "$here/debian/control")
gzip -9n <"$project/CHANGELOG.md" >"$documents/changelog.gz"
gzip -9n >"$documents/changelog.Debian.gz" <<END
voxd ($version-1) stable; urgency=medium

  * What is new is told in changelog.gz.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
END

find "$root" -type d -exec chmod 0755 {} + -o -type f ! -perm /111 ! -name voxd.yaml -exec chmod 0644 {} +
sums=$(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum)
# As dpkg-gencontrol counts: whole KiB of each file, one for everything else.
size_kib=$(find "$root" -mindepth 1 \( -type f -printf '%s\n' -o -printf '1\n' \) | awk '{ n += int(($1 + 1023) / 1024) } END { print n }')
python_is=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
architecture=$(dpkg --print-architecture)
mkdir "$root/DEBIAN"
sed -e "s/@VERSION@/$version-1/; s/@ARCHITECTURE@/$architecture/; s/@INSTALLED_SIZE@/$size_kib/" \
    -e "s/@PYTHON@/$python_is/; s/@NEXT_PYTHON@/3.$((${python_is#3.} + 1))/" "$here/debian/control" >"$root/DEBIAN/control"
echo "$sums" >"$root/DEBIAN/md5sums"
echo /etc/voxd/voxd.yaml >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 0755 "$here/debian/$script" "$root/DEBIAN/$script"
done

find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
rm -f "$folder"/voxd_*.deb
dpkg-deb --root-owner-group -Zxz "$@" --build "$root" "$folder/voxd_$version-1_$architecture.deb" >/dev/null
