#include "frontend/boot_files.h"

#include "machine/host_file.h"
#include "machine/image_kind.h"
#include "tour_image.h"

namespace ringshift {

namespace {

/// Larger "kernels" are refused before they are read.
constexpr u64 largest_kernel = u64{1} << 30;
constexpr std::size_t floppy_size = 1440 * 1024;

Result<> set_kernel(Options& options, const std::string& path) {
    if (options.machine.kernel)
        return make_error("there can be one kernel: {} or {}", options.machine.kernel->name, path);
    const u64 size = TRY(host_file_size(path));
    if (size == 0) return make_error("the kernel {} is empty", path);
    if (size > largest_kernel) return make_error("{} is too large for a kernel ({} MiB)", path, size >> 20);
    KernelConfig kernel;
    kernel.name = path;
    kernel.content = TRY(share_host_file(path));
    options.machine.kernel = std::move(kernel);
    return Unit{};
}

Result<> add_file(Options& options, const std::string& path, ImageKind kind) {
    MachineConfig& machine = options.machine;
    DriveConfig drive;
    drive.path = path;
    switch (kind) {
    case ImageKind::raw_disk:
    case ImageKind::qcow2_disk: machine.disks.push_back(drive); break;
    case ImageKind::cdrom: machine.cdroms.push_back(drive); break;
    case ImageKind::floppy:
        drive.large = TRY(host_file_size(path)) > floppy_size;
        machine.floppies.push_back(drive);
        break;
    case ImageKind::boot_sector: {
        drive.content = TRY(read_host_file(path));
        drive.large = drive.content.size() > floppy_size;
        drive.content.resize(drive.large ? 2 * floppy_size : floppy_size);
        machine.floppies.push_back(std::move(drive));
        break;
    }
    case ImageKind::linux_kernel:
    case ImageKind::multiboot: return set_kernel(options, path);
    }
    return Unit{};
}

/// Without --boot: what was named first is tried first.
char boot_letter(ImageKind kind) {
    switch (kind) {
    case ImageKind::raw_disk:
    case ImageKind::qcow2_disk: return 'c';
    case ImageKind::cdrom: return 'd';
    default: return 'a';
    }
}

Result<> add_modules(Options& options) {
    if (options.modules.empty()) return Unit{};
    if (!options.machine.kernel) return make_error("--module needs a Multiboot kernel (--kernel FILE)");
    for (const std::string& module : options.modules)
        options.machine.kernel->modules.push_back({module.substr(0, module.find(' ')), module});
    return Unit{};
}

} // namespace

Result<std::vector<std::string>> choose_boot(Options& options) {
    std::vector<std::string> lines;
    MachineConfig& machine = options.machine;
    std::string order;
    for (const std::string& path : options.files) {
        const ImageKind kind = TRY(recognise_image(path));
        TRY(add_file(options, path, kind));
        lines.push_back(fmt::format("{}: {}", path, image_kind_name(kind)));
        if (!machine.kernel) order += boot_letter(kind);
    }
    if (machine.boot_order.empty()) machine.boot_order = order;
    if (!options.kernel.empty()) {
        TRY(set_kernel(options, options.kernel));
        lines.push_back(fmt::format("{}: kernel, started without a boot loader", options.kernel));
    }
    const bool nothing = options.files.empty() && options.kernel.empty() && machine.disks.empty() &&
                         machine.cdroms.empty() && machine.floppies.empty();
    if (nothing) {
        KernelConfig kernel;
        kernel.name = "the embedded tour";
        const auto image = tour_image();
        kernel.content = std::vector<u8>(image.begin(), image.end());
        machine.kernel = std::move(kernel);
        lines.push_back("nothing named: starting the embedded tour");
    }
    if (!machine.kernel && (!options.initrd.empty() || !options.append.empty()))
        return make_error("{} needs a kernel (--kernel FILE)", options.initrd.empty() ? "--append" : "--initrd");
    TRY(add_modules(options));
    if (machine.kernel) {
        machine.kernel->initrd = options.initrd;
        machine.kernel->append = options.append;
    }
    const bool repeatable = machine.deterministic || machine.engine == "lockstep"; // a network is not
    machine.network.card = !options.network_card.empty() ? options.network_card : repeatable ? "none" : "e1000";
    for (DriveConfig& disk : machine.disks) disk.keep_image = options.keep_images;
    for (DriveConfig& floppy : machine.floppies) floppy.keep_image = options.keep_images;
    return lines;
}

} // namespace ringshift
