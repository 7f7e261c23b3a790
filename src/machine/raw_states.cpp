// A raw image is always the disk as it is now, so what a kept state needs lies elsewhere: before a cluster of the image
// is overwritten for the first time since a state was kept, its old content goes into the file of states. A state is
// the list of the clusters that were saved for it; all others are the image's own. One saved cluster serves all states
// that did not have one yet. Going back saves what is overwritten in the same way, so the way forward stays open too.
//
// The file is a log: records that are only appended, read again from the beginning when the image is opened. One that
// was cut off ends it (if more than one is lost, all states are forgotten). Records that nobody needs any more become
// holes.
//
// What can be lost: a process that dies leaves everything, as writes are in the host's cache at once and in order. A
// host that dies may have written the image's new content and not the log's old one; the log says in which boot of the
// host it was in use, and after another one all states are forgotten, the image itself being as sound as without them.
// The same if somebody else has written to the image (its size and time are in the log). Only going back is made to
// survive: what it needs is on the host's disk before the image is touched, and start() does it again.
#include "machine/raw_states.h"

#include "machine/checksum.h"
#include "machine/saved_state.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ringshift {

namespace {

constexpr u64 cluster_size = 64 << 10;
constexpr u64 longest_id = 256;
constexpr u32 record_magic = 0x53545352; // "RSTS"

} // namespace

struct RawStates::Record {
    u32 magic = record_magic;
    Kind kind{};
    u64 number = 0;     ///< of the cluster; start, stop: size of the image
    u64 size = 0;       ///< of the payload behind it: an id, or the cluster's content
    i64 time = 0;       ///< stop: of the image
    u64 image_size = 0; ///< at that time
    u64 checksum = 0;   ///< of what is before it, and of an id behind it
};

RawStates::RawStates(ImageFile& image, std::unique_ptr<ImageFile> log, Host host)
    : m_image(image), m_log(std::move(log)), m_host(std::move(host)), m_image_size(image.size()),
      m_covered((m_image_size + cluster_size - 1) / cluster_size, true) {}

RawStates::Host RawStates::host_of(const std::string& path) {
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    return {boot, [path] { return DiskStamp::of(path).modified_ns; }};
}

Result<std::unique_ptr<RawStates>> RawStates::load(ImageFile& image, std::unique_ptr<ImageFile> log, Host host) {
    std::unique_ptr<RawStates> states(new RawStates(image, std::move(log), std::move(host)));
    TRY(states->replay());
    return states;
}

Result<std::unique_ptr<RawStates>> RawStates::look(ImageFile& image, const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path + extension, ignored)) return std::unique_ptr<RawStates>();
    return load(image, TRY(open_image_file(path + extension, {.without_lock = true})), host_of(path));
}

u64 RawStates::cluster_bytes(u64 number) const { return std::min(cluster_size, m_image_size - number * cluster_size); }

// ---- The log -------------------------------------------------------------------------------------------------------

namespace {

template <typename T>
std::span<const u8> bytes_of(const T& object) {
    return {reinterpret_cast<const u8*>(&object), sizeof object};
}

} // namespace

Result<> RawStates::replay() {
    std::string boot; // of the last start without a stop
    bool started = false, seen = false;
    Record last;
    while (m_log->size() - m_end >= sizeof(Record)) {
        Record record;
        std::array<u8, sizeof(Record)> bytes;
        TRY(m_log->read(m_end, bytes));
        std::memcpy(&record, bytes.data(), sizeof record);
        const u64 payload = m_end + sizeof record;
        if (record.magic != record_magic || record.size > std::min(cluster_size, m_log->size() - payload)) break;
        const bool has_id = record.kind != Kind::cluster;
        if (has_id && record.size > longest_id) break;
        std::vector<u8> id(has_id ? record.size : 0);
        if (has_id) TRY(m_log->read(payload, id));
        Checksum sum;
        sum.add(std::span<const u8>(bytes).first(offsetof(Record, checksum)));
        sum.add(id);
        if (sum.value() != record.checksum) break;
        const bool cluster = record.kind == Kind::cluster || record.kind == Kind::zero_cluster;
        if (cluster && (record.number >= m_covered.size() ||
                        (record.kind == Kind::cluster && record.size != cluster_bytes(record.number))))
            break;
        const std::string text(id.begin(), id.end());
        if (record.kind == Kind::start) boot = text;
        if (record.kind == Kind::start || record.kind == Kind::stop) {
            started = record.kind == Kind::start;
            last = record;
            seen = true;
        }
        apply(record, text, payload);
        m_end = payload + record.size;
    }
    if (m_log->size() - m_end > sizeof(Record) + cluster_size) m_doubt = "their file is damaged";
    if (m_states.empty() || !seen || !m_doubt.empty()) return Unit{};
    if (last.image_size != m_image_size || (!started && last.time != m_host.modified_ns()))
        m_doubt = "something else has written to it since";
    else if (started && boot != m_host.boot_id)
        m_doubt = "the host failed while it was in use";
    return Unit{};
}

void RawStates::apply(const Record& record, const std::string& id, u64 payload) {
    switch (record.kind) {
    case Kind::keep:
        m_states[id];
        uncover();
        break;
    case Kind::forget: m_states.erase(id); break;
    case Kind::cluster:
    case Kind::zero_cluster:
        for (auto& [name, clusters] : m_states)
            clusters.try_emplace(record.number, record.kind == Kind::cluster ? payload : 0);
        m_covered[record.number] = true;
        break;
    case Kind::go_back: m_back_to = id; break;
    case Kind::gone_back: m_back_to.clear(); break;
    case Kind::start:
    case Kind::stop: break;
    }
}

void RawStates::uncover() { std::fill(m_covered.begin(), m_covered.end(), false); }

/// The offset of the payload. One write, so that a process that dies leaves all of it or an end.
Result<u64> RawStates::append(Kind kind, u64 number, std::span<const u8> payload) {
    Record record;
    record.kind = kind;
    record.number = number;
    record.size = payload.size();
    record.time = kind == Kind::stop ? m_host.modified_ns() : 0;
    record.image_size = m_image_size;
    Checksum sum;
    sum.add(bytes_of(record).first(offsetof(Record, checksum)));
    sum.add(kind == Kind::cluster ? std::span<const u8>() : payload);
    record.checksum = sum.value();
    std::vector<u8> bytes(sizeof record + payload.size());
    std::memcpy(bytes.data(), &record, sizeof record);
    std::copy(payload.begin(), payload.end(), bytes.begin() + sizeof record);
    TRY(m_log->write(m_end, bytes));
    m_dirty = true;
    const u64 at = m_end + sizeof record;
    m_end += bytes.size();
    apply(record, kind == Kind::cluster ? std::string() : std::string(payload.begin(), payload.end()), at);
    return at;
}

Result<u64> RawStates::append(Kind kind, const std::string& id) {
    return append(kind, 0, std::span(reinterpret_cast<const u8*>(id.data()), id.size()));
}

Result<std::string> RawStates::start() {
    if (m_log->size() != m_end) TRY(m_log->resize(m_end));
    std::string said;
    if (interrupted()) {
        const auto state = m_states.find(m_back_to);
        if (state != m_states.end()) TRY(restore(state->second));
        said = fmt::format("{}: going back to a snapshot was interrupted, and is done now", m_image.what());
        TRY(append(Kind::gone_back, std::string()));
    }
    if (!m_doubt.empty()) {
        said += fmt::format("{}{}: its content of older snapshots is not kept any more, as {}",
                            said.empty() ? "" : "; ", m_image.what(), m_doubt);
        m_states.clear();
        m_doubt.clear();
        TRY(m_log->resize(0));
        m_end = 0;
    }
    TRY(append(Kind::start, m_host.boot_id));
    TRY(flush());
    return said;
}

Result<> RawStates::stop() {
    TRY(append(Kind::stop, 0, {}));
    return flush();
}

Result<> RawStates::flush() {
    if (!m_dirty) return Unit{};
    TRY(m_log->flush());
    m_dirty = false;
    return Unit{};
}

// ---- States --------------------------------------------------------------------------------------------------------

Result<> RawStates::preserve(u64 offset, u64 size) {
    if (m_states.empty() || size == 0) return Unit{};
    std::vector<u8> content;
    for (u64 number = offset / cluster_size; number * cluster_size < offset + size; ++number) {
        if (m_covered[number]) continue;
        content.resize(cluster_bytes(number));
        TRY(m_image.read(number * cluster_size, content));
        const bool zero = std::all_of(content.begin(), content.end(), [](u8 byte) { return byte == 0; });
        TRY(append(zero ? Kind::zero_cluster : Kind::cluster, number, zero ? std::span<const u8>() : content));
    }
    return Unit{};
}

Result<> RawStates::keep_state(const std::string& id) {
    ASSERT(id.size() <= longest_id, "an id of {} bytes", id.size());
    TRY(append(Kind::keep, id));
    return flush();
}

Result<> RawStates::restore(const Clusters& clusters) {
    std::vector<u8> content;
    for (const auto& [number, at] : clusters) {
        content.assign(cluster_bytes(number), 0);
        if (at != 0) TRY(m_log->read(at, content));
        TRY(m_image.write(number * cluster_size, content));
    }
    return m_image.flush();
}

Result<> RawStates::go_back(const std::string& id) {
    const auto state = m_states.find(id);
    if (!has_state(id)) return make_error("{} has no state {}", m_image.what(), id);
    for (const auto& [number, at] : state->second) TRY(preserve(number * cluster_size, 1));
    TRY(flush());
    TRY(append(Kind::go_back, id));
    TRY(flush());
    TRY(restore(state->second));
    TRY(append(Kind::gone_back, std::string()));
    return flush();
}

Result<> RawStates::forget_state(const std::string& id) {
    const auto state = m_states.find(id);
    if (state == m_states.end()) return Unit{};
    const Clusters clusters = state->second;
    TRY(append(Kind::forget, id));
    TRY(flush());
    return discard_unused(clusters);
}

/// Of the clusters of a state that has gone.
Result<> RawStates::discard_unused(const Clusters& clusters) {
    for (const auto& [number, at] : clusters) {
        const auto used = [number = number, at = at](const auto& state) {
            const auto found = state.second.find(number);
            return found != state.second.end() && found->second == at;
        };
        if (at == 0 || std::any_of(m_states.begin(), m_states.end(), used)) continue;
        TRY(m_log->discard(at, cluster_bytes(number)));
    }
    return Unit{};
}

} // namespace ringshift
