; Option ROM that boots a Linux kernel held in fw_cfg (Documentation/arch/x86/boot.rst of Linux: the 16-bit protocol).
; The machine has already filled in the setup header; here the pieces go to their places and setup is entered.

%include "fw_cfg.inc"

        OPTION_ROM boot, "Linux kernel"

boot:   cli
        cld
        xor ax, ax
        mov ss, ax
        mov esp, 7C00h
        mov ds, ax
        mov es, ax
        FW_CFG_ITEM FW_CFG_SETUP_ADDRESS, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA
        FW_CFG_ITEM FW_CFG_CMDLINE_ADDRESS, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA
        FW_CFG_ITEM FW_CFG_KERNEL_ADDRESS, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA
        FW_CFG_ITEM FW_CFG_INITRD_ADDRESS, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA

        ; All segments at setup, entry 200h into it, the stack below the command line (or the end of the segment).
        mov ax, FW_CFG_CMDLINE_ADDRESS
        call fw_cfg_number
        push eax
        mov ax, FW_CFG_SETUP_ADDRESS
        call fw_cfg_number
        pop ebx
        sub ebx, eax
        sub ebx, 16
        shr eax, 4
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, ebx
        add ax, 20h
        push ax
        push word 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        retf

        FW_CFG_ROUTINES
