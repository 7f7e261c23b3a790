// What is kept beside raw disk images, and disks that go back together: against mirrors, after power cuts, and with
// others who write to the image.
#include "machine/going_back.h"
#include "machine/raw_states.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <unistd.h>

using namespace ringshift;

namespace {

using Random = std::mt19937_64;
using Bytes = std::vector<u8>;

constexpr u64 cluster = 64 << 10;

/// A file in memory. After `dies_at` writes of all that share a count the host has no power; what was not flushed by
/// then is there or not, write by write.
struct Power {
    u64 operations = 0, dies_at = ~u64{0};
    bool on() { return operations++ < dies_at; }
};

class MemoryFile final : public ImageFile {
  public:
    struct Content {
        Bytes durable, current;
        std::vector<std::pair<u64, Bytes>> pending;
    };
    MemoryFile(Content& content, Power& power) : m_content(content), m_power(power) {}
    const std::string& what() const override { return m_what; }
    u64 size() const override { return m_content.current.size(); }
    bool read_only() const override { return false; }
    Result<> read(u64 offset, std::span<u8> out) override {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = offset + i < m_content.current.size() ? m_content.current[offset + i] : u8{0};
        return Unit{};
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        if (!m_power.on()) return make_error("no power");
        put(m_content.current, offset, in);
        m_content.pending.emplace_back(offset, Bytes(in.begin(), in.end()));
        return Unit{};
    }
    Result<> resize(u64 size) override {
        m_content.current.resize(size);
        m_content.durable.resize(size);
        return Unit{};
    }
    Result<> discard(u64 offset, u64 size) override { return write(offset, Bytes(size)); }
    Result<> flush() override {
        if (!m_power.on()) return make_error("no power");
        for (const auto& [offset, bytes] : m_content.pending) put(m_content.durable, offset, bytes);
        m_content.pending.clear();
        return Unit{};
    }
    static void put(Bytes& to, u64 offset, std::span<const u8> in) {
        if (to.size() < offset + in.size()) to.resize(offset + in.size());
        std::copy(in.begin(), in.end(), to.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    static void cut(Content& content, Random& random) {
        for (const auto& [offset, bytes] : content.pending)
            if (random() % 2 != 0) put(content.durable, offset, bytes);
        content.current = content.durable;
        content.pending.clear();
    }

  private:
    Content& m_content;
    Power& m_power;
    std::string m_what = "the image";
};

/// An image with its states, as a disk uses them.
struct Disk {
    MemoryFile::Content image, log;
    Power power;
    std::string boot = "first";
    i64 modified = 1;
    std::unique_ptr<MemoryFile> file;
    std::unique_ptr<RawStates> states;

    explicit Disk(u64 size) { image.durable = image.current = Bytes(size); }
    std::string open() {
        file = std::make_unique<MemoryFile>(image, power);
        auto loaded =
            RawStates::load(*file, std::make_unique<MemoryFile>(log, power), {boot, [this] { return modified; }});
        REQUIRE(loaded.ok());
        states = loaded.release();
        auto started = states->start();
        REQUIRE(started.ok());
        return started.value();
    }
    Result<> write(u64 offset, const Bytes& bytes) {
        TRY(states->preserve(offset, bytes.size()));
        ++modified;
        return file->write(offset, bytes);
    }
    Result<> flush() {
        TRY(states->flush());
        return file->flush();
    }
};

Bytes random_bytes(Random& random, u64 size) {
    Bytes bytes(size);
    if (random() % 4 != 0) std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<u8>(random()); });
    return bytes;
}

Result<> write_somewhere(Disk& disk, Random& random) {
    const u64 size = disk.image.current.size() / 512;
    const u64 first = random() % size, count = 1 + random() % std::min<u64>(300, size - first);
    return disk.write(first * 512, random_bytes(random, count * 512));
}

} // namespace

TEST_CASE("a raw image goes back to each of its kept states in any order whoever opens it in between") {
    for (u64 seed = 0; seed < 60; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        Disk disk(9 * cluster + 1536);
        disk.open();
        std::map<std::string, Bytes> kept;
        for (unsigned step = 0; step < 60; ++step) {
            const auto any = [&] { return std::next(kept.begin(), static_cast<long>(random() % kept.size())); };
            switch (random() % 8) {
            case 0: {
                const std::string id = "state " + std::to_string(step);
                REQUIRE(disk.states->keep_state(id).ok());
                kept[id] = disk.image.current;
                break;
            }
            case 1:
                if (!kept.empty()) {
                    const auto state = any();
                    REQUIRE(disk.states->go_back(state->first).ok());
                    ++disk.modified;
                    CHECK(disk.image.current == state->second);
                }
                break;
            case 2:
                if (kept.size() > 3) {
                    const auto state = any();
                    REQUIRE(disk.states->forget_state(state->first).ok());
                    kept.erase(state);
                }
                break;
            case 3: // an orderly end, or a process that dies
                if (random() % 2 != 0) REQUIRE(disk.states->stop().ok());
                CHECK(disk.open().empty());
                break;
            default: REQUIRE(write_somewhere(disk, random).ok());
            }
        }
        for (const auto& [id, content] : kept) {
            REQUIRE(disk.states->has_state(id));
            REQUIRE(disk.states->go_back(id).ok());
            CHECK(disk.image.current == content);
        }
    }
}

TEST_CASE("a raw image that goes back while the power fails is what it was before or after it") {
    unsigned before = 0, after = 0;
    for (u64 seed = 0; seed < 400; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        Disk disk(7 * cluster);
        disk.open();
        for (unsigned i = 0; i < 4; ++i) REQUIRE(write_somewhere(disk, random).ok());
        REQUIRE(disk.flush().ok());
        const Bytes first = disk.image.current;
        REQUIRE(disk.states->keep_state("first").ok());
        for (unsigned i = 0; i < 4; ++i) REQUIRE(write_somewhere(disk, random).ok());
        REQUIRE(disk.flush().ok());
        const Bytes second = disk.image.current;
        disk.power.dies_at = disk.power.operations + random() % 30;
        (void)disk.states->go_back("first");
        MemoryFile::cut(disk.image, random);
        MemoryFile::cut(disk.log, random);
        disk.power = {};
        disk.boot = "second";
        disk.open();
        CHECK((disk.image.current == first || disk.image.current == second));
        before += disk.image.current == second;
        after += disk.image.current == first;
        CHECK_FALSE(disk.states->interrupted());
    }
    CHECK(before > 20);
    CHECK(after > 20);
}

TEST_CASE("states of a raw image that somebody else has written to or whose host failed are forgotten with a reason") {
    Random random(1);
    Disk disk(4 * cluster);
    disk.open();
    REQUIRE(disk.states->keep_state("one").ok());
    REQUIRE(write_somewhere(disk, random).ok());
    REQUIRE(disk.states->stop().ok());
    CHECK(disk.open().empty());
    CHECK(disk.states->has_state("one"));
    REQUIRE(disk.states->stop().ok());
    ++disk.modified;
    CHECK(disk.open().find("something else has written") != std::string::npos);
    CHECK_FALSE(disk.states->has_state("one"));
    REQUIRE(disk.states->keep_state("two").ok());
    CHECK(disk.open().empty()); // the process died
    CHECK(disk.states->has_state("two"));
    disk.boot = "second";
    const Bytes content = disk.image.current;
    CHECK(disk.open().find("the host failed") != std::string::npos);
    CHECK_FALSE(disk.states->has_state("two"));
    CHECK(disk.image.current == content);
}

TEST_CASE("a damaged or cut off file of states never harms the raw image") {
    for (u64 seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        Random random(seed);
        Disk disk(3 * cluster);
        disk.open();
        for (unsigned i = 0; i < 3; ++i) {
            REQUIRE(disk.states->keep_state(std::to_string(i)).ok());
            REQUIRE(write_somewhere(disk, random).ok());
        }
        const Bytes content = disk.image.current;
        if (seed % 3 == 0) disk.log.current.resize(random() % disk.log.current.size());
        for (unsigned i = 0; seed % 3 != 0 && i < 3; ++i)
            disk.log.current[random() % (seed % 3 == 1 ? 400 : disk.log.current.size())] ^=
                static_cast<u8>(1 + random() % 255);
        disk.open();
        CHECK(disk.image.current == content);
        for (unsigned i = 0; i < 3; ++i)
            if (disk.states->has_state(std::to_string(i))) CHECK(disk.states->go_back(std::to_string(i)).ok());
    }
}

// ---- Disks together ------------------------------------------------------------------------------------------------

namespace {

struct TwoDisks {
    std::filesystem::path folder;
    std::vector<std::string> paths;
    TwoDisks() {
        std::string name = (std::filesystem::temp_directory_path() / "ringshift-disks-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        for (const char* disk : {"a.img", "b.img"}) {
            paths.push_back((folder / disk).string());
            std::ofstream(paths.back()) << std::string(4 * cluster, '0');
        }
    }
    ~TwoDisks() { std::filesystem::remove_all(folder); }
    static std::unique_ptr<DiskImage> open(const std::string& path) {
        auto image = open_disk_image(path, {.format = DiskFormat::raw});
        INFO((image.ok() ? std::string() : image.error().message));
        REQUIRE(image.ok());
        return image.release();
    }
    static char letter(DiskImage& image) {
        Bytes sector(512);
        REQUIRE(image.read(0, sector).ok());
        return static_cast<char>(sector[0]);
    }
    static void set(DiskImage& image, char letter) {
        REQUIRE(image.write(0, Bytes(512, static_cast<u8>(letter))).ok());
    }
    bool marked() const {
        return std::any_of(std::filesystem::directory_iterator(folder), {},
                           [](const auto& entry) { return entry.path().extension() == ".going-back"; });
    }
    void mark(const std::string& disk, const std::string& list, const std::string& id = "then") const {
        std::ofstream(folder / (disk + ".going-back")) << "going back to a snapshot\n" << id << "\n" << list;
    }
};

/// One that cannot go back.
struct Stubborn final : DiskImage {
    std::unique_ptr<DiskImage> image;
    u64 size() const override { return image->size(); }
    bool read_only() const override { return false; }
    Result<> read(u64 offset, std::span<u8> out) override { return image->read(offset, out); }
    Result<> write(u64 offset, std::span<const u8> in) override { return image->write(offset, in); }
    Result<> flush() override { return image->flush(); }
    const std::string& path() const override { return image->path(); }
    const std::string& note() const override { return image->note(); }
    void archive(Archive& ar) override { image->archive(ar); }
    Result<> keep_state(const std::string& id, const std::string& name, i64 time, u64 ns) override {
        return image->keep_state(id, name, time, ns);
    }
    bool has_state(const std::string& id) override { return image->has_state(id); }
    Result<> go_back(const std::string& id) override {
        return id == "then" ? Result<>(make_error("no space left")) : image->go_back(id);
    }
    Result<> forget_state(const std::string& id) override { return image->forget_state(id); }
    Result<> set_locked(bool locked) override { return image->set_locked(locked); }
};

} // namespace

TEST_CASE("two disks go back together or not at all") {
    TwoDisks disks;
    auto a = TwoDisks::open(disks.paths[0]);
    Stubborn b;
    b.image = TwoDisks::open(disks.paths[1]);
    for (DiskImage* disk : {a.get(), static_cast<DiskImage*>(&b)}) {
        REQUIRE(disk->keep_state("then", "then", 0, 0).ok());
        TwoDisks::set(*disk, '1');
    }
    CHECK_FALSE(go_back_together({a.get(), &b}, "then").ok());
    CHECK(TwoDisks::letter(*a) == '1');
    CHECK(TwoDisks::letter(b) == '1');
    CHECK_FALSE(disks.marked());
    REQUIRE(go_back_together({a.get(), b.image.get()}, "then").ok());
    CHECK(TwoDisks::letter(*a) == '0');
    CHECK(TwoDisks::letter(b) == '0');
    CHECK_FALSE(disks.marked());
    CHECK_FALSE(a->has_state("then-undo"));
}

TEST_CASE("a way back of two disks that a host has interrupted is ended when one of them is opened") {
    for (const unsigned gone : {0u, 1u, 2u})
        for (const unsigned first : {0u, 1u}) {
            INFO(gone << " had gone back, " << first << " is opened first");
            TwoDisks disks;
            for (unsigned i = 0; i < 2; ++i) {
                auto disk = TwoDisks::open(disks.paths[i]);
                REQUIRE(disk->keep_state("then", "then", 0, 0).ok());
                TwoDisks::set(*disk, '1');
                if (i < gone) REQUIRE(disk->go_back("then").ok());
            }
            disks.mark("b.img", "a.img\nb.img\n");
            disks.mark("a.img", "a.img\nb.img\n");
            for (const unsigned i : {first, 1 - first}) CHECK(TwoDisks::letter(*TwoDisks::open(disks.paths[i])) == '0');
            CHECK_FALSE(disks.marked());
        }
}

TEST_CASE("a marker without a decision means nothing and a disk that is missing is asked for") {
    TwoDisks disks;
    for (const std::string& path : disks.paths) {
        auto disk = TwoDisks::open(path);
        REQUIRE(disk->keep_state("then", "then", 0, 0).ok());
        TwoDisks::set(*disk, '1');
    }
    disks.mark("b.img", "a.img\nb.img\n");
    CHECK(TwoDisks::letter(*TwoDisks::open(disks.paths[1])) == '1');
    CHECK_FALSE(disks.marked());
    disks.mark("b.img", "a.img\nb.img\n");
    disks.mark("a.img", "a.img\nc.img\n"); // of another way back
    CHECK(TwoDisks::letter(*TwoDisks::open(disks.paths[1])) == '1');
    const auto opened = open_disk_image(disks.paths[0], {.format = DiskFormat::raw});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().message.find("c.img") != std::string::npos);
    CHECK(opened.error().message.find("rm '") != std::string::npos);
}
