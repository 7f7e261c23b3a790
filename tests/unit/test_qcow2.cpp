// qcow2 images: what they hold, what qemu-img thinks of them, what a power cut leaves, and what damaged ones do.
#include "machine/disk_image.h"
#include "machine/qcow2.h"

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

namespace ringshift {

namespace {

using Random = std::mt19937_64;
constexpr u64 sector = 512;

/// A folder that goes away.
struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "ringshift-qcow2-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string operator/(const char* name) const { return (path / name).string(); }
};

bool have_qemu_img() {
    const bool there = std::system("command -v qemu-img >/dev/null 2>&1") == 0;
    if (!there) WARN("skipped: no qemu-img");
    return there;
}

int shell(const std::string& command) {
    const int status = std::system((command + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The file of a machine whose power can fail: after that, each sector written since the last flush is there or not.
class MortalFile final : public ImageFile {
  public:
    std::vector<u8> durable, current;
    struct Write {
        u64 offset;
        std::vector<u8> bytes;
    };
    std::vector<Write> pending;
    u64 operations = 0;
    u64 dies_at = ~u64{0};

    const std::string& what() const override { return m_what; }
    u64 size() const override { return current.size(); }
    bool read_only() const override { return false; }
    Result<> read(u64 offset, std::span<u8> out) override {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = offset + i < current.size() ? current[offset + i] : 0;
        return Unit{};
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        // The last write is under way when the power fails.
        if (operations >= dies_at) return make_error("no power");
        pending.push_back({offset, {in.begin(), in.end()}});
        put(current, offset, in);
        ++operations;
        return Unit{};
    }
    Result<> resize(u64 size) override {
        current.resize(size);
        durable.resize(size);
        return Unit{};
    }
    Result<> flush() override {
        if (operations >= dies_at) return make_error("no power");
        ++operations;
        for (const Write& write : pending) put(durable, write.offset, write.bytes);
        pending.clear();
        return Unit{};
    }
    std::vector<u8> after_cut(Random& random) const {
        std::vector<u8> left = durable;
        const u64 likely = random() % 101;
        for (const Write& write : pending)
            for (u64 at = 0; at < write.bytes.size();) {
                const u64 n = std::min(write.bytes.size() - at, sector - (write.offset + at) % sector);
                if (random() % 100 < likely) put(left, write.offset + at, std::span(write.bytes).subspan(at, n));
                at += n;
            }
        return left;
    }

  private:
    static void put(std::vector<u8>& to, u64 offset, std::span<const u8> in) {
        if (to.size() < offset + in.size()) to.resize(offset + in.size());
        std::copy(in.begin(), in.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    std::string m_what = "the mortal image";
};

struct SharedFile final : ImageFile {
    explicit SharedFile(MortalFile& f) : file(f) {}
    MortalFile& file;
    const std::string& what() const override { return file.what(); }
    u64 size() const override { return file.size(); }
    bool read_only() const override { return false; }
    Result<> read(u64 offset, std::span<u8> out) override { return file.read(offset, out); }
    Result<> write(u64 offset, std::span<const u8> in) override { return file.write(offset, in); }
    Result<> resize(u64 size) override { return file.resize(size); }
    Result<> flush() override { return file.flush(); }
};

struct MemoryBacking final : BlockBackend {
    explicit MemoryBacking(std::vector<u8> content) : bytes(std::move(content)) {}
    std::vector<u8> bytes;
    u64 size() const override { return bytes.size(); }
    bool read_only() const override { return true; }
    Result<> read(u64 offset, std::span<u8> out) override {
        std::memcpy(out.data(), bytes.data() + offset, out.size());
        return Unit{};
    }
    Result<> write(u64, std::span<const u8>) override { return make_error("a backing file"); }
    Result<> flush() override { return Unit{}; }
};

std::unique_ptr<Qcow2> open_mortal(MortalFile& file, const std::vector<u8>& backing) {
    auto image = Qcow2::open(std::make_unique<SharedFile>(file),
                             [&](const std::string&, const std::string&) -> Result<std::unique_ptr<BlockBackend>> {
                                 return std::unique_ptr<BlockBackend>(std::make_unique<MemoryBacking>(backing));
                             });
    if (!image.ok()) FAIL(image.error().message);
    return image.release();
}

/// Each cluster that is named is counted, and named once.
void check_counts(const std::vector<u8>& file) {
    const auto quad = [&](u64 at) { return at + 8 <= file.size() ? load_big_endian<u64>(&file[at]) : u64{0}; };
    const u64 bits = load_big_endian<u32>(&file[20]), cluster = u64{1} << bits;
    const u64 mask = 0x00FF'FFFF'FFFF'FE00;
    const u64 table = quad(48), table_clusters = load_big_endian<u32>(&file[56]);
    std::map<u64, unsigned> named;
    named[0] = 1;
    for (u64 i = 0; i < table_clusters; ++i) ++named[(table >> bits) + i];
    for (u64 i = 0; i < table_clusters * cluster / 8; ++i)
        if (const u64 block = quad(table + 8 * i)) ++named[block >> bits];
    const u64 l1 = quad(40), l1_size = load_big_endian<u32>(&file[36]);
    for (u64 at = 0; at < l1_size * 8; at += cluster) ++named[(l1 + at) >> bits];
    for (u64 i = 0; i < l1_size; ++i) {
        const u64 l2 = quad(l1 + 8 * i) & mask;
        if (l2 == 0) continue;
        ++named[l2 >> bits];
        for (u64 j = 0; j < cluster / 8; ++j)
            if (const u64 data = quad(l2 + 8 * j) & mask) ++named[data >> bits];
    }
    u64 wrong = 0;
    for (const auto& [index, times] : named) {
        const u64 per_block = cluster / 2, block = quad(table + 8 * (index / per_block));
        const u64 at = block + index % per_block * 2;
        const unsigned count = block == 0 || at + 2 > file.size() ? 0 : file[at] << 8 | file[at + 1];
        wrong += times != 1 || count < times;
    }
    CHECK(wrong == 0);
}

void write_file(const std::string& path, std::span<const u8> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::vector<u8> random_bytes(Random& random, std::size_t size) {
    std::vector<u8> bytes(size);
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
        const u64 value = random();
        std::memcpy(&bytes[i], &value, 8);
    }
    return bytes;
}

/// Random writes to an image and to memory; at the end both read alike.
void write_both(DiskImage& image, std::vector<u8>& mirror, Random& random, unsigned writes) {
    for (unsigned i = 0; i < writes; ++i) {
        const u64 at = random() % (mirror.size() / sector) * sector;
        const u64 most = random() % 8 == 0 ? 400 : 16;
        const u64 n = std::min<u64>((1 + random() % most) * sector, mirror.size() - at);
        const std::vector<u8> bytes = random_bytes(random, n);
        REQUIRE(image.write(at, bytes).ok());
        std::copy(bytes.begin(), bytes.end(), mirror.begin() + static_cast<std::ptrdiff_t>(at));
        if (random() % 10 == 0) REQUIRE(image.flush().ok());
    }
}

bool reads_as(DiskImage& image, const std::vector<u8>& mirror) {
    if (image.size() != mirror.size()) return false;
    std::vector<u8> bytes(mirror.size());
    for (u64 at = 0; at < bytes.size(); at += 100'352) {
        const auto part = std::span(bytes).subspan(at, std::min<u64>(100'352, bytes.size() - at));
        if (!image.read(at, part).ok()) return false;
    }
    return bytes == mirror;
}

std::unique_ptr<DiskImage> open_or_fail(const std::string& path, DiskImageOptions options = {}) {
    auto image = open_disk_image(path, options);
    if (!image.ok()) FAIL(image.error().message);
    return image.release();
}

void make_image(const std::string& path, u64 size, const Qcow2::Backing& backing = {}) {
    auto file = open_image_file(path, {.writing = true, .create = true});
    REQUIRE(file.ok());
    REQUIRE(Qcow2::create(*file.value(), size, backing).ok());
}

} // namespace

TEST_CASE("a qcow2 image made here reads what was written and is right for qemu-img") {
    Folder folder;
    const std::string path = folder / "disk.qcow2";
    make_image(path, 40 << 20);
    std::vector<u8> mirror(40 << 20);
    Random random(1);
    for (unsigned round = 0; round < 3; ++round) {
        auto image = open_or_fail(path);
        CHECK(reads_as(*image, mirror));
        write_both(*image, mirror, random, 200);
        CHECK(reads_as(*image, mirror));
    }
    auto image = open_or_fail(path, {.read_only = true});
    CHECK(reads_as(*image, mirror));
    image.reset();
    if (!have_qemu_img()) return;
    CHECK(shell("qemu-img check " + path) == 0);
    write_file(folder / "mirror", mirror);
    CHECK(shell("qemu-img compare -f qcow2 -F raw " + path + " " + (folder / "mirror")) == 0);
}

TEST_CASE("qcow2 images of qemu-img in all forms are read and written here") {
    if (!have_qemu_img()) return;
    Folder folder;
    Random random(2);
    std::vector<u8> original(6 << 20);
    for (u64 at = 0; at < original.size(); at += 1 << 19)
        for (u64 i = 0; i < 300'000; ++i) original[at + i] = static_cast<u8>(i / 700 + at);
    write_file(folder / "raw", original);
    const std::vector<std::string> forms = {
        "-o compat=0.10",
        "-o compat=1.1",
        "-c",
        "-c -o compression_type=zstd",
        "-o cluster_size=512",
        "-o cluster_size=2M",
        "-o refcount_bits=1",
        "-o refcount_bits=2,cluster_size=4k",
        "-o refcount_bits=8,cluster_size=1k",
        "-o refcount_bits=64",
        "-o preallocation=metadata",
        "-o preallocation=full",
    };
    for (const std::string& form : forms) {
        INFO(form);
        const std::string path = folder / "image.qcow2";
        REQUIRE(shell("qemu-img convert -f raw -O qcow2 " + form + " " + (folder / "raw") + " " + path) == 0);
        std::vector<u8> mirror = original;
        {
            auto image = open_or_fail(path);
            CHECK(reads_as(*image, mirror));
            write_both(*image, mirror, random, 150);
            CHECK(reads_as(*image, mirror));
        }
        CHECK(shell("qemu-img check " + path) == 0);
        write_file(folder / "mirror", mirror);
        CHECK(shell("qemu-img compare -f qcow2 -F raw " + path + " " + (folder / "mirror")) == 0);
        std::filesystem::remove(path);
    }
}

TEST_CASE("an internal snapshot of qemu-img keeps its content while the disk is written") {
    if (!have_qemu_img()) return;
    Folder folder;
    const std::string path = folder / "image.qcow2";
    Random random(3);
    std::vector<u8> mirror(4 << 20);
    make_image(path, mirror.size());
    {
        auto image = open_or_fail(path);
        write_both(*image, mirror, random, 100);
    }
    write_file(folder / "before", mirror);
    REQUIRE(shell("qemu-img snapshot -c one " + path) == 0);
    {
        auto image = open_or_fail(path);
        write_both(*image, mirror, random, 100);
        CHECK(reads_as(*image, mirror));
    }
    CHECK(shell("qemu-img check " + path) == 0);
    REQUIRE(shell("qemu-img snapshot -a one " + path) == 0);
    CHECK(shell("qemu-img compare -f qcow2 -F raw " + path + " " + (folder / "before")) == 0);
}

TEST_CASE("backing files are read through and never written") {
    Folder folder;
    Random random(4);
    std::vector<u8> mirror(3 << 20);
    for (u64 i = 0; i < mirror.size(); ++i) mirror[i] = static_cast<u8>(i / 1000);
    write_file(folder / "base.raw", mirror);
    mirror.resize(5 << 20); // larger than what is behind it
    make_image(folder / "middle.qcow2", mirror.size(), {"base.raw", "raw"});
    {
        auto image = open_or_fail(folder / "middle.qcow2");
        write_both(*image, mirror, random, 50);
        CHECK(reads_as(*image, mirror));
    }
    const std::vector<u8> middle = mirror;
    make_image(folder / "top.qcow2", mirror.size(), {"middle.qcow2", "qcow2"});
    {
        auto image = open_or_fail(folder / "top.qcow2");
        write_both(*image, mirror, random, 50);
        CHECK(reads_as(*image, mirror));
        // Several may stand on one, but nobody may write it meanwhile.
        auto writer = open_disk_image(folder / "middle.qcow2", {});
        CHECK_FALSE(writer.ok());
        CHECK(open_disk_image(folder / "middle.qcow2", {.read_only = true}).ok());
    }
    CHECK(reads_as(*open_or_fail(folder / "middle.qcow2"), middle));
    CHECK(reads_as(*open_or_fail(folder / "top.qcow2"), mirror));
    if (have_qemu_img()) {
        CHECK(shell("qemu-img check " + (folder / "top.qcow2")) == 0);
        write_file(folder / "mirror", mirror);
        CHECK(shell("qemu-img compare -f qcow2 -F raw " + (folder / "top.qcow2") + " " + (folder / "mirror")) == 0);
    }
    std::filesystem::remove(folder.path / "base.raw");
    const auto missing = open_disk_image(folder / "top.qcow2", {});
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().message.find("base.raw") != std::string::npos);
    make_image(folder / "self.qcow2", 1 << 20, {"self.qcow2", "qcow2"});
    CHECK_FALSE(open_disk_image(folder / "self.qcow2", {.read_only = true}).ok());
}

TEST_CASE("two cannot write one qcow2 image at once") {
    Folder folder;
    make_image(folder / "disk.qcow2", 1 << 20);
    auto first = open_or_fail(folder / "disk.qcow2");
    const auto second = open_disk_image(folder / "disk.qcow2", {});
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().message.find("in use by another virtual machine") != std::string::npos);
}

TEST_CASE("a guest cannot turn a raw disk into a qcow2 image that names files of the host") {
    Folder folder;
    write_file(folder / "disk", std::vector<u8>(1 << 20, 1));
    std::vector<u8> header(512);
    store_big_endian<u32>(header.data(), 0x514649FB);
    {
        auto image = open_or_fail(folder / "disk");
        CHECK_FALSE(image->write(0, header).ok());
        CHECK(image->write(512, header).ok());
    }
    auto image = open_or_fail(folder / "disk", {.format = DiskFormat::raw});
    CHECK(image->write(0, header).ok());
}

TEST_CASE("a qcow2 image becomes larger and never smaller") {
    Folder folder;
    const std::string path = folder / "disk.qcow2";
    Random random(5);
    std::vector<u8> mirror(2 << 20);
    make_image(path, mirror.size());
    {
        auto image = open_or_fail(path);
        write_both(*image, mirror, random, 30);
    }
    {
        auto file = open_image_file(path, {.writing = true});
        REQUIRE(file.ok());
        auto image = Qcow2::open(file.release(), [](auto&, auto&) { return make_error("none"); });
        REQUIRE(image.ok());
        CHECK_FALSE(image.value()->resize(1 << 20).ok());
        REQUIRE(image.value()->resize(u64{3} << 40).ok());
        std::vector<u8> bytes(mirror.size());
        REQUIRE(image.value()->read(0, bytes).ok());
        CHECK(bytes == mirror);
        const std::vector<u8> far(4096, 7);
        REQUIRE(image.value()->write((u64{3} << 40) - 4096, far).ok());
        REQUIRE(image.value()->flush().ok());
    }
    CHECK(open_or_fail(path)->size() == u64{3} << 40);
    if (have_qemu_img()) CHECK(shell("qemu-img check " + path) == 0);
}

TEST_CASE("a thousand power cuts lose no flushed byte of a qcow2 image") {
    const bool judge = have_qemu_img();
    Folder folder;
    u64 judged = 0;
    for (u64 seed = 0; seed < 1000; ++seed) {
        Random random(seed);
        constexpr u64 size = 3 << 20;
        const std::vector<u8> backing = seed % 2 == 0 ? std::vector<u8>{} : random_bytes(random, 2 << 20);
        MortalFile file;
        REQUIRE(Qcow2::create(file, size, backing.empty() ? Qcow2::Backing{} : Qcow2::Backing{"base", "raw"}).ok());
        file.dies_at = file.operations + 1 + random() % 150;
        // Each sector's number of the write that it may show: the flushed one, or one after that.
        std::vector<std::set<u64>> allowed(size / sector, {0});
        const auto content = [&](u64 index, u64 stamp) {
            std::vector<u8> bytes(sector);
            if (stamp != 0) {
                for (u64 i = 0; i < sector; i += 8) std::memcpy(&bytes[i], &stamp, 8);
            } else if (index * sector < backing.size()) {
                std::memcpy(bytes.data(), &backing[index * sector], sector);
            }
            return bytes;
        };
        {
            auto image = open_mortal(file, backing);
            u64 stamp = 0;
            for (bool alive = true; alive;) {
                const u64 index = random() % 3 == 0 ? random() % allowed.size() : random() % 300;
                const u64 count = std::min<u64>(1 + random() % 40, allowed.size() - index);
                ++stamp;
                std::vector<u8> bytes;
                for (u64 i = 0; i < count; ++i) {
                    const auto one = content(index + i, stamp);
                    bytes.insert(bytes.end(), one.begin(), one.end());
                    allowed[index + i].insert(stamp);
                }
                alive = image->write(index * sector, bytes).ok();
                if (!alive || random() % 6 != 0) continue;
                alive = image->flush().ok();
                if (!alive) break;
                for (auto& stamps : allowed) stamps = {*stamps.rbegin()};
            }
            // The image's own destructor cannot write any more.
        }
        MortalFile left;
        left.current = file.after_cut(random);
        check_counts(left.current);
        auto image = open_mortal(left, backing);
        u64 lost = 0;
        std::vector<u8> bytes(sector);
        for (u64 index = 0; index < allowed.size(); ++index) {
            REQUIRE(image->read(index * sector, bytes).ok());
            bool found = false;
            for (const u64 stamp : allowed[index]) found = found || bytes == content(index, stamp);
            lost += !found;
        }
        INFO("seed " << seed);
        CHECK(lost == 0);
        image.reset();
        if (judge && seed % 25 == 0) {
            write_file(folder / "base", backing);
            write_file(folder / "cut.qcow2", left.current);
            const int status = shell("qemu-img check " + (folder / "cut.qcow2"));
            CHECK((status == 0 || status == 3)); // 3: leaks
            ++judged;
        }
    }
    if (judge) CHECK(judged == 40);
}

TEST_CASE("damaged qcow2 images are errors or disks and never more") {
    Folder folder;
    const std::string path = folder / "disk.qcow2";
    Random random(6);
    std::vector<u8> mirror(3 << 20);
    make_image(path, mirror.size());
    {
        auto image = open_or_fail(path);
        write_both(*image, mirror, random, 60);
    }
    std::ifstream stream(path, std::ios::binary);
    const std::vector<char> whole{std::istreambuf_iterator<char>(stream), {}};
    unsigned refused = 0;
    for (unsigned round = 0; round < 1500; ++round) {
        MortalFile file;
        file.current.assign(whole.begin(), whole.end());
        if (round % 10 == 0) file.current.resize(random() % file.current.size());
        for (unsigned flips = 1 + static_cast<unsigned>(random() % 4); flips > 0 && !file.current.empty(); --flips) {
            // The header, or wherever tables are.
            const u64 place = random() % 4 == 0 ? random() % 112 : random() % 8 * 65536 + random() % 64;
            file.current[place % file.current.size()] = static_cast<u8>(random());
        }
        auto image = Qcow2::open(std::make_unique<SharedFile>(file), [](auto&, auto&) { return make_error("none"); });
        if (!image.ok()) {
            ++refused;
            continue;
        }
        std::vector<u8> bytes(70'000);
        for (unsigned i = 0; i < 20; ++i) {
            const u64 most = std::max<u64>(image.value()->size(), 70'001) - 70'000;
            const u64 at = random() % most;
            if (random() % 2) {
                (void)image.value()->read(at, bytes);
            } else {
                (void)image.value()->write(at, bytes);
            }
            if (file.current.size() > (64u << 20)) break;
        }
        (void)image.value()->flush();
    }
    CHECK(refused > 100);
    CHECK(refused < 1500);
}

TEST_CASE("a qcow2 image that counts all of an endless file by one block is refused") {
    MortalFile file;
    REQUIRE(Qcow2::create(file, 1 << 20, {}).ok());
    const auto open = [&] {
        return Qcow2::open(std::make_unique<SharedFile>(file), [](auto&, auto&) { return make_error("none"); });
    };
    CHECK(open().ok());
    const u64 table = 65536, block = 2 * 65536;
    REQUIRE(file.current[table + 5] == block >> 16);
    std::fill_n(file.current.begin() + block, 65536, u8{0xFF});
    for (u64 entry = 1; entry < 8192; ++entry)
        std::copy_n(file.current.begin() + table, 8,
                    file.current.begin() + static_cast<std::ptrdiff_t>(table + 8 * entry));
    const auto image = open();
    REQUIRE_FALSE(image.ok());
    CHECK(image.error().message.find("reference counts") != std::string::npos);
}

TEST_CASE("a qcow2 image with something unsupported is refused with a hint") {
    Folder folder;
    MortalFile file;
    REQUIRE(Qcow2::create(file, 1 << 20, {}).ok());
    const auto message = [&](std::size_t at, u8 value) {
        MortalFile changed;
        changed.current = file.current;
        changed.current[at] = value;
        auto image =
            Qcow2::open(std::make_unique<SharedFile>(changed), [](auto&, auto&) { return make_error("none"); });
        return image.ok() ? std::string() : image.error().message;
    };
    CHECK(message(7, 1).find("version") != std::string::npos);
    CHECK(message(35, 1).find("encrypted") != std::string::npos);
    CHECK(message(79, 1).find("qemu-img check") != std::string::npos);
    CHECK(message(79, 4).find("not supported") != std::string::npos);
    CHECK(message(23, 30).find("impossible") != std::string::npos);
    CHECK(message(200, 0).empty());
}

TEST_CASE("states kept in a qcow2 image come back whole and are right for qemu-img") {
    Folder folder;
    const std::string path = folder / "disk.qcow2";
    constexpr u64 size = 20 << 20;
    make_image(path, size);
    std::map<std::string, std::vector<u8>> kept;
    std::vector<u8> mirror(size);
    Random random(4);
    std::unique_ptr<DiskImage> image;
    const auto judge = [&] { // and then it is opened by the next process
        REQUIRE(image->flush().ok());
        CHECK(reads_as(*image, mirror));
        image.reset();
        if (have_qemu_img()) CHECK(shell("qemu-img check " + path) == 0);
        image = open_or_fail(path);
        CHECK(reads_as(*image, mirror));
    };
    image = open_or_fail(path);
    for (unsigned round = 0; round < 25; ++round) {
        write_both(*image, mirror, random, 20);
        const u64 what = random() % 4;
        if (what < 2 || kept.empty()) {
            const std::string id = "id" + std::to_string(round);
            REQUIRE(image->keep_state(id, "a name", 1'000'000, 5).ok());
            CHECK(image->has_state(id));
            CHECK(image_has_state(path, id));
            kept[id] = mirror;
        } else {
            const auto chosen = std::next(kept.begin(), static_cast<std::ptrdiff_t>(random() % kept.size()));
            if (what == 2) {
                REQUIRE(image->go_back(chosen->first).ok());
                mirror = chosen->second;
            } else {
                REQUIRE(image->forget_state(chosen->first).ok());
                CHECK_FALSE(image->has_state(chosen->first));
                kept.erase(chosen);
            }
        }
        if (round % 2 == 0) judge();
    }
    CHECK_FALSE(image->go_back("nobody").ok());
    judge();
    for (const auto& [id, content] : kept) {
        REQUIRE(image->go_back(id).ok());
        mirror = content;
        judge();
    }
}

TEST_CASE("a power cut while a state is kept or gone back to leaves the disk of before or after it") {
    const bool judge = have_qemu_img();
    Folder folder;
    constexpr u64 size = 3 << 20;
    for (u64 seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        MortalFile file;
        REQUIRE(Qcow2::create(file, size, {}).ok());
        std::vector<u8> first(size), second;
        const auto write = [&](Qcow2& image, std::vector<u8>& mirror) {
            for (unsigned i = 0; i < 6; ++i) {
                const u64 at = random() % (size / sector - 200) * sector;
                const std::vector<u8> bytes = random_bytes(random, (1 + random() % 200) * sector);
                if (!image.write(at, bytes).ok()) return;
                std::copy(bytes.begin(), bytes.end(), mirror.begin() + static_cast<std::ptrdiff_t>(at));
            }
        };
        {
            auto image = open_mortal(file, {});
            write(*image, first);
            REQUIRE(image->keep_state("old", "old", 0, 0).ok());
            second = first;
            write(*image, second);
            REQUIRE(image->flush().ok());
            file.dies_at = file.operations + random() % 25;
            (void)(seed % 3 == 0   ? image->keep_state("new", "new", 0, 0)
                   : seed % 3 == 1 ? image->go_back("old")
                                   : image->forget_state("old"));
        }
        MortalFile left;
        left.current = file.after_cut(random);
        if (judge && seed % 10 < 3) {
            write_file(folder / "cut.qcow2", left.current);
            const int status = shell("qemu-img check " + (folder / "cut.qcow2"));
            CHECK((status == 0 || status == 3)); // 3: leaks
        }
        auto image = open_mortal(left, {});
        std::vector<u8> bytes(size);
        REQUIRE(image->read(0, bytes).ok());
        CHECK((bytes == second || (seed % 3 == 1 && bytes == first)));
        if (image->has_state("old")) {
            REQUIRE(image->go_back("old").ok());
            REQUIRE(image->read(0, bytes).ok());
            CHECK(bytes == first);
        } else {
            CHECK(seed % 3 == 2);
        }
    }
}

} // namespace ringshift
