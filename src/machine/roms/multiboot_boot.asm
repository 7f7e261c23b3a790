; Option ROM that boots a Multiboot (version 1) kernel held in fw_cfg. The kernel, its modules and the information
; structure are one blob with a fixed place; what only the BIOS knows (the memory map) is filled in here.

%include "fw_cfg.inc"

MEMORY_MAP      equ 8000h               ; 24 bytes an entry: size, base, length, type
MAP_ENTRIES     equ 32
INFO_FLAGS      equ 0
INFO_LOWER      equ 4
INFO_UPPER      equ 8
INFO_MAP_LENGTH equ 44
INFO_MAP        equ 48

        OPTION_ROM boot, "Multiboot kernel"

boot:   sti
        cld
        xor ax, ax
        mov ss, ax
        mov esp, 7C00h
        mov ds, ax
        mov es, ax
        FW_CFG_ITEM FW_CFG_KERNEL_ADDRESS, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA

        ; The memory map of the BIOS; memory from 1 MiB up to the first hole is what `mem_upper` says.
        xor ebx, ebx
        xor ebp, ebp                    ; KiB above 1 MiB
        mov di, MEMORY_MAP
.entry: mov eax, 0E820h
        mov edx, 534D4150h              ; "SMAP"
        mov ecx, 20
        mov dword [di], 20
        push di
        add di, 4
        int 15h
        pop di
        jc .mapped
        cmp eax, 534D4150h
        jne .mapped
        cmp dword [di + 4], 100000h
        jne .step
        cmp dword [di + 8], 0
        jne .step
        cmp dword [di + 20], 1
        jne .step
        mov ebp, [di + 12]
        shr ebp, 10
.step:  add di, 24
        test ebx, ebx
        jz .mapped
        cmp di, MEMORY_MAP + 24 * MAP_ENTRIES
        jb .entry
.mapped:
        movzx esi, di
        sub esi, MEMORY_MAP             ; length of the map
        int 12h
        movzx eax, ax
        push eax                        ; KiB below 640 KiB
        push esi
        mov ax, FW_CFG_INITRD_ADDRESS   ; of the information structure
        call fw_cfg_number
        push eax
        mov ax, FW_CFG_KERNEL_ENTRY
        call fw_cfg_number
        mov edx, eax
        pop ebx
        pop esi
        pop eax

        cli
        mov cx, cs                      ; the linear addresses of the table and of what follows
        movzx ecx, cx
        shl ecx, 4
        lea edi, [ecx + table]
        mov [7C10h], edi                ; the operand of LGDT, built in RAM
        mov word [7C0Eh], table_end - table - 1
        lgdt [7C0Eh]
        lea edi, [ecx + protected]
        mov [7C20h], edi
        mov word [7C24h], 8
        mov ecx, cr0
        or cl, 1
        mov cr0, ecx
        jmp far dword [7C20h]

        bits 32
protected:
        mov cx, 10h
        mov ds, cx
        mov es, cx
        mov fs, cx
        mov gs, cx
        mov ss, cx
        mov [ebx + INFO_LOWER], eax
        mov [ebx + INFO_UPPER], ebp
        mov [ebx + INFO_MAP_LENGTH], esi
        or dword [ebx + INFO_FLAGS], 1 | 40h
        mov edi, [ebx + INFO_MAP]
        mov ecx, esi
        mov esi, MEMORY_MAP
        rep movsb
        mov eax, 2BADB002h
        jmp edx

        align 8, db 0
table:  dq 0
        dq 00CF9A000000FFFFh            ; code, base 0, 4 GiB
        dq 00CF92000000FFFFh            ; data, the same
table_end:

        bits 16
        FW_CFG_ROUTINES
