#!/bin/sh
# run_on_bochs.sh [CASE.asm...]: runs system cases (default: all) on Debian's Bochs, the reference for what is privileged.
# Each becomes a floppy image: a boot sector that moves itself away, loads the case to 7C00 and jumps there. What it writes to
# port E9 must be what its head says. Status 77: there is no Bochs.
here=$(cd "$(dirname "$0")" && pwd)
command -v bochs >/dev/null && command -v nasm >/dev/null && [ -e /usr/share/bochs/BIOS-bochs-latest ] || { echo "needed: Debian packages bochs, bochsbios, vgabios, nasm"; exit 77; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cat > "$dir/boot.asm" <<'A'
bits 16
org 0x600
    cli
    cld
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x600
    mov si, 0x7C00
    mov di, 0x600
    mov cx, 256
    rep movsw
    jmp 0:.moved
.moved:
    sti
    mov [.drive], dl
    mov bx, 0x7C00
    mov si, 1                   ; sector by sector from the second on
.next:
    mov ax, si
    xor dx, dx
    mov cx, 18
    div cx                      ; DX: sector, AX: track
    mov cl, dl
    inc cl
    mov dh, al
    and dh, 1
    shr ax, 1
    mov ch, al
    mov dl, [.drive]
    mov ax, 0x0201
    int 0x13
    jc .next
    add bx, 512
    inc si
    cmp si, SECTORS + 1
    jb .next
    mov si, .mark
.print:
    lodsb
    out 0xE9, al
    cmp al, '>'
    jne .print
    cli
    xor eax, eax
    xor ebx, ebx
    xor ecx, ecx
    xor edx, edx
    jmp 0:0x7C00
.drive: db 0
.mark: db 10, '@>'
    times 510 - ($ - $$) db 0
    dw 0xAA55
A
echo c > "$dir/debugger"
failed=0; run=0; skipped=0
[ $# -gt 0 ] || set -- $(grep -l '^; mode: system' "$here"/*/*.asm)
for case in "$@"; do
    if grep -q '^; bochs:' "$case" || { grep -q '^; cpu:' "$case" && ! grep -q '^; bochs_cpu:' "$case"; }; then skipped=$((skipped + 1)); continue; fi
    model=$(sed -n 's/^; bochs_cpu: *//p' "$case")
    { printf 'bits 16\norg 0x7C00\n'; cat "$case"; } > "$dir/case.asm"
    nasm -w-all -f bin -I "$here/" -o "$dir/case" "$dir/case.asm" || { failed=$((failed + 1)); continue; }
    sectors=$((($(stat -c %s "$dir/case") + 511) / 512))
    nasm -f bin -D SECTORS=$sectors -o "$dir/floppy" "$dir/boot.asm" || exit 1
    cat "$dir/case" >> "$dir/floppy"; truncate -s 1474560 "$dir/floppy"
    cat > "$dir/rc" <<R
config_interface: textconfig
display_library: rfb, options="timeout=0"
megs: 16
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=${model:-${BOCHS_CPU:-corei5_lynnfield_750}}, count=1, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=0
clock: sync=none, time0=1
floppya: 1_44=$dir/floppy, status=inserted
boot: floppy
port_e9_hack: enabled=1
sound: driver=dummy, waveout=/dev/null, wavein=, midiout=
log: $dir/log
panic: action=report
error: action=report
info: action=report
debug: action=ignore
R
    wanted=$(sed -n 's/^; output: *//p' "$case"); rm -f "$dir/log"
    timeout -k 1 "${BOCHS_TIMEOUT:-10}" bochs -q -rc "$dir/debugger" -f "$dir/rc" > "$dir/out" 2>/dev/null < /dev/null &
    pid=$!
    if grep -q '^; exit: shutdown' "$case"; then # Bochs stays where it is: wait for its log to say so
        for i in 1 2 3 4 5 6 7 8; do
            sleep 1
            grep -q -i 'no resolution, shutdown' "$dir/log" && break
        done
        kill $pid 2>/dev/null
        grep -q -i 'no resolution, shutdown' "$dir/log" || echo "no shutdown" >> "$dir/out"
    fi
    wait $pid
    run=$((run + 1))
    got=$(tr -d '\000\r' < "$dir/out" | sed -n 's/^@>//p' | head -1 | cut -c 1-300 | sed 's/(0)\..*//; s/[ ]*$//')
    if [ "$got" != "$wanted" ]; then
        failed=$((failed + 1)); echo "$case: Bochs prints '$got', expected '$wanted'"
        [ -z "$VERBOSE" ] || tail -4 "$dir/log"
    fi
done
echo "$run cases on Bochs, $failed failed, $skipped left out"
[ $failed -eq 0 ]
