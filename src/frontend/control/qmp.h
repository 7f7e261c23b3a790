// QMP, the machine protocol of QEMU: what a client says, and what it is answered.
//
// The wire is JSON texts both ways (docs/interop/qmp-spec of QEMU). A client is greeted, negotiates capabilities with
// qmp_capabilities (we offer none), and then sends commands, {"execute": NAME, "arguments": {...}, "id": ANY}; each is
// answered in order by {"return": ..., "id": ...} or {"error": {"class", "desc"}, "id": ...}. Events come in between.
// Commands are one table (qmp_commands.cpp). docs/control.md lists what differs from QEMU.
#pragma once

#include "base/result.h"
#include "frontend/control/jobs.h"
#include "machine/machine.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

class Session;

/// What input-send-event has made of the pointer; used on the guest's thread.
struct QmpPointer {
    int x = 0, y = 0;
    u8 buttons = 0;
};

/// What commands act on.
struct QmpTarget {
    Session& session;
    /// The guest has ended, or the socket is being closed: false from on_guest().
    std::function<bool(const std::function<void()>& work)> on_guest;
    std::shared_ptr<QmpJobs> jobs;
    std::shared_ptr<QmpPointer> pointer = std::make_shared<QmpPointer>();
};

/// One command under way.
struct QmpCall {
    QmpTarget& target;
    nlohmann::json arguments;
    std::string error_class = "GenericError"; ///< of the error, if it is one
    bool has(const char* name) const { return arguments.contains(name); }
    std::string text(const char* name) const { return arguments.value(name, ""); }
    /// Runs `work` on the guest's thread; the error says that the guest has ended.
    Result<> on_guest(const std::function<Result<>()>& work);
};

struct QmpParameter {
    const char* name;
    nlohmann::json::value_t type;
    bool required;
};

struct QmpCommand {
    const char* name;
    std::vector<QmpParameter> parameters;
    std::function<Result<nlohmann::json>(QmpCall&)> run;
};

const std::vector<QmpCommand>& qmp_commands();
/// That table, as QEMU's clients read it.
nlohmann::json qmp_schema();

/// {"qemu": {"major", "minor", "micro"}, "package"}: ours, under the names that clients look for.
nlohmann::json qmp_version();
std::string qmp_text(const nlohmann::json& message);
nlohmann::json qmp_error(std::string_view error_class, std::string_view description);
/// With the time of the host's clock.
nlohmann::json qmp_event(std::string_view name, nlohmann::json data);

/// One client's side of the conversation.
class QmpConversation {
  public:
    static std::string greeting();
    /// The answer to one text, with its line end; runs the command.
    std::string answer(std::string_view text, QmpTarget& target);
    /// Events are sent to those who have negotiated.
    bool wants_events() const { return m_negotiated; }

  private:
    nlohmann::json respond(const nlohmann::json& request, QmpTarget& target);
    bool m_negotiated = false;
};

/// human-monitor-command: what a person would type. The answer is text, also about what went wrong.
std::string human_monitor(QmpTarget& target, std::string_view line);

} // namespace ringshift
