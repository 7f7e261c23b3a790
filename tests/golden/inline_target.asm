; options: inline=on
; indirect branches that remember their last target
    call eax
    jmp [ebx * 4 + 0x2000]
