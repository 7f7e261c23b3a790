; ENTER, LEAVE, PUSHAD, POPAD
    enter 8, 0
    leave
    pushad
    popad
