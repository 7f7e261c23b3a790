#include "machine/kernel_loader.h"

#include "machine/host_file.h"
#include "machine/image_kind.h"
#include "machine/linux_loader.h"
#include "machine/multiboot_loader.h"

#include <algorithm>

namespace ringshift {

namespace {

/// `what` for messages.
Result<SharedBytes> share_with_guest(const std::string& path, std::string_view what, u64 ram) {
    const u64 size = TRY(host_file_size(path));
    if (size == 0) return make_error("the {} {} is empty", what, path);
    if (size > ram)
        return make_error("the {} {} ({} MiB) is larger than the guest's memory ({} MiB): give it more with "
                          "--memory-size",
                          what, path, size >> 20, ram >> 20);
    return share_host_file(path);
}

} // namespace

Result<BootBlobs> load_kernel(const KernelConfig& kernel, u64 ram_below_4g) {
    ImageBytes image;
    image.name = kernel.name;
    image.size = kernel.content.size();
    image.read = [&kernel](u64 offset, std::size_t size) { return kernel.content.part(offset, size); };
    const ImageKind kind = TRY(recognise_image(image));
    if (kind == ImageKind::linux_kernel) {
        if (!kernel.modules.empty()) return make_error("{} is a Linux kernel: it takes no --module", kernel.name);
        SharedBytes initrd;
        if (!kernel.initrd.empty()) initrd = TRY(share_with_guest(kernel.initrd, "initrd", ram_below_4g));
        return prepare_linux(kernel.name, kernel.content, std::move(initrd), kernel.append, ram_below_4g);
    }
    if (kind != ImageKind::multiboot) return make_error("{} is a {}, not a kernel", kernel.name, image_kind_name(kind));
    if (!kernel.initrd.empty())
        return make_error("{} is a Multiboot kernel: it takes --module instead of --initrd", kernel.name);
    std::vector<MultibootModule> modules;
    for (const ModuleConfig& module : kernel.modules)
        modules.push_back({module.command_line, TRY(TRY(share_with_guest(module.path, "module", ram_below_4g)).all())});
    const std::vector<u8> content = TRY(kernel.content.all());
    return prepare_multiboot(kernel.name, content, modules, kernel.append, ram_below_4g);
}

} // namespace ringshift
