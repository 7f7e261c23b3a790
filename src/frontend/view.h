// What a front end shows of the guest, fetched without ever waiting for it.
//
// The front end's thread asks (request), the guest's thread looks between two instructions and leaves what it saw, the
// front end takes it when it is there. There is at most one request under way, so a slow guest is not flooded.
#pragma once

#include "machine/machine.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ringshift {

class Session;

/// A drive whose medium can be changed.
struct DriveLook {
    Machine::Drive kind = Machine::Drive::cdrom;
    unsigned number = 0;
    std::string path; ///< of the medium; empty: none
    bool locked = false;
};

/// One look at the guest.
struct Look {
    u64 picture_number = 0; ///< counts changes of `picture`
    Picture picture;        ///< empty if not wanted
    std::optional<TextScreen> text;
    bool paused = false;
    bool can_point = false; ///< Input::can_point()
    MachineStatistics statistics;
    SpeedLimit speed_limit;
    std::vector<DriveLook> drives;
    bool has_network = false, connected = false; ///< a card, and its cable
};

class View {
  public:
    /// With `text`, the picture is fetched only in graphics modes. Text is always there in text modes.
    enum class Wants { picture, text };
    View(Session& session, Wants wants);

    /// Asks the guest's thread to look, unless it has not yet answered.
    void request();
    /// Updates `look` if there is a newer one.
    bool take(Look& look);

  private:
    struct Shared;
    Session& m_session;
    Wants m_wants;
    std::shared_ptr<Shared> m_shared;
};

/// "97 million instructions/s, 43% busy, 81% of it in translated code", from looks over time.
class SpeedMeter {
  public:
    /// `now_ns`: host time. Returns true about twice a second, when text() has changed.
    bool update(const Look& look, u64 now_ns);
    const std::string& text() const { return m_text; }

  private:
    u64 m_last_ns = 0;
    u64 m_last_executed = 0;
    u64 m_last_executing_ns = 0;
    u64 m_last_cached_ns = 0;
    std::string m_text = "starting";
};

/// Writes the screen as the next free ringshift-N.png of the current folder; `report` gets a sentence about it, on the
/// guest's thread.
void take_screenshot(Session& session, std::function<void(std::string)> report);

/// A paused guest runs on, a running one is paused.
void toggle_pause(Session& session);

/// Host time, nanoseconds, monotonic.
u64 host_time_ns();

} // namespace ringshift
