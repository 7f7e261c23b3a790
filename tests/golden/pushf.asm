; PUSHFD: host flags and virtual ones make the image
; rings: 0 3
    pushfd
