; RET, and RET n
    ret
    ret 8
