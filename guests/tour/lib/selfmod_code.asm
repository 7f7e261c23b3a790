; The routines that lib/selfmod.c patches. The section is writable and, on a processor without NX, executable.

bits 32
section .selfmod write exec align=4096

global selfmod_immediate, selfmod_immediate_field
selfmod_immediate:
        db 0xB8                         ; mov eax, imm32
selfmod_immediate_field:
        dd 0
        ret

global selfmod_opcode, selfmod_opcode_field
selfmod_opcode:
selfmod_opcode_field:
        db 0x40                         ; inc eax, or 48: dec eax
        ret

; u32 selfmod_next(u32 value): the store changes the immediate of the instruction that follows it. From the Pentium on
; that is seen at once; a 486 has fetched the old bytes already unless a jump lies between (SDM vol. 3A, 12.6),
; so there is one: the shortest distance at which every processor must agree.
global selfmod_next
selfmod_next:
        mov eax, [esp + 4]
        mov [.field], eax
        jmp short .patched
.patched:
        db 0xB8                         ; mov eax, imm32
.field: dd 0
        ret

global selfmod_arena
selfmod_arena:
        times 32 db 0xC3

; mov eax, imm32 with the page boundary inside its immediate: one store makes two pages of code change.
        times 4096 - 3 - ($ - $$) db 0xCC
global selfmod_straddle, selfmod_straddle_field
selfmod_straddle:
        db 0xB8
selfmod_straddle_field:
        dd 0
        ret
        align 4096, db 0xCC
