// The pair of 8259A interrupt controllers.
#pragma once

#include "lib/types.h"

struct port_view;

void pic_init(void);
void pic_enable(u32 line);
/// True for an interrupt that no device asked for any more when the processor came for its vector; ends it as needed.
bool pic_is_spurious(u32 line);
void pic_end_of_interrupt(u32 line);
void pic_view(struct port_view* view);
