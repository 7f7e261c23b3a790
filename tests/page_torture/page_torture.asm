; Random work on page tables: a guest for all engines and for Bochs.
;
; Sixty-four linear pages (four regions of sixteen, each region behind one page directory entry) show thirty-two frames
; through four page tables that regions and two address spaces share, or through large pages over the same frames. Entries
; are written from either ring, where they lie or through the recursive map: frames, rights, global, accessed and dirty bits,
; NX and reserved bits, tables and large pages in place of each other. Instructions of all sorts then use the pages: data in
; one or two pages, strings in both directions, stacks, code, code whose page becomes another one while a call is out. What
; came of each (vector, error code, CR2, registers, flags), all entries with their A and D bits, and all frames go into a sum
; that is printed after each round. Rounds are with PAE or without.
;
; Of translations that may be cached the guest looks only at what the manual guarantees (SDM vol. 3A, 4.10.4), unless
; `loose` is set. `stale` says for each page what may be cached for it: entries that were absent have never been; if rights
; only grew, a fault may be spurious, and is tried again; anything else is flushed before it counts, or read for nothing.
; Global pages are in region 3, which both address spaces have alike (4.10.2.4).

%ifdef FLAT
    bits 16
    org 0x7C00
%endif
    jmp near system_entry
    align 4
seed: dd SEED                  ; 7C04; what comes here may be put in later
rounds: dd ROUNDS
operations: dd OPERATIONS      ; in a round
loose: dd LOOSE
%ifndef SHOWN
%define SHOWN 0
%endif
shown: dd SHOWN                    ; prints what came of each access

%include "system.inc"

DIRECTORY equ 0x40000          ; of each address space
POINTERS equ 0x42000           ; the same, with PAE
UPPER equ 0x44000              ; directories for the recursive map, with PAE
IDENTITY equ 0x46000
TABLES equ 0x48000             ; four
FRAMES equ 0x400000            ; sixteen here ..
MORE_FRAMES equ 0x600000       ; .. and here
REGIONS equ 0x10000000         ; linear
DIRECT equ 0x20000000          ; linear: the frames, the supervisor's
OTHER_STACK equ 0x6800         ; Ring 0 during an access

PRESENT equ 1
WRITABLE equ 2
USER equ 4
ACCESSED equ 0x20
DIRTY equ 0x40
LARGE equ 0x80
GLOBAL_PAGE equ 0x100

; What may be cached.
GREW equ 1                     ; with fewer rights
OLD equ 2                      ; with other contents
IN_ALL equ 4                   ; as a global page

; Where a frame has code.
CONSTANT equ 0x800             ; mov eax, of the frame; ret
AWAY equ 0x840                 ; call [away]; mov edx, of the frame; ret
REPEATED equ 0x8C0                 ; adds to EAX some times

%macro choose 1                ; EAX: 0 to %1 - 1
    call random
    push edx
    mov edx, %1
    mul edx
    mov eax, edx
    pop edx
%endmacro

%macro chance 2                ; of 256: jumps to %2; changes EAX
    call random
    cmp al, %1
    jb %2
%endmacro

%macro mix 1
    rol ebx, 5
    add ebx, %1
%endmacro

start:
    mov eax, [seed]
    imul eax, 0x9E3779B1
    xor eax, 0x5A5A1234
    mov [random_state], eax
    set_cr4 CR4_PSE | CR4_OSFXSR, 0
    fninit
    mov dword [STACK3], back
    set_gate IDT + 8 * 0x61, CODE32, change_caller, 0xEE
    set_gate IDT + 8 * 0x62, CODE32, return_to_code, 0xEE
    xor ebx, ebx
.round:
    call begin_round
    mov ecx, [operations]
.operation:
    push ecx
    choose 3
    mov ecx, eax
    jecxz .changed
.change:
    push ecx
    call change
    pop ecx
    loop .change
.changed:
    call flush
    choose 3
    lea ecx, [eax + 1]
.look:
    push ecx
    call look
    pop ecx
    loop .look
    test byte [esp], 7
    jnz .next
    call mix_tables
.next:
    pop ecx
    dec ecx
    jnz .operation
    call mix_tables
    mov esi, DIRECT
    mov ecx, 16 * 1024
    call mix_memory
    mov esi, DIRECT + MORE_FRAMES - FRAMES
    mov ecx, 16 * 1024
    call mix_memory
    mov eax, ebx
    call print_hex32
    mov eax, [round]
    mov [checksums + 4 * eax], ebx
    inc dword [round]
    dec dword [rounds]
    jnz .round
    mov eax, cr0
    and eax, ~CR0_PG
    mov cr0, eax
    mov al, 10
    out 0xE9, al
    mov esi, finish_case.shutdown
    mov ecx, 8
    mov dx, 0x8900
    rep outsb
    cli
    hlt

; EAX; the other registers stay
random:
    push edx
    mov eax, [random_state]
    mov edx, eax
    shl edx, 13
    xor eax, edx
    mov edx, eax
    shr edx, 17
    xor eax, edx
    mov edx, eax
    shl edx, 5
    xor eax, edx
    mov [random_state], eax
    pop edx
    ret

; ESI: dwords, ECX: how many
mix_memory:
    lodsd
    mix eax
    loop mix_memory
    ret

mix_tables:
    mov edx, TABLES
.table:
    mov esi, edx
    mov ecx, 32                ; dwords: more entries than there are without PAE
    call mix_memory
    add edx, 0x1000
    cmp edx, TABLES + 0x4000
    jb .table
    mov esi, DIRECTORY + 0x100
    mov ecx, 0x100
    call mix_memory
    mov esi, DIRECTORY + 0x1100
    mov ecx, 0x100
    jmp mix_memory

; ---- A round's beginning -----------------------------------------------------------------------------------------------

begin_round:
    mov eax, cr0
    and eax, ~(CR0_PG | CR0_WP)
    mov cr0, eax
    xor eax, eax
    mov [space], eax
    mov edi, DIRECTORY
    mov ecx, (TABLES + 0x4000 - DIRECTORY) / 4
    rep stosd
    set_cr4 0, CR4_PAE | CR4_PGE
    mov dword [entry_shift], 2
    mov dword [region_shift], 22
    mov dword [first_region], REGIONS >> 22
    mov dword [table_window], 0xFFC00000
    mov dword [directory_window], 0xFFFFF000
    mov dword [extended], 0
    chance 128, .tables
    set_cr4 CR4_PAE, 0
    mov dword [entry_shift], 3
    mov dword [region_shift], 21
    mov dword [first_region], REGIONS >> 21
    mov dword [table_window], 0xFF800000
    mov dword [directory_window], 0xFFFFC000
    mov dword [extended], 1
    write_msr 0xC0000080, 0, 0
    mov dword [no_execute], 0
    chance 90, .no_nx
    write_msr 0xC0000080, 0, 0x800
    mov dword [no_execute], 1
.no_nx:
.tables:
    xor esi, esi               ; one to one below 1 MiB
.identity:
    mov edi, IDENTITY
    call entry_address
    mov eax, esi
    shl eax, 12
    or eax, PRESENT | WRITABLE | USER | ACCESSED | DIRTY
    mov [edi], eax
    inc esi
    cmp esi, 256
    jb .identity
    choose 2
    shl eax, 2
    lea ebp, [eax + (PRESENT | WRITABLE | ACCESSED | DIRTY)] ; the recursive map may be the user's
    xor edx, edx
.space:
    lea edi, [DIRECTORY + edx]
    mov dword [edi], IDENTITY | PRESENT | WRITABLE | USER | ACCESSED
    cmp dword [extended], 0
    jne .extended
    mov dword [edi + (DIRECT >> 22) * 4], FRAMES | PRESENT | WRITABLE | ACCESSED | DIRTY | LARGE
    lea eax, [edi + ebp]
    mov [edi + 0x3FF * 4], eax
    jmp .next_space
.extended:
    mov dword [edi + (DIRECT >> 21) * 8], FRAMES | PRESENT | WRITABLE | ACCESSED | DIRTY | LARGE
    mov dword [edi + (DIRECT >> 21) * 8 + 8], MORE_FRAMES | PRESENT | WRITABLE | ACCESSED | DIRTY | LARGE
    lea eax, [edi + PRESENT]
    mov [POINTERS + edx], eax
    lea eax, [UPPER + PRESENT + edx]
    mov [POINTERS + edx + 24], eax
    lea eax, [edi + ebp]
    mov [UPPER + edx + 0x1FC * 8], eax
    lea eax, [UPPER + edx + ebp]
    mov [UPPER + edx + 0x1FF * 8], eax
.next_space:
    add edx, 0x1000
    cmp edx, 0x2000
    jb .space
    mov ecx, 24
.directories:
    push ecx
    call choose_directory_entry
    call store_plainly
    pop ecx
    loop .directories
    mov ecx, 100
.entries:
    push ecx
    call choose_table_entry
    call store_plainly
    pop ecx
    loop .entries
    xor edx, edx
.frame:
    call fill_frame
    inc edx
    cmp edx, 32
    jb .frame
    mov eax, cr0
    or eax, CR0_PG
    call load_cr3_with_cr0
    ret

; EAX: CR0 to be, after CR3
load_cr3_with_cr0:
    push eax
    call root
    mov cr3, eax
    pop eax
    mov cr0, eax
    jmp nothing_cached

; EAX: CR3 of the current address space
root:
    mov eax, [space]
    shl eax, 12
    cmp dword [extended], 0
    lea eax, [eax + DIRECTORY]
    je .done
    add eax, POINTERS - DIRECTORY
.done:
    ret

nothing_cached:
    mov edi, stale
    mov ecx, 64 / 4
    xor eax, eax
    rep stosd
    ret

; EDX: the frame's number; keeps EDX and EBX
fill_frame:
    mov edi, edx
    and edi, 15
    shl edi, 12
    add edi, FRAMES
    test edx, 16
    jz .fill
    add edi, MORE_FRAMES - FRAMES
.fill:
    push edi
    mov ecx, 1024
    imul eax, edx, 0x01234567
.next:
    stosd
    add eax, 0x9E3779B1
    dec ecx
    jnz .next
    pop edi
    imul eax, edx, 0x01010101
    mov byte [edi + CONSTANT], 0xB8
    mov [edi + CONSTANT + 1], eax
    mov byte [edi + CONSTANT + 5], 0xC3
    mov word [edi + AWAY], 0x15FF
    mov dword [edi + AWAY + 2], away
    mov byte [edi + AWAY + 6], 0xBA
    mov [edi + AWAY + 7], eax
    mov byte [edi + AWAY + 11], 0xC3
    mov byte [edi + REPEATED], 0xB9
    mov dword [edi + REPEATED + 1], 5
    mov byte [edi + REPEATED + 5], 5 ; add eax, ..; dec ecx; jnz; ret
    mov [edi + REPEATED + 6], eax
    mov dword [edi + REPEATED + 10], 0xC3F87549
    ret

; ---- Entries -----------------------------------------------------------------------------------------------------------

; EDI: table, ESI: which -> EDI
entry_address:
    push ecx
    push esi
    mov ecx, [entry_shift]
    shl esi, cl
    add edi, esi
    pop esi
    pop ecx
    ret

; Which entry of a page table becomes what: EDI, EDX:EAX; notes what may be cached of the old one.
choose_table_entry:
    choose 4
    mov [table], eax
    choose 16
    mov [page], eax
    mov esi, eax
    mov edi, [table]
    shl edi, 12
    add edi, TABLES
    call entry_address
; The same for the entry at EDI of table [table], page [page].
choose_for_table_entry:
    mov ecx, OLD
    choose 8
    cmp eax, 2
    ja .anew
    test byte [edi], PRESENT
    jz .anew
    call change_rights
    jmp .note
.anew:
    choose 32                  ; frame
    mov ecx, eax
    and ecx, 16
    shl ecx, 17
    and eax, 15
    shl eax, 12
    lea ebp, [eax + ecx + FRAMES]
    call random_bits
    and eax, 0xE78
    or ebp, eax
    chance 232, .no_pat
    or ebp, 0x80
.no_pat:
    cmp dword [table], 3
    jne .local
    chance 128, .local
    or ebp, GLOBAL_PAGE
.local:
    mov eax, ebp
    mov ecx, OLD
.note:
    test byte [edi], PRESENT
    jz .done
    test word [edi], GLOBAL_PAGE
    jz .mark
    or ecx, IN_ALL
.mark:
    mov esi, [page]
    or [stale + esi], cl
    or [stale + esi + 16], cl
    or [stale + esi + 32], cl
    or [stale + esi + 48], cl
.done:
    ret

; EDI: the entry, EAX: 0 to 2 -> EDX:EAX, ECX: what it may be then
change_rights:
    mov edx, [edi + 4]
    mov ecx, OLD
    cmp eax, 1
    mov eax, [edi]
    ja .absent
    je .unused
    or eax, WRITABLE | USER
    and edx, 0x7FFFFFFF
    mov ecx, GREW
    ret
.absent:
    and eax, ~PRESENT
    ret
.unused:
    push eax
    chance 128, .accessed
    pop eax
    and eax, ~DIRTY
    ret
.accessed:
    pop eax
    and eax, ~(ACCESSED | DIRTY)
    ret

; EBP: rights are added -> EAX: other random bits, EDX: the upper half
random_bits:
    xor edx, edx
    cmp dword [extended], 0
    je .rights
    chance 5, .reserved
    cmp dword [no_execute], 0
    je .rights
    chance 200, .rights
    mov edx, 0x80000000
    jmp .rights
.reserved:
    mov edx, 0x00100000
    chance 128, .rights
    mov edx, 0x80000000        ; reserved without NX
.rights:
    chance 30, .absent
    or ebp, PRESENT
.absent:
    chance 70, .read_only
    or ebp, WRITABLE
.read_only:
    chance 60, .supervisor
    or ebp, USER
.supervisor:
    jmp random

; The same for a directory entry; [copy] is where region 3 has it once more, or 0.
choose_directory_entry:
    choose 4
    mov [region], eax
    choose 2
    mov [table], eax           ; which address space
    shl eax, 12
    lea edi, [DIRECTORY + eax]
    mov esi, [first_region]
    add esi, [region]
    call entry_address
    mov dword [copy], 0
    cmp dword [region], 3
    jne .own
    mov eax, edi
    xor eax, 0x1000
    mov [copy], eax
.own:
    choose 8
    cmp eax, 2
    ja .anew
    test byte [edi], PRESENT
    jz .anew
    cmp eax, 1
    jne .rights
    cmp dword [region], 3      ; whose A bits are always set: translations by one copy may be used with the other
    je .anew
.rights:
    call change_rights
    jmp .note
.anew:
    chance 90, .large
    mov ecx, 3
    cmp dword [region], 3
    je .table
    choose 3
    mov ecx, eax
.table:
    shl ecx, 12
    lea ebp, [ecx + TABLES]
    call random_bits
    and eax, 0xE38
    jmp .join
.large:
    mov ebp, FRAMES | LARGE
    cmp dword [extended], 0
    je .size
    choose 2
    shl eax, 21
    or ebp, eax
.size:
    call random_bits
    and eax, 0xE78
    cmp dword [region], 3
    jne .join
    or eax, DIRTY
    test eax, 0x200
    jz .join
    or eax, GLOBAL_PAGE
.join:
    or eax, ebp
    mov ecx, OLD
    cmp dword [region], 3
    jne .note
    or eax, ACCESSED
.note:
    test byte [edi], PRESENT
    jz .done
    cmp dword [region], 3
    jne .mark
    or ecx, IN_ALL
    jmp .mark_all
.mark:
    mov esi, [table]
    cmp esi, [space]           ; a CR3 load comes between
    jne .done
.mark_all:
    mov esi, [region]
    shl esi, 4
    mov ch, 16
.next:
    or [stale + esi], cl
    inc esi
    dec ch
    jnz .next
.done:
    ret

; EDI: where, EDX:EAX
store_plainly:
    cmp dword [extended], 0
    je .low
    mov dword [edi], 0
    mov [edi + 4], edx
.low:
    mov [edi], eax
    mov ecx, [copy]
    jecxz .done
    mov dword [copy], 0
    mov edi, ecx
    jmp store_plainly
.done:
    ret

change:
    chance 64, .directory
    call choose_table_entry
    mov [copy], dword 0
    mov [entry], edi
    call find_table_window
    jmp .store
.directory:
    call choose_directory_entry
    mov [entry], edi
    xor ecx, ecx
    mov esi, [table]
    cmp esi, [space]
    jne .store
    mov esi, [first_region]
    add esi, [region]
    push edi
    mov edi, [directory_window]
    call entry_address
    mov ecx, edi
    pop edi
.store:                        ; ECX: in the recursive map, or 0
    push eax
    chance 80, .plainly
    chance 128, .there
    jecxz .there
    mov edi, ecx
.there:
    pop eax
    call some_level
    mov ebp, edi
    mov [values + 28], eax
    mov [values + 20], edx
    mov [values + 8], ebp
    cmp dword [loose], 0
    jne .cached
    invlpg [ebp]
.cached:
    push eax
    push edx
    mov esi, write_entry
    cmp dword [extended], 0
    je .size
    mov esi, write_long_entry
.size:
    mov dword [grew], 0
    call access
    call mix_access
    pop edx
    pop eax
    xor edi, edi
    xchg edi, [copy]
    test edi, edi
    jz .done
    cmp dword [recorded_vector], 0x77 ; else the original has not been written either
    je store_plainly
    ret
.plainly:
    pop eax
    jmp store_plainly
.done:
    ret

; ECX: where the recursive map shows the entry of table [table] and page [page], or 0; keeps EAX, EDX, EDI
find_table_window:
    push eax
    push edi
    mov dword [region], 0
.region:
    call directory_entry
    mov eax, [edi]
    and eax, LARGE | PRESENT
    cmp eax, PRESENT
    jne .next
    test dword [edi + 4], -1
    jz .no_reserved
    cmp dword [extended], 0
    jne .next
.no_reserved:
    mov eax, [edi]
    shr eax, 12
    sub eax, TABLES >> 12
    cmp eax, [table]
    je .found
.next:
    inc dword [region]
    cmp dword [region], 4
    jb .region
    xor ecx, ecx
    jmp .done
.found:
    mov ecx, [first_region]
    add ecx, [region]
    shl ecx, 12
    add ecx, [table_window]
    mov edi, ecx
    mov esi, [page]
    call entry_address
    mov ecx, edi
.done:
    pop edi
    pop eax
    ret

; EDI: the entry for [region] in the current directory
directory_entry:
    push esi
    mov edi, [space]
    shl edi, 12
    add edi, DIRECTORY
    mov esi, [first_region]
    add esi, [region]
    call entry_address
    pop esi
    ret

; ---- Flushes -----------------------------------------------------------------------------------------------------------

flush:
    choose 8
    cmp eax, 1
    je .other_space
    jb .load
    cmp eax, 3
    jb .all
    je .write_protect
    cmp eax, 5
    jb .off_and_on
    cmp eax, 7
    jb .pages
    ret
.other_space:
    xor dword [space], 1
.load:
    call root
    mov cr3, eax
    mov esi, 64
.forgotten:
    dec esi
    js .done
    test byte [stale + esi], IN_ALL
    jnz .forgotten
    mov byte [stale + esi], 0
    jmp .forgotten
.all:
    mov eax, cr4
    xor eax, CR4_PGE
    mov cr4, eax
    jmp nothing_cached
.write_protect:
    mov eax, cr0
    xor eax, CR0_WP
    mov cr0, eax
    ret
.off_and_on:
    chance 192, .done
    mov eax, cr0
    and eax, ~CR0_PG
    mov cr0, eax
    or eax, CR0_PG
    call load_cr3_with_cr0
.done:
    ret
.pages:
    mov esi, 64
.page:
    dec esi
    js .done
    cmp byte [stale + esi], 0
    je .page
    chance 128, .page
    call flush_page
    jmp .page

; ESI: which of the 64 pages
flush_page:
    call linear_address
    invlpg [ebp]
    mov byte [stale + esi], 0
    ret

; ESI -> EBP
linear_address:
    push ecx
    mov ebp, esi
    shr ebp, 4
    mov ecx, [region_shift]
    shl ebp, cl
    mov ecx, esi
    and ecx, 15
    shl ecx, 12
    lea ebp, [ebp + ecx + REGIONS]
    pop ecx
    ret

; ---- Accesses ----------------------------------------------------------------------------------------------------------

some_level:
    push eax
    choose 2
    imul eax, eax, 3
    mov [level], eax
    pop eax
    ret

; ESI: a page that is about to be used; what may be cached must not matter.
settle:
    cmp dword [loose], 0
    jne .done
    test byte [stale + esi], OLD
    jnz .old
    test byte [stale + esi], GREW
    jz .done
    mov dword [grew], 8
.done:
    ret
.old:
    chance 192, flush_page
    call linear_address        ; whatever it reads, and from whichever
    push esi
    add ebp, 0x10
    mov [values + 8], ebp
    mov esi, read_dword
    call some_level
    push dword [grew]
    mov dword [grew], 0
    call access
    pop dword [grew]
    pop esi
    mov eax, esi               ; a walk would have set the A bits
    shr eax, 4
    mov [region], eax
    call directory_entry
    test byte [edi], PRESENT
    jz flush_page
    or byte [edi], ACCESSED
    test byte [edi], LARGE
    jnz flush_page
    mov edi, [edi]
    and edi, 0xFFFFF000
    push esi
    and esi, 15
    call entry_address
    pop esi
    test byte [edi], PRESENT
    jz flush_page
    or byte [edi], ACCESSED
    jmp flush_page

; ESI: a random page, EBP: its linear address; settled with its neighbours in the region if CL says so (bits 0 and 1)
some_page:
    choose 64
    mov esi, eax
.settle:
    test cl, 1
    jz .after
    test esi, 15
    jz .after
    dec esi
    push ecx
    call settle
    pop ecx
    inc esi
.after:
    test cl, 2
    jz .itself
    mov eax, esi
    and eax, 15
    cmp eax, 15
    je .itself
    inc esi
    push ecx
    call settle
    pop ecx
    dec esi
.itself:
    call settle
    call linear_address
    ret

look:
    mov edi, values
    mov ecx, 8
.value:
    call random
    stosd
    loop .value
    mov dword [grew], 0
    mov dword [flags], 2
    mov dword [user_stack], STACK3
    mov dword [into], 0
    choose 16
    cmp eax, 7
    jb .data
    cmp eax, 10
    jb .string
    cmp eax, 11
    jb .constant
    cmp eax, 12
    jb .stack
    jmp .code

.data:
    choose 3
    cmp eax, 1
    jb .two_pages
    push eax
    xor ecx, ecx
    call some_page
    choose 0x30
    add ebp, eax
    pop eax
    cmp eax, 1
    je .aligned_or_not
    add ebp, 0xFC0
    jmp .aligned_or_not
.two_pages:
    mov ecx, 2
    call some_page
    choose 0x30
    and esi, 15
    cmp esi, 15
    je .last_page
    choose 0x40
.last_page:
    lea ebp, [ebp + eax + 0xFC0]
.aligned_or_not:
    chance 128, .as_is
    and ebp, ~15
.as_is:
    mov [values + 8], ebp
    choose (data_accesses_end - data_accesses) / 4
    mov esi, [data_accesses + 4 * eax]
    call some_level
    jmp .go

.string:
    call .string_place
    mov [values + 4], ebp      ; ESI
    call .string_place
    mov [values], ebp          ; EDI
    choose 48
    mov [values + 24], eax     ; ECX
    choose 2
    shl eax, 10
    or [flags], eax
    choose (strings_end - strings) / 4
    mov esi, [strings + 4 * eax]
    call some_level
    jmp .go
.string_place:
    mov ecx, 3
    call some_page
    mov edi, 0x100
    lea eax, [esi + 1]
    and eax, 15
    cmp eax, 2
    jb .inside                 ; the first and the last page of a region
    choose 3
    shl eax, 8
    mov edi, eax
    cmp eax, 0x200
    jb .inside
    mov edi, 0xFC0
.inside:
    choose 0x40
    add ebp, edi
    add ebp, eax
    ret

.constant:                     ; of code, by whatever address
    xor ecx, ecx
    call some_page
    choose 3
    movzx eax, byte [constants + eax]
    lea ebp, [ebp + eax + 0x800]
    mov [values + 8], ebp
    mov esi, write_dword
    call some_level
    jmp .go

.stack:
    mov ecx, 3
    call some_page
    choose 0x40
    test esi, 15
    jnz .lower
    add eax, 0x40              ; nothing below is looked at
.lower:
    add ebp, eax
    mov [user_stack], ebp
    choose (stacks_end - stacks) / 4
    mov esi, [stacks + 4 * eax]
    mov dword [level], 3
    jmp .go

.code:
    mov ecx, 2
    call some_page
    choose 4
    movzx edi, word [entries + 2 * eax]
    cmp eax, 1
    jb .across
    ja .enter
    call prepare_away
    jmp .enter
.across:                       ; mov eax, imm32; ret: two bytes in one page, four in the next
    mov eax, esi
    and eax, 15
    cmp eax, 15
    mov edi, REPEATED
    je .enter
    call write_crossing_code
    mov edi, 0xFFE
.enter:
    add ebp, edi
    mov [values + 8], ebp
    choose 4
    mov esi, [ways + 4 * eax]
    test esi, esi
    jnz .entered
    mov esi, ebp
.entered:
    cmp esi, return_from_interrupt
    sete [away_known]
    call some_level
.go:
    call access
    jmp mix_access

; In all frames, so that it is there whatever is mapped.
write_crossing_code:
    call random
    mov ecx, 16
    mov edi, DIRECT
.frame:
    mov word [edi + 0xFFE], 0x05B8
    mov [edi], eax
    mov byte [edi + 3], 0xC3
    mov word [edi + MORE_FRAMES - FRAMES + 0xFFE], 0x06B8
    mov [edi + MORE_FRAMES - FRAMES], eax
    mov byte [edi + MORE_FRAMES - FRAMES + 3], 0xC3
    add edi, 0x1000
    add eax, 0x010101
    loop .frame
    ret

; While the code in page ESI calls something else, its page becomes another one; keeps ESI, EDI and EBP.
prepare_away:
    push esi
    push edi
    push ebp
    mov dword [into], 0
    mov [away_page], ebp
    mov eax, esi
    shr eax, 4
    mov [region], eax
    and esi, 15
    mov [page], esi
    call directory_entry
    mov eax, [edi]
    and eax, PRESENT | LARGE
    cmp eax, PRESENT
    jne .done
    mov edi, [edi]
    and edi, 0xFFFFF000
    mov eax, edi
    shr eax, 12
    sub eax, TABLES >> 12
    mov [table], eax
    call entry_address
    call choose_for_table_entry
    mov [into], edi
    mov [into_value], eax
    mov [into_value + 4], edx
    mov dword [away_flushes], 1
    cmp dword [loose], 0
    je .done
    choose 2
    mov [away_flushes], eax
.done:
    pop ebp
    pop edi
    pop esi
    ret

; INT 62h
return_to_code:
    mov [esp], ebp
    iretd

; INT 61h
change_caller:
    cmp byte [away_known], 0
    mov byte [away_known], 0
    je .now
    iretd
.now:
    push edi
    push eax
    mov edi, [into]
    test edi, edi
    jz .done
    cmp dword [extended], 0
    je .low
    mov dword [edi], 0
    mov eax, [into_value + 4]
    mov [edi + 4], eax
.low:
    mov eax, [into_value]
    mov [edi], eax
    cmp dword [away_flushes], 0
    je .done
    mov edi, [away_page]
    invlpg [edi]
.done:
    pop eax
    pop edi
    iretd

; Runs the code at ESI, at [level] with [values], [flags] and [user_stack], until its first exception, INT 77h if all goes well.
; As long as [grew] is not 0, a page fault may be spurious.
access:
    pushad
    mov dword [resume], .after
    mov [resume_esp], esp
    mov dword [recorded_vector], -1
    cmp dword [level], 0
    jne .user
    mov esp, OTHER_STACK
    push dword back
    push dword [flags]
    push dword CODE32
    push esi
    jmp .load
.user:
    mov ax, USER_DATA
    mov ds, ax
    mov es, ax
    push dword USER_DATA
    push dword [user_stack]
    push dword [flags]
    push dword USER_CODE
    push esi
.load:
    mov edi, [values]
    mov esi, [values + 4]
    mov ebp, [values + 8]
    mov ebx, [values + 16]
    mov edx, [values + 20]
    mov ecx, [values + 24]
    mov eax, [values + 28]
    iretd
.after:
    cmp dword [recorded_vector], 14
    jne .done
    cmp dword [grew], 0
    je .done
    dec dword [grew]
    mov eax, [recorded_cr2]
    invlpg [eax]
    mov esp, [recorded_at]
    mov dword [recorded_vector], -1
    test byte [recorded + 12], 3
    jz .registers
    mov ax, USER_DATA
    mov ds, ax
    mov es, ax
.registers:
    mov edi, [recorded_gprs]
    mov esi, [recorded_gprs + 4]
    mov ebp, [recorded_gprs + 8]
    mov ebx, [recorded_gprs + 16]
    mov edx, [recorded_gprs + 20]
    mov ecx, [recorded_gprs + 24]
    mov eax, [recorded_gprs + 28]
    iretd
.done:
    mov esp, [resume_esp]
    popad
    ret

mix_access:
    mix [recorded_vector]
    mix [recorded_error]
    mix [recorded_eip]
    mix [recorded_cs]
    mov eax, [recorded_flags]
    cmp dword [recorded_vector], 14
    jne .flags
    cmp dword [recorded_eip], first_comparison
    jb .flags
    cmp dword [recorded_eip], last_comparison
    ja .flags
    and eax, ~(CF | PF | AF | ZF | SF | OF) ; those before the instruction, but who knows where it was interrupted
.flags:
    mix eax
    mix [recorded_gprs]
    mix [recorded_gprs + 4]
    mix [recorded_gprs + 8]
    mix [recorded_gprs + 16]
    mix [recorded_gprs + 20]
    mix [recorded_gprs + 24]
    mix [recorded_gprs + 28]
    test byte [recorded_cs], 3
    jz .inner
    mix [recorded_esp]
.inner:
    cmp dword [recorded_vector], 14
    jne .done
    mix [recorded_cr2]
.done:
    cmp dword [shown], 0
    jne .show
    ret
.show:
    pushad
    mov eax, ebx
    call print_hex32
    mov eax, [recorded_vector]
    call print_hex32
    mov eax, [recorded_error]
    call print_hex32
    mov eax, [recorded_eip]
    call print_hex32
    mov eax, [recorded_cr2]
    call print_hex32
    mov eax, [recorded_flags]
    call print_hex32
    mov eax, [recorded_gprs + 24]
    call print_hex32
    mov al, 10
    out 0xE9, al
    popad
    ret

%assign accesses_here 0
%macro one 1+                  ; an instruction that works at EBP
    several
    %1
    int 0x77
%endmacro
%macro several 0               ; what follows up to INT 77h
    align 4
%assign accesses_here accesses_here + 1
access_ %+ accesses_here:
%endmacro
%macro list 2
%assign i %1
%rep %2 - %1 + 1
    dd access_ %+ i
%assign i i + 1
%endrep
%endmacro

write_entry:
    mov [ebp], eax
    int 0x77
write_long_entry:
    mov dword [ebp], 0
    mov [ebp + 4], edx
    mov [ebp], eax
    int 0x77
write_dword:
    mov [ebp], ecx
    int 0x77
read_dword:
    mov ecx, [ebp]
    int 0x77
call_there:
    call ebp
    int 0x77
return_there:
    push dword back
    push ebp
    ret
return_from_interrupt:
    call [away]                ; so that this target is known
    int 0x62
back:                          ; what is on all stacks
    int 0x77
leave_and_return:
    int 0x61
    ret

%assign first_data accesses_here + 1
    one mov ecx, [ebp]
    one mov [ebp], ecx
    one mov cx, [ebp]
    one mov [ebp], cl
    one movsx edx, byte [ebp]
    one add [ebp], ecx
    one sub ecx, [ebp]
    one lock xadd [ebp], ecx
    one xchg [ebp], cx
    one cmpxchg [ebp], ecx
    one cmpxchg8b [ebp]
    one cmp byte [ebp], 1
    one inc dword [ebp]
    one not word [ebp]
    one bts dword [ebp], 1
    several
    push dword [ebp]
    pop eax
    int 0x77
    several
    push ecx
    pop dword [ebp]
    int 0x77
    several
    movups xmm0, [ebp]
    pshufd xmm0, xmm0, 0x1B
    movups [ebp], xmm0
    int 0x77
    several
    movd xmm1, ecx
    pshufd xmm1, xmm1, 0
    movaps [ebp], xmm1
    int 0x77
    several
    movd mm0, ecx
    movq [ebp], mm0
    emms
    int 0x77
    several
    fninit
    fild dword [ebp]
    fistp dword [ebp]
    int 0x77
    several      ; near each other
    mov eax, [ebp]
    add eax, [ebp + 4]
    mov [ebp + 8], eax
    int 0x77
%assign last_data accesses_here

%assign first_string accesses_here + 1
    one rep movsd
    one rep movsb
    one rep movsw
    one rep stosd
    one rep stosb
    one rep lodsd
first_comparison:
    one repe cmpsd
    one repne scasb
    one repe scasw
last_comparison:
    one movsd
    one stosw
%assign last_string accesses_here

%assign first_stack accesses_here + 1
    several
    push eax
    push ecx
    pop edx
    pop esi
    int 0x77
    one pushad
    one popad
    several
    call .here
.here:
    pop eax
    int 0x77
    several
    enter 8, 0
    leave
    int 0x77
    several
    pushfd
    push cx
    pop dx
    popfd
    int 0x77
%assign last_stack accesses_here

align 4
data_accesses: list first_data, last_data
data_accesses_end:
strings: list first_string, last_string
strings_end:
stacks: list first_stack, last_stack
stacks_end:
away: dd leave_and_return
entries: dw 0, AWAY, CONSTANT, REPEATED
ways: dd 0, call_there, return_there, return_from_interrupt ; into code
constants: db CONSTANT + 1 - 0x800, AWAY + 7 - 0x800, REPEATED + 6 - 0x800
align 4
random_state: dd 0
space: dd 0
entry_shift: dd 0
region_shift: dd 0
first_region: dd 0             ; its index in a directory
table_window: dd 0
directory_window: dd 0
extended: dd 0
no_execute: dd 0
table: dd 0
page: dd 0
region: dd 0
copy: dd 0
entry: dd 0
level: dd 0
flags: dd 0
user_stack: dd 0
grew: dd 0
into: dd 0
into_value: dd 0, 0
away_page: dd 0
away_flushes: dd 0
away_known: dd 0
round: dd 0
values: times 8 dd 0           ; EDI ESI EBP - EBX EDX ECX EAX
stale: times 64 db 0
checksums: times 40 dd 0
