# Sourced by the scripts that make bootable media, behind debian-packages.sh: GRUB on disks and CDs, without root and without loop
# devices. Needs grub-common, grub-pc-bin and xorriso; $work is a folder for scratch files.
grub=/usr/lib/grub/i386-pc

# grub_core FORMAT MARKER OUTPUT MODULE...: a core image that looks for its configuration by a file, MARKER, that only this medium has.
grub_core() {
    core_format=$1 core_output=$3
    printf 'search --file --set=root %s\nset prefix=($root)/boot/grub\n' "$2" >"$work/early.cfg"
    shift 3
    grub-mkimage -O "$core_format" -d $grub -c "$work/early.cfg" -p /boot/grub -o "$core_output" biosdisk search search_fs_file normal \
        configfile linux serial terminal echo test minicmd halt reboot boot "$@"
}

le32() { printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))\\$(printf %o $(($1 >> 16 & 255)))\\$(printf %o $(($1 >> 24 & 255)))"; }

# grub_disk DISK PARTITION CORE SIGNATURE: a raw disk with one active Linux partition, made of the file PARTITION (whole MiB; removed), at
# sector 2048. GRUB's core image lies in the gap behind the MBR, where its boot sector looks for it.
grub_disk() {
    disk_first=2048 disk_sectors=$(($(stat -c %s "$2") / 512))
    [ "$(stat -c %s "$3")" -le $(((disk_first - 1) * 512)) ] || fail "GRUB's core image does not fit in front of the partition"
    rm -f "$1"
    truncate -s $(((disk_first + disk_sectors) * 512)) "$1"
    dd if="$2" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
    rm -f "$2"
    dd if="$3" of="$1" bs=512 seek=1 conv=notrunc status=none
    {
        head -c 440 $grub/boot.img
        le32 "$4"
        printf '\0\0'
        printf '\200\376\377\377\203\376\377\377' # active; no CHS address; Linux; no CHS address
        le32 $disk_first
        le32 "$disk_sectors"
        head -c 48 /dev/zero
        printf '\125\252'
    } | dd of="$1" conv=notrunc bs=512 count=1 iflag=fullblock status=none
}

# grub_cd TREE LABEL OUTPUT: a bootable CD of a folder that has boot/grub/eltorito.img.
grub_cd() {
    xorriso -as mkisofs -quiet -V "$2" -R -b boot/grub/eltorito.img -no-emul-boot -boot-load-size 4 -boot-info-table \
        --grub2-boot-info -o "$3" "$1" 2>"$work/xorriso.log" || fail "xorriso: $(tail -n 3 "$work/xorriso.log")"
}
