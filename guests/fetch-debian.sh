#!/bin/sh
# fetch-debian.sh [OUTDIR [NAME...]]: puts unmodified guests out of Debian packages into OUTDIR (default: guests/cache/debian) and prints
# their paths; with NAMEs, these alone. Files that are installed on this machine are copied from there, the others are downloaded.
# Status 77: something could not be obtained.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/debian-packages.sh"
out=${1:-$here/cache/debian}
[ $# -eq 0 ] || shift
wanted=" $* "
mkdir -p "$out"
out=$(cd "$out" && pwd)
packages_open "$out/work"

# copy NAME PACKAGE PATH...: the first PATH that is installed or in the package becomes OUTDIR/NAME.
copy() {
    name=$1 package=$2
    shift 2
    case $wanted in "  " | *" $name "*) ;; *) return 0 ;; esac
    if [ ! -s "$out/$name" ]; then
        source=
        for path in "$@"; do
            if [ -z "$source" ] && [ -s "$path" ]; then source=$path; fi
        done
        if [ -z "$source" ]; then
            root=$(packages_fetch "$package")
            for path in "$@"; do
                if [ -z "$source" ] && [ -s "$root$path" ]; then source=$root$path; fi
            done
        fi
        [ -n "$source" ] || fail "the package $package has none of: $*"
        cp "$source" "$out/$name.new"
        chmod u+w "$out/$name.new"
        mv "$out/$name.new" "$out/$name"
    fi
    echo "$out/$name"
}

copy memtest86+.iso memtest86+ /usr/lib/memtest86+/memtest86+ia32.iso /usr/lib/memtest86+/memtest86+x32.iso /boot/memtest86+x32.iso
copy grub-rescue-cdrom.iso grub-rescue-pc /usr/lib/grub-rescue/grub-rescue-cdrom.iso
copy grub-rescue-floppy.img grub-rescue-pc /usr/lib/grub-rescue/grub-rescue-floppy.img
images=/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386
copy installer-linux debian-installer-12-netboot-i386 $images/linux
copy installer-initrd.gz debian-installer-12-netboot-i386 $images/initrd.gz
