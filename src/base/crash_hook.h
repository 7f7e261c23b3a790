// What has to be put right before a crash of this program ends it: the terminal's settings. Whoever handles a signal
// that ends the process calls the hook first. Signals belong to the process, so this is a global.
#pragma once

namespace ringshift {

/// Must be async-signal-safe; null: nothing.
void set_crash_hook(void (*hook)());
void run_crash_hook();

} // namespace ringshift
