#!/bin/sh
# build.sh OUTDIR [LINUX_MINI]: builds the benchmark guest in OUTDIR:
#   workloads            the workloads as a static i386 program; it also runs natively
#   vmlinuz              linux-mini's 686-pae kernel
#   initrd-boot.gz       linux-mini's initramfs
#   initrd-bench.gz      the same with the workloads added (kernel command line: rdinit=/bench/init)
# LINUX_MINI holds linux-mini (default: guests/cache/linux-mini, built there if it is missing). Status 77: its packages cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mini=${2:-$here/../../guests/cache/linux-mini}
mkdir -p "$1"
out=$(cd "$1" && pwd)
for tool in gcc cpio; do
    command -v $tool >/dev/null || { echo "$tool is missing: apt-get install gcc-multilib cpio" >&2; exit 1; }
done
[ -n "${2:-}" ] || sh "$here/../../guests/linux-mini/build.sh" >&2

outputs="workloads vmlinuz initrd-boot.gz initrd-bench.gz"
stamp=$(cat "$here"/* "$mini/stamp" | cksum)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    current=yes
    for file in $outputs; do [ -s "$out/$file" ] || current=; done
    [ -z "$current" ] || exit 0
fi
work=$(mktemp -d "$out/work.XXXXXX") # another run may be using the files
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bench"
# Fixed targets, and nothing that the compiler would turn into calls of library functions with variants for each CPU.
flags="-m32 -O2 -march=i686 -fno-pie -fno-tree-loop-distribute-patterns -fno-math-errno -Wall -Wextra -Werror"
compile() { # SOURCE OBJECT FLAGS...
    source=$here/$1 object=$work/$2
    shift 2
    gcc $flags "$@" -c "$source" -o "$object" || { echo "gcc cannot build for i386: apt-get install gcc-multilib" >&2; exit 1; }
}
for name in main integer memory system code; do compile $name.c $name.o -mno-sse; done
compile floating.c x87.o -mno-sse -mfpmath=387
compile floating.c sse.o -msse2 -mfpmath=sse -fno-tree-vectorize -DWITH_SSE
gcc -m32 -static -no-pie -s "$work"/*.o -o "$work/workloads"

cp "$work/workloads" "$here/init" "$work/root/bench/"
chmod 755 "$work/root/bench/init"
(cd "$work/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) | gzip -9n >"$work/bench.gz"
# The kernel unpacks archives that follow each other.
cat "$mini/initrd-686-pae.gz" "$work/bench.gz" >"$work/initrd-bench.gz"
cp "$mini/initrd-686-pae.gz" "$work/initrd-boot.gz"
cp "$mini/vmlinuz-686-pae" "$work/vmlinuz"
for file in $outputs; do mv "$work/$file" "$out/$file"; done
echo "$stamp" >"$out/stamp"
