#include "frontend/control/ctl.h"

#include "base/log.h"
#include "frontend/control/control_socket.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sys/socket.h>
#include <unistd.h>

namespace ringshift {

using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

// ---- The connection ------------------------------------------------------------------------------------------------

class Connection {
  public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path) {
        const sockaddr_un address = TRY(unix_address(path));
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return errno_error(errno, "cannot create a socket");
        std::unique_ptr<Connection> connection(new Connection(fd));
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            return make_error("no machine listens at {} ({}): start one with --control {}", path, std::strerror(errno),
                              path);
        const json greeting = TRY(connection->receive());
        if (!greeting.contains("QMP"))
            return greeting.contains("error") ? make_error("{}", greeting["error"].value("desc", "refused"))
                                              : make_error("{} does not speak QMP", path);
        (void)TRY(connection->execute({{"execute", "qmp_capabilities"}}));
        return connection;
    }
    ~Connection() { ::close(m_fd); }

    Result<> send(const std::string& text) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const ssize_t n = ::send(m_fd, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno_error(errno, "the machine does not listen any more");
            rest.remove_prefix(static_cast<std::size_t>(n));
        }
        return Unit{};
    }

    /// The next message, an event or an answer.
    Result<json> receive() {
        for (;;) {
            const std::size_t end = m_input.find('\n');
            if (end != std::string::npos) {
                json message = json::parse(m_input.substr(0, end), nullptr, false);
                m_input.erase(0, end + 1);
                if (message.is_discarded()) return make_error("what listens there does not speak QMP");
                return message;
            }
            char bytes[4096];
            const ssize_t n = ::recv(m_fd, bytes, sizeof bytes, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return make_error("the machine has closed the connection");
            m_input.append(bytes, static_cast<std::size_t>(n));
        }
    }

    /// The answer, after the events before it.
    Result<json> execute(const json& request) {
        // The name of a file may be no UTF-8; the machine does not find it then.
        TRY(send(request.dump(-1, ' ', true, json::error_handler_t::replace) + "\n"));
        for (;;) {
            json message = TRY(receive());
            if (!message.contains("event")) return message;
        }
    }

  private:
    explicit Connection(int fd) : m_fd(fd) {}
    int m_fd;
    std::string m_input;
};

// ---- Commands ------------------------------------------------------------------------------------------------------

struct ControlCommand {
    const char* name;
    const char* arguments;
    const char* meaning;
    std::size_t least, most; ///< words after the name
    /// The request; null: the words do not go together.
    std::function<json(const Words& words)> request;
};

json request_of(std::string name, json arguments = json::object()) {
    return {{"execute", std::move(name)}, {"arguments", std::move(arguments)}};
}

auto plain(const char* name) {
    return [name](const Words&) { return request_of(name); };
}

auto monitor_line(const char* name) {
    return [name](const Words& words) {
        return request_of("human-monitor-command", {{"command-line", fmt::format("{} {}", name, words[0])}});
    };
}

/// The other process may be in another folder.
std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

json screenshot_request(const Words& words) {
    const std::string& path = words[0];
    return request_of("screendump", {{"filename", absolute(path)}, {"format", path.ends_with(".ppm") ? "ppm" : "png"}});
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

const std::vector<ControlCommand>& commands() {
    static const std::vector<ControlCommand> table = {
        {"status", "", "running, paused or io-error", 0, 0, plain("query-status")},
        {"pause", "", "stop the guest's time", 0, 0, plain("stop")},
        {"resume", "", "run on", 0, 0, plain("cont")},
        {"reset", "", "press the reset button", 0, 0, plain("system_reset")},
        {"power", "", "press the power button: the guest shuts itself down", 0, 0, plain("system_powerdown")},
        {"quit", "", "end the program at once", 0, 0, plain("quit")},
        {"screenshot", "FILE", "write the screen as PNG, or as PPM if the name ends so", 1, 1, screenshot_request},
        {"type", "TEXT", "on the keyboard, as run --type does", 1, 1,
         [](const Words& words) {
             return request_of("x-type-text", {{"text", words[0]}});
         }},
        {"key", "KEYS", "press keys together, by QEMU's names: ctrl-alt-delete", 1, 1,
         [](const Words& words) {
             return request_of("human-monitor-command", {{"command-line", "sendkey " + words[0]}});
         }},
        {"save", "NAME", "a snapshot, while the guest runs", 1, 1, monitor_line("savevm")},
        {"load", "NAME", "go back to a snapshot", 1, 1, monitor_line("loadvm")},
        {"delete", "NAME", "a snapshot", 1, 1, monitor_line("delvm")},
        {"snapshots", "", "list them; * is where the guest came from last", 0, 0,
         [](const Words&) {
             return request_of("human-monitor-command", {{"command-line", "info snapshots"}});
         }},
        {"insert", "DEVICE FILE", "a CD (ide1-cd0) or floppy (floppy0)", 2, 2,
         [](const Words& words) {
             return request_of("blockdev-change-medium", {{"device", words[0]}, {"filename", absolute(words[1])}});
         }},
        {"give", "FILES", "files and folders as a CD in the first drive", 1, 99,
         [](const Words& words) {
             json paths = json::array();
             for (const std::string& word : words) paths.push_back(absolute(word));
             return request_of("x-insert-files", {{"paths", paths}});
         }},
        {"speed", "LIMIT", "50%, 20 (million instructions per second) or none", 1, 1,
         [](const Words& words) {
             return request_of("x-limit-speed", {{"limit", words[0]}});
         }},
        {"cable", "in|out", "of the network card", 1, 1,
         [](const Words& words) {
             if (words[0] != "in" && words[0] != "out") return json();
             return request_of("set_link", {{"name", "net0"}, {"up", words[0] == "in"}});
         }},
        {"eject", "DEVICE", "a medium, locked or not", 1, 1,
         [](const Words& words) {
             return request_of("eject", {{"device", words[0]}, {"force", true}});
         }},
        {"monitor", "LINE", "a line of QEMU's human monitor: info registers", 1, 99,
         [](const Words& words) {
             return request_of("human-monitor-command", {{"command-line", joined(words)}});
         }},
    };
    return table;
}

void print(const json& value) {
    if (value.is_string()) {
        std::string text = value;
        std::erase(text, '\r');
        std::fputs(text.c_str(), stdout);
    } else if (value.is_object() && value.contains("status")) {
        std::puts(value["status"].get<std::string>().c_str());
    } else if (!value.empty()) {
        std::puts(value.dump(2).c_str());
    }
}

/// Texts from standard input, answers and events to standard output, as they are.
Result<int> pass_through(Connection& connection) {
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const json request = json::parse(line, nullptr, false);
        if (request.is_discarded()) return make_error("this is no JSON: {}", line);
        std::puts(TRY(connection.execute(request)).dump().c_str());
        std::fflush(stdout);
    }
    return exit_status::success;
}

Result<int> show_events(Connection& connection) {
    for (;;) {
        const auto message = connection.receive();
        if (!message.ok()) return exit_status::success;
        std::puts(message.value().dump().c_str());
        std::fflush(stdout);
    }
}

Result<json> request_for(const Words& words) {
    if (words[0].starts_with("{")) {
        const json request = json::parse(joined(words), nullptr, false);
        if (request.is_discarded()) return make_error("this is no JSON: {}", joined(words));
        return request;
    }
    for (const ControlCommand& command : commands()) {
        if (words[0] != command.name) continue;
        const Words rest(words.begin() + 1, words.end());
        const bool fits = rest.size() >= command.least && rest.size() <= command.most;
        const json request = fits ? command.request(rest) : json();
        if (request.is_null()) return make_error("use: ringshift ctl SOCKET {} {}", command.name, command.arguments);
        return request;
    }
    return make_error("there is no command \"{}\"; the commands are:\n{}", words[0], control_commands());
}

} // namespace

std::string control_commands() {
    std::string text;
    const auto row = [&text](std::string_view left, std::string_view right) {
        text += fmt::format("  {:<22}{}\n", left, right);
    };
    for (const ControlCommand& command : commands())
        row(fmt::format("{} {}", command.name, command.arguments), command.meaning);
    row("events", "print what happens, until the machine ends");
    row("{\"execute\": ...}", "a command of QMP; prints the answer as it is");
    row("-", "commands of QMP from standard input, one in a line");
    return text;
}

Result<int> control_machine(const Options& options) {
    const auto& all = options.files;
    if (all.size() < 2)
        return make_error("use: ringshift ctl SOCKET COMMAND; the commands are:\n{}", control_commands());
    const Words words(all.begin() + 1, all.end());
    const bool stream = words[0] == "-", events = words[0] == "events";
    json request;
    if (!stream && !events) request = TRY(request_for(words));
    const auto connection = TRY(Connection::open(all[0]));
    if (stream) return pass_through(*connection);
    if (events) return show_events(*connection);
    const json answer = TRY(connection->execute(request));
    if (words[0].starts_with("{")) {
        std::puts(answer.dump().c_str());
        return answer.contains("error") ? exit_status::error : exit_status::success;
    }
    if (answer.contains("error")) return make_error("{}", answer["error"].value("desc", "refused"));
    print(answer["return"]);
    const bool failed = answer["return"].is_string() && answer["return"].get<std::string>().starts_with("Error: ");
    return failed ? exit_status::error : exit_status::success;
}

} // namespace ringshift
