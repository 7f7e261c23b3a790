#!/bin/sh
# build.sh [OUTDIR]: builds a bootable CD of Debian's network installer (i386) in OUTDIR (default: guests/cache/debian-installer):
#   installer.iso    GRUB's menu: install; install without a question (preseed.cfg), onto the first disk; both on the screen or on COM1
# Run again it does nothing if nothing here changed. Status 77: the package could not be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../debian-packages.sh"
. "$here/../grub-media.sh"
image_begin "${1:-$here/../cache/debian-installer}" "installer.iso" "$here/grub.cfg" "$here/preseed.cfg"
need cpio cpio xorriso xorriso grub-mkimage grub-common $grub/boot.img grub-pc-bin
packages_open "$work"
progress 0 "fetching the installer"
images=$(packages_fetch debian-installer-12-netboot-i386)/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386
[ -s "$images/linux" ] || fail "the package debian-installer-12-netboot-i386 has no text installer"
progress 80 "making the CD"
rm -rf "$work/tree"
mkdir -p "$work/tree/boot/grub"
cp "$images/linux" "$images/initrd.gz" "$work/tree/boot/"
cp "$here/grub.cfg" "$work/tree/boot/grub/grub.cfg"
# The kernel unpacks this archive over the installer's, which reads /preseed.cfg by itself.
(cd "$here" && echo preseed.cfg | cpio -o -H newc --quiet -R 0:0) >"$work/tree/boot/preseed.cpio"
echo "Debian's network installer" >"$work/tree/boot/debian-installer.cd"
grub_core i386-pc-eltorito /boot/debian-installer.cd "$work/tree/boot/grub/eltorito.img" iso9660
grub_cd "$work/tree" DEBIAN_INSTALLER "$out/installer.iso.new"
mv "$out/installer.iso.new" "$out/installer.iso"
rm -rf "$work"
image_end
