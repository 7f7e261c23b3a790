// States of a raw disk image, kept beside it in a file IMAGE.states (the essay: raw_states.cpp).
#pragma once

#include "base/result.h"
#include "machine/image_file.h"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ringshift {

class RawStates {
  public:
    static constexpr const char* extension = ".states";
    /// Of the host, as far as it says whether a file is what it was.
    struct Host {
        std::string boot_id;              ///< another one after each start of the host
        std::function<i64()> modified_ns; ///< of the image; 0: not known
    };
    /// Of the real host, for the image at `path`.
    static Host host_of(const std::string& path);

    /// `image` and its file of states, which may be empty. Nothing is written before start().
    static Result<std::unique_ptr<RawStates>> load(ImageFile& image, std::unique_ptr<ImageFile> log, Host host);

    /// Of the image at `path`, only to look at, also while it is in use; null: it has none.
    static Result<std::unique_ptr<RawStates>> look(ImageFile& image, const std::string& path);

    /// Before the image is written to: ends what was interrupted, and forgets what does not belong to the image any
    /// more; a sentence about that, or empty.
    Result<std::string> start();
    /// After the last write to the image.
    Result<> stop();

    /// A way back to a state was interrupted: the image is neither before it nor after it until start().
    bool interrupted() const { return !m_back_to.empty(); }
    /// How many can be gone back to.
    std::size_t count() const { return m_doubt.empty() ? m_states.size() : 0; }
    bool empty() const { return m_states.empty(); }
    bool has_state(const std::string& id) const { return m_doubt.empty() && m_states.contains(id); }

    /// Before these bytes of the image are overwritten.
    Result<> preserve(u64 offset, u64 size);
    /// Before the image is flushed.
    Result<> flush();
    Result<> keep_state(const std::string& id);
    /// The image is again what it was, and flushed; the state stays.
    Result<> go_back(const std::string& id);
    Result<> forget_state(const std::string& id);

  private:
    enum class Kind : u32 { start = 1, stop, keep, forget, cluster, zero_cluster, go_back, gone_back };
    struct Record;
    using Clusters = std::unordered_map<u64, u64>; ///< number of the cluster in the image, offset in m_log; 0: zeros

    RawStates(ImageFile& image, std::unique_ptr<ImageFile> log, Host host);
    Result<> replay();
    void apply(const Record& record, const std::string& id, u64 payload);
    Result<u64> append(Kind kind, u64 number, std::span<const u8> payload);
    Result<u64> append(Kind kind, const std::string& id);
    Result<> discard_unused(const Clusters& clusters);
    Result<> restore(const Clusters& clusters);
    void uncover();
    u64 cluster_bytes(u64 number) const;

    ImageFile& m_image;
    std::unique_ptr<ImageFile> m_log;
    Host m_host;
    u64 m_image_size;
    u64 m_end = 0; ///< of what is right in m_log
    std::unordered_map<std::string, Clusters> m_states;
    std::vector<bool> m_covered; ///< clusters that every state has
    std::string m_back_to;
    std::string m_doubt; ///< why the states do not belong to the image any more
    bool m_dirty = false;
};

} // namespace ringshift
