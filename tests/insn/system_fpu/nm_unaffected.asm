; What CR0.EM, CR0.TS and CR4.OSFXSR leave alone: fences, prefetches, PAUSE, MOVNTI, CLFLUSH, POPCNT, CRC32, CMOV
; mode: system
; manual: SDM vol. 3A, 13.1, table 13-1; vol. 2A, 2.4
; output: PASS
%include "system.inc"
%macro all_run 0
    sfence
    lfence
    mfence
    prefetcht0 [SCRATCH]
    prefetchnta [0xFFFFFFF0]
    pause
    mov eax, 0x5A5A0F0F
    movnti [SCRATCH], eax
    equals [SCRATCH], 0x5A5A0F0F
    clflush [SCRATCH]
    popcnt ecx, eax
    equals ecx, 16
    xor edx, edx
    crc32 edx, al
    equals edx, 0x5E133C24
    cmp eax, eax
    cmovne ecx, eax
    equals ecx, 16
    xor edx, edx
    xadd [SCRATCH], edx
    equals edx, 0x5A5A0F0F
    user_runs {sfence}
    user_runs {mfence}
    user_runs {movnti [SCRATCH + 4], eax}
    equals [SCRATCH + 4], 0x5A5A0F0F
    user_runs {popcnt ebx, eax}
    equals ebx, 16
    mov dword [SCRATCH], 0
    mov dword [SCRATCH + 4], 0
%endmacro
start:
    set_cr4 0, CR4_OSFXSR
    all_run
    set_cr0 CR0_EM, 0
    all_run
    set_cr0 CR0_TS, 0
    all_run
    set_cr0 0, CR0_EM
    set_cr4 CR4_OSFXSR, 0
    all_run
    finish
