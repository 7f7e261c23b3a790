#!/bin/sh
# build.sh [OUTDIR]: builds linux-mini in OUTDIR (default: guests/cache/linux-mini) from Debian's i386 packages:
#   vmlinuz-686, vmlinuz-686-pae          the unmodified kernels
#   initrd-686.gz, initrd-686-pae.gz      busybox, our init, and modules for disks, file systems, network and USB
#   disk.img                              a raw disk: MBR, GRUB, one ext2 partition with all of the above
#   linux-mini.iso                        the same as a bootable CD
# Run again it does nothing if nothing here changed; remove OUTDIR to take newer packages. Needs no root and no loop device.
# Status 77: the packages could not be fetched.
set -eu
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../debian-packages.sh"
. "$here/../grub-media.sh"
image_begin "${1:-$here/../cache/linux-mini}" "vmlinuz-686 vmlinuz-686-pae initrd-686.gz initrd-686-pae.gz disk.img linux-mini.iso" \
    "$here/init" "$here/network" "$here/grub.cfg"
need cpio cpio mke2fs e2fsprogs xorriso xorriso grub-mkimage grub-common $grub/boot.img grub-pc-bin
packages_open "$work"

progress 0 "fetching packages"
busybox=$(packages_fetch busybox-static)/bin/busybox

# visit_module NAME: appends the module to $order, behind those it depends on (its .modinfo section says which). Only positional
# parameters are local to a shell function, hence their use.
visit_module() {
    case " $visited " in *" $1 "*) return ;; esac
    visited="$visited $1"
    set -- "$1" "$(echo "$1" | tr _ -)"
    set -- "$1" "$2" "$(cd "$modules" && find kernel -name "$1.ko" -o -name "$2.ko" | head -n 1)"
    if [ -z "$3" ]; then
        grep -q "/\($1\|$2\)\.ko\$" "$modules/modules.builtin" || fail "the kernel package has no module $1"
        return
    fi
    for dependency in $(tr '\0' '\n' <"$modules/$3" | sed -n 's/^depends=//p' | tr ',' ' '); do visit_module "$dependency"; done
    order="$order $3"
}

# modules_in_order LIST MODULE...: copies modules and writes their order; needs $root and $modules.
modules_in_order() {
    list=$1 order=
    shift
    for module in "$@"; do visit_module $module; done
    for file in $order; do
        cp "$modules/$file" "$root/lib/modules/"
        basename "$file"
    done >"$root/lib/modules/$list"
}

build_initrd() { # FLAVOUR MODULE_TREE
    root=$work/root-$1
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/sbin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/mnt" "$root/lib/modules"
    cp "$busybox" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    cp "$here/init" "$root/init"
    chmod 755 "$root/init" "$root/bin/busybox"
    modules=$2 visited=
    cp "$here/network" "$root/sbin/network"
    chmod 755 "$root/sbin/network"
    modules_in_order order ata_piix ata_generic sd_mod sr_mod crc32c_generic ext4 isofs vfat nls_cp437 nls_ascii floppy
    modules_in_order order.network af_packet e1000 ne2k-pci ne
    modules_in_order order.usb uhci-hcd usbhid hid-generic evdev
    (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) | gzip -9n >"$out/initrd-$1.gz"
}

for flavour in 686 686-pae; do
    package=$(packages_dependency linux-image-$flavour "linux-image-[0-9].*-$flavour")
    [ -n "$package" ] || skip "the package sources of this machine do not offer linux-image-$flavour for i386 (Debian 12 does)"
    root=$(packages_fetch "$package")
    [ $flavour = 686 ] && progress 40 "making the initramfs of $package" || progress 70 "making the initramfs of $package"
    cp "$root"/boot/vmlinuz-* "$out/vmlinuz-$flavour"
    build_initrd $flavour "$(echo "$root"/lib/modules/*)"
done

tree() { # MARKER: the files of the medium
    rm -rf "$work/tree"
    mkdir -p "$work/tree/boot/grub"
    cp "$out"/vmlinuz-* "$out"/initrd-*.gz "$work/tree/boot/"
    cp "$here/grub.cfg" "$work/tree/boot/grub/grub.cfg"
    echo "linux-mini, $1" >"$work/tree/boot/$1"
}

progress 80 "making the disk"
tree linux-mini.disk
grub_core i386-pc /boot/linux-mini.disk "$work/core.img" part_msdos ext2
rm -f "$work/partition.img"
mke2fs -q -F -t ext2 -L linux-mini -d "$work/tree" "$work/partition.img" 63M >/dev/null
grub_disk "$out/disk.img.new" "$work/partition.img" "$work/core.img" 0x4D494E49
mv "$out/disk.img.new" "$out/disk.img"

progress 90 "making the CD"
tree linux-mini.cd
grub_core i386-pc-eltorito /boot/linux-mini.cd "$work/tree/boot/grub/eltorito.img" iso9660
grub_cd "$work/tree" LINUX_MINI "$out/linux-mini.iso.new"
mv "$out/linux-mini.iso.new" "$out/linux-mini.iso"
rm -rf "$work/tree"
image_end
