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
out=${1:-$here/../cache/linux-mini}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$out/work
grub=/usr/lib/grub/i386-pc

stamp=$(cat "$0" "$here/init" "$here/network" "$here/grub.cfg" "$here/../debian-packages.sh" | cksum)
outputs="vmlinuz-686 vmlinuz-686-pae initrd-686.gz initrd-686-pae.gz disk.img linux-mini.iso"
current=yes
[ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ] || current=
for file in $outputs; do [ -s "$out/$file" ] || current=; done
if [ -n "$current" ]; then
    echo "linux-mini is up to date in $out"
    exit 0
fi
rm -f "$out/stamp"
need cpio cpio mke2fs e2fsprogs xorriso xorriso grub-mkimage grub-common $grub/boot.img grub-pc-bin
packages_open "$work"

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
    echo "building the initramfs for $package ..."
    cp "$root"/boot/vmlinuz-* "$out/vmlinuz-$flavour"
    build_initrd $flavour "$(echo "$root"/lib/modules/*)"
done

# A core image that looks for our configuration by a file that only this medium has.
core() { # FORMAT MARKER OUTPUT MODULE...
    core_format=$1 core_output=$3
    printf 'search --file --set=root /boot/%s\nset prefix=($root)/boot/grub\n' "$2" >"$work/early.cfg"
    shift 3
    grub-mkimage -O "$core_format" -d $grub -c "$work/early.cfg" -p /boot/grub -o "$core_output" biosdisk search search_fs_file normal configfile \
        linux serial terminal echo test minicmd halt reboot boot "$@"
}

tree() { # MARKER: the files of the medium
    rm -rf "$work/tree"
    mkdir -p "$work/tree/boot/grub"
    cp "$out"/vmlinuz-* "$out"/initrd-*.gz "$work/tree/boot/"
    cp "$here/grub.cfg" "$work/tree/boot/grub/grub.cfg"
    echo "linux-mini, $1" >"$work/tree/boot/$1"
}

echo "building the disk image ..."
le32() { printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))\\$(printf %o $(($1 >> 16 & 255)))\\$(printf %o $(($1 >> 24 & 255)))"; }
put() { dd of="$out/disk.img.new" conv=notrunc bs=1 seek="$1" status=none; }
megabytes=64 first=2048
tree linux-mini.disk
core i386-pc linux-mini.disk "$work/core.img" part_msdos ext2
[ "$(stat -c %s "$work/core.img")" -le $(((first - 1) * 512)) ] || fail "GRUB's core image does not fit in front of the partition"
rm -f "$out/disk.img.new" "$work/partition.img"
# The partition starts at sector 2048; GRUB's core image lies in the gap behind the MBR, where its boot sector looks for it.
mke2fs -q -F -t ext2 -L linux-mini -d "$work/tree" "$work/partition.img" $((megabytes - 1))M >/dev/null
truncate -s ${megabytes}M "$out/disk.img.new"
dd if="$work/partition.img" of="$out/disk.img.new" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/core.img" of="$out/disk.img.new" bs=512 seek=1 conv=notrunc status=none
head -c 440 $grub/boot.img | put 0
le32 0x4D494E49 | put 440 # the disk's signature
{
    printf '\200\376\377\377\203\376\377\377' # active; no CHS address; Linux; no CHS address
    le32 $first
    le32 $((megabytes * 2048 - first))
    head -c 48 /dev/zero
    printf '\125\252'
} | put 446
rm -f "$work/partition.img"
mv "$out/disk.img.new" "$out/disk.img"

echo "building the CD ..."
tree linux-mini.cd
core i386-pc-eltorito linux-mini.cd "$work/tree/boot/grub/eltorito.img" iso9660
xorriso -as mkisofs -quiet -V LINUX_MINI -R -b boot/grub/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table \
    --grub2-boot-info -o "$out/linux-mini.iso.new" "$work/tree" 2>"$work/xorriso.log" || fail "xorriso: $(tail -n 3 "$work/xorriso.log")"
mv "$out/linux-mini.iso.new" "$out/linux-mini.iso"
rm -rf "$work/tree"

echo "$stamp" >"$out/stamp"
for file in $outputs; do echo "$out/$file"; done
