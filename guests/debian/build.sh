#!/bin/sh
# build.sh [OUTDIR]: builds a small Debian 12 (i386) with systemd, network and a login in OUTDIR (default: guests/cache/debian-system):
#   disk.img   a raw disk of 2 GiB, sparse: MBR, GRUB, one ext4 partition
# The user is `user`, the password of user and root is `ringshift`; the screen and the first serial port have a login each, and sshd
# listens. mmdebstrap installs the packages, as root or in a user namespace. RINGSHIFT_MIRROR names another mirror than deb.debian.org.
# Run again it does nothing if nothing here changed; remove OUTDIR to take newer packages. Status 77: the packages could not be had.
set -eu
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../debian-packages.sh"
. "$here/../grub-media.sh"
image_begin "${1:-$here/../cache/debian-system}" "disk.img" "$here/grub.cfg" "$here/setup"
mirror=${RINGSHIFT_MIRROR:-http://deb.debian.org/debian}
need mmdebstrap mmdebstrap arch-test arch-test genext2fs genext2fs resize2fs e2fsprogs grub-mkimage grub-common $grub/boot.img grub-pc-bin
mode=root
if [ "$(id -u)" -ne 0 ]; then
    mode=unshare
    need newuidmap uidmap
fi
arch-test i386 >/dev/null 2>&1 || fail "this machine does not run 32-bit programs, which installing Debian's i386 packages needs"
mkdir -p "$work"

# The stages of mmdebstrap, with their share of the time on a line of 20 Mbit/s.
stages() {
    while IFS= read -r line; do
        echo "$line" >&2
        case $line in
        *"running apt-get update"*) progress 1 "reading the package lists" ;;
        *"downloading packages"*) progress 4 "downloading packages" ;;
        *"extracting archives"*) progress 30 "unpacking packages" ;;
        *"installing essential"*) progress 38 "setting up the base system" ;;
        *"installing remaining"*) progress 48 "installing the kernel, systemd and the network" ;;
        *"customize"*) progress 80 "setting up the system" ;;
        *"creating"*) progress 82 "writing the file system" ;;
        esac
    done
}
packages=linux-image-686-pae,systemd-sysv,udev,dbus,libpam-systemd,ifupdown,isc-dhcp-client,iproute2,iputils-ping,openssh-server,kbd
packages=$packages,ca-certificates,less,nano,wget,e2fsprogs
progress 0 "starting mmdebstrap"
rm -f "$work/root.ext2" "$work/failed"
{
    SOURCE_DATE_EPOCH=$(date +%s) mmdebstrap --mode=$mode --variant=minbase --architectures=i386 --format=ext2 --include=$packages \
        --customize-hook="sh '$here/setup' \"\$1\"" bookworm "$work/root.ext2" "$mirror" 2>&1 || : >"$work/failed"
} | stages 2>"$work/mmdebstrap.log"
if [ -e "$work/failed" ]; then
    tail -n 5 "$work/mmdebstrap.log" >&2
    if grep -q "Failed to fetch\|Could not connect\|Temporary failure\|Could not resolve" "$work/mmdebstrap.log"; then
        skip "the packages could not be had from $mirror"
    fi
    fail "mmdebstrap has failed; all it said is in $work/mmdebstrap.log"
fi

progress 88 "making it an ext4 file system"
check() { # FILE: e2fsck says by 1 that it has put something right
    e2fsck -fpD "$1" >"$work/e2fsck.log" 2>&1 || [ $? -eq 1 ] || fail "e2fsck: $(tail -n 3 "$work/e2fsck.log")"
}
mv "$work/root.ext2" "$work/partition.img"
tune2fs -O extents,uninit_bg,dir_index,has_journal -L debian "$work/partition.img" >"$work/tune2fs.log" 2>&1 ||
    fail "tune2fs: $(tail -n 3 "$work/tune2fs.log")"
check "$work/partition.img"
resize2fs "$work/partition.img" 2047M >"$work/resize2fs.log" 2>&1 || fail "resize2fs: $(tail -n 3 "$work/resize2fs.log")"
check "$work/partition.img"
progress 95 "making the disk"
grub_core i386-pc /boot/ringshift.debian "$work/core.img" part_msdos ext2
grub_disk "$out/disk.img.new" "$work/partition.img" "$work/core.img" 0x4E414244
mv "$out/disk.img.new" "$out/disk.img"
rm -rf "$work"
image_end
