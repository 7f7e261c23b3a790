#include "frontend/window_module.h"

#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <system_error>

namespace ringshift {

namespace {

/// Beside the program, or where it is installed: PREFIX/bin and PREFIX/RINGSHIFT_MODULES.
Result<std::string> find_module() {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    std::string looked;
    for (const fs::path& place : {folder, folder.parent_path() / RINGSHIFT_MODULES}) {
        const fs::path file = place / "ringshift-window.so";
        if (fs::exists(file, error)) return file.string();
        looked += (looked.empty() ? "" : " nor ") + file.string();
    }
    return make_error("the part of Ringshift that opens windows is missing (there is neither {}): build the target "
                      "ringshift_window or install Ringshift whole",
                      looked);
}

} // namespace

Result<std::unique_ptr<FrontEnd>> open_window(const Options& options) {
    const std::string file = TRY(find_module());
    // It stays: its code is in use until the process ends.
    void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* entry = module ? ::dlsym(module, window_module_entry) : nullptr;
    if (!entry) {
        const char* reason = ::dlerror();
        return make_error("the part of Ringshift that opens windows cannot be loaded ({}): install what it needs, or "
                          "the one that belongs to this program",
                          reason ? reason : file);
    }
    Result<std::unique_ptr<FrontEnd>> window{std::unique_ptr<FrontEnd>{}};
    reinterpret_cast<OpenWindow*>(entry)(options, window);
    return window;
}

} // namespace ringshift
