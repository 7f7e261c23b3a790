#include "machine/disk_tool.h"

#include "machine/disk_image.h"
#include "machine/image_file.h"
#include "machine/qcow2.h"
#include "machine/raw_states.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

extern "C" char** environ;

namespace ringshift {

namespace {

/// Pieces of this size are looked at for zeros.
constexpr u64 piece = 64 << 10;
constexpr u64 progress_step = 16 << 20;

bool is_own(const std::string& format) { return format == "raw" || format == "qcow2"; }

bool is_zero(std::span<const u8> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](u8 byte) { return byte == 0; });
}

/// The format by content: raw, qcow2, or one of qemu-img's.
Result<std::string> recognise_format(const std::string& path) {
    const auto file = TRY(open_image_file(path, {.without_lock = true}));
    std::array<u8, 68> head{};
    TRY(file->read(0, head));
    const auto at = [&](std::size_t offset, std::string_view magic) {
        return std::equal(magic.begin(), magic.end(), head.begin() + static_cast<std::ptrdiff_t>(offset),
                          [](char a, u8 b) { return static_cast<u8>(a) == b; });
    };
    if (is_qcow2(head)) return std::string(head[7] >= 2 ? "qcow2" : "qcow");
    if (at(0, "KDMV") || at(0, "COWD") || at(0, "# Disk DescriptorFile")) return std::string("vmdk");
    if (at(0, "conectix")) return std::string("vpc");
    if (at(0, "vhdxfile")) return std::string("vhdx");
    if (at(64, "\x7F\x10\xDA\xBE")) return std::string("vdi");
    return std::string("raw");
}

Result<> run_qemu_img(std::vector<std::string> arguments) {
    std::vector<char*> list;
    for (std::string& argument : arguments) list.push_back(argument.data());
    list.push_back(nullptr);
    pid_t child = 0;
    if (const int error = ::posix_spawnp(&child, "qemu-img", nullptr, nullptr, list.data(), environ); error != 0) {
        if (error == ENOENT)
            return make_error("this format is left to qemu-img, which is not installed: apt-get install qemu-utils");
        return errno_error(error, "cannot start qemu-img");
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno_error(errno, "qemu-img");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Unit{};
    return make_error("qemu-img could not convert it");
}

/// A new file that goes away unless it is kept.
class NewFile {
  public:
    explicit NewFile(std::string path) : m_path(std::move(path)) {}
    ~NewFile() {
        if (!m_kept) ::unlink(m_path.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    void keep() { m_kept = true; }

  private:
    std::string m_path;
    bool m_kept = false;
};

Result<> copy(BlockBackend& from, BlockBackend* qcow2, ImageFile* raw, const DiskProgress& progress) {
    std::vector<u8> bytes(piece);
    for (u64 at = 0; at < from.size(); at += piece) {
        const auto part = std::span(bytes).first(std::min(piece, from.size() - at));
        TRY(from.read(at, part));
        if (!is_zero(part)) TRY(qcow2 != nullptr ? qcow2->write(at, part) : raw->write(at, part));
        if (progress && at % progress_step == 0) progress(at, from.size());
    }
    if (progress) progress(from.size(), from.size());
    return Unit{};
}

Result<std::unique_ptr<BlockBackend>> no_backing(const std::string& name, const std::string&) {
    return make_error("a new image has no backing file, and yet there is '{}'", name);
}

} // namespace

Result<u64> parse_disk_size(std::string_view text) {
    u64 number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    static constexpr std::string_view suffixes = "KMGT";
    const char letter = suffix.size() == 1 ? static_cast<char>(suffix[0] & ~0x20) : '\0';
    const std::size_t index = suffixes.find(letter);
    if (error != std::errc{} || (!suffix.empty() && index == std::string_view::npos))
        return make_error("disk size \"{}\": expected a number with K, M, G or T, for example 8G", text);
    const u64 unit = suffix.empty() ? 1 : u64{1} << (10 * (index + 1));
    if (number == 0 || number > Qcow2::largest_size / unit || number * unit % 512 != 0)
        return make_error("disk size \"{}\": from 512 bytes to 64T, in whole sectors of 512 bytes", text);
    return number * unit;
}

std::string disk_format_of_name(const std::string& path) {
    return std::filesystem::path(path).extension() == ".qcow2" ? "qcow2" : "raw";
}

Result<> create_disk(const std::string& path, const std::string& format, u64 size, const std::string& backing) {
    const DiskFormat chosen = TRY(disk_format(format));
    Qcow2::Backing named;
    if (!backing.empty()) {
        if (chosen != DiskFormat::qcow2) return make_error("only a qcow2 image can stand on another one");
        if (size == 0) size = TRY(open_disk_image(backing, {.read_only = true}))->size();
        named.format = TRY(recognise_format(backing));
        const auto folder = std::filesystem::absolute(path).parent_path();
        named.name = std::filesystem::absolute(backing).lexically_normal().lexically_proximate(folder).string();
    }
    auto file = TRY(open_image_file(path, {.writing = true, .create = true}));
    NewFile made(path);
    TRY(chosen == DiskFormat::qcow2 ? Qcow2::create(*file, size, named) : file->resize(size));
    made.keep();
    return Unit{};
}

Result<> convert_disk(const std::string& from, const std::string& to, const std::string& format,
                      const DiskProgress& progress) {
    const std::string source_format = TRY(recognise_format(from));
    if (::access(to.c_str(), F_OK) == 0)
        return make_error("'{}' is there already: give another name, or remove it first", to);
    if (!is_own(source_format) || !is_own(format)) {
        TRY(run_qemu_img({"qemu-img", "convert", "-f", source_format, "-O", format, "--", from, to}));
        return Unit{};
    }
    auto source = TRY(open_disk_image(from, {.read_only = true}));
    auto file = TRY(open_image_file(to, {.writing = true, .create = true}));
    NewFile made(to);
    if (format == "raw") {
        TRY(file->resize(source->size()));
        TRY(copy(*source, nullptr, file.get(), progress));
        TRY(file->flush());
    } else {
        TRY(Qcow2::create(*file, source->size(), {}));
        auto image = TRY(Qcow2::open(std::move(file), no_backing));
        TRY(copy(*source, image.get(), nullptr, progress));
        TRY(image->flush());
    }
    made.keep();
    return Unit{};
}

Result<DiskInfo> disk_info(const std::string& path) {
    DiskInfo info;
    info.format = TRY(recognise_format(path));
    auto file = TRY(open_image_file(path, {.without_lock = true}));
    info.file_size = info.size = file->size();
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) info.used = static_cast<u64>(status.st_blocks) * 512;
    if (info.format == "raw")
        if (const auto states = TRY(RawStates::look(*file, path))) info.states = states->count();
    if (info.format != "qcow2") return info;
    // The backing file need not be there to be told of.
    struct Nothing final : BlockBackend {
        u64 size() const override { return 0; }
        bool read_only() const override { return true; }
        Result<> read(u64, std::span<u8>) override { return Unit{}; }
        Result<> write(u64, std::span<const u8>) override { return Unit{}; }
        Result<> flush() override { return Unit{}; }
    };
    const auto image = TRY(Qcow2::open(
        std::move(file), [](const std::string&, const std::string&) -> Result<std::unique_ptr<BlockBackend>> {
            return std::unique_ptr<BlockBackend>(std::make_unique<Nothing>());
        }));
    info.size = image->size();
    info.backing = image->backing().name;
    info.backing_format = image->backing().format;
    info.cluster_size = image->cluster_size();
    info.empty = image->empty();
    info.states = image->states();
    return info;
}

Result<> resize_disk(const std::string& path, u64 size) {
    const std::string format = TRY(recognise_format(path));
    if (!is_own(format))
        return make_error("'{}' is a {} image: convert it first (ringshift disk convert)", path, format);
    auto file = TRY(open_image_file(path, {.writing = true}));
    if (format == "qcow2") {
        auto image = TRY(Qcow2::open(std::move(file), [&](const std::string& name, const std::string&) {
            const auto full = std::filesystem::path(path).parent_path() / name;
            auto opened = open_disk_image(full.string(), {.read_only = true});
            return opened.ok() ? Result<std::unique_ptr<BlockBackend>>(opened.release())
                               : Result<std::unique_ptr<BlockBackend>>(opened.release_error());
        }));
        return image->resize(size);
    }
    if (const auto states = TRY(RawStates::look(*file, path)); states && states->count() != 0)
        return make_error(
            "'{0}' keeps states of snapshots, which are of its present size: to give them up, remove their "
            "file first (rm '{0}{1}')",
            path, RawStates::extension);
    if (size < file->size())
        return make_error("'{}' has {} bytes: a disk can only become larger, or the guest's data would be cut off",
                          path, file->size());
    return file->resize(size);
}

} // namespace ringshift
