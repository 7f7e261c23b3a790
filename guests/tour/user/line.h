// Line editing for the shell.
#pragma once

#include "lib/types.h"

enum { line_size = 128 };

/// Prints the prompt and reads a line, with the arrow keys, Home, End, Delete, Ctrl-U, Ctrl-L and a history of lines.
void line_read(const char* prompt, char line[line_size]);
