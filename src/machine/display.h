// What the guest's screen shows, for front ends: Picture, TextScreen and code_page_437().
#pragma once

#include "devices/screen.h"
