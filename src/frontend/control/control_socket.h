// The control socket: a Unix socket on which programs drive the machine by QMP (qmp.h), and people by `ringshift ctl`.
//
// One thread serves all clients. It never trusts them: what is no JSON is answered by an error, who sends a text
// without end or does not read what it asked for is disconnected, and who comes when all places are taken is told so.
#pragma once

#include "base/result.h"
#include "frontend/control/json_stream.h"
#include "frontend/control/qmp.h"
#include "frontend/session.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <sys/un.h>
#include <thread>
#include <vector>

namespace ringshift {

class ControlSocket final : private SessionListener {
  public:
    static constexpr std::size_t most_clients = 8;

    /// Before Session::run(). Only the user who runs it can connect. A socket that nobody serves any more is replaced.
    static Result<std::unique_ptr<ControlSocket>> start(Session& session, const std::string& path);
    /// After Session::run(): tells the clients what is left to tell and takes the socket away.
    ~ControlSocket() override;

  private:
    struct Client {
        int fd = -1;
        JsonStream stream;
        QmpConversation conversation;
        std::string output; ///< what the socket has not taken yet
        bool leaving = false;
    };
    ControlSocket(Session& session, std::string path, int listener);

    // SessionListener
    void machine_event(MachineEvent event) override;
    void session_ended(const char* reason, bool by_guest) override;

    void serve();
    bool welcome();
    void read(Client& client);
    void write(Client& client);
    void send_events();
    static void limit_output(Client& client);
    void emit(std::string_view name, nlohmann::json data);

    Session& m_session;
    std::string m_path;
    int m_listener;
    int m_wake; ///< eventfd: there are events, or the end has come
    QmpTarget m_target;
    std::vector<std::unique_ptr<Client>> m_clients;
    std::mutex m_mutex;
    std::vector<std::string> m_events; ///< under m_mutex
    std::atomic<bool> m_ending{false};
    std::thread m_thread;
};

/// A Unix socket's address; the error says that the path is too long.
Result<sockaddr_un> unix_address(const std::string& path);

} // namespace ringshift
