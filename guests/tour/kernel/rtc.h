// The MC146818 clock.
#pragma once

struct port_view;

void rtc_view(struct port_view* view);
