#include "frontend/control/qmp.h"
#include "frontend/control/qmp_keys.h"
#include "frontend/gdb_registers.h"
#include "frontend/session.h"
#include "frontend/snapshots.h"

namespace ringshift {

using nlohmann::json;

namespace {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (std::size_t begin = 0; begin < line.size();) {
        const std::size_t end = std::min(line.find_first_of(" \t\r\n", begin), line.size());
        if (end != begin) words.emplace_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

/// The same as a command of QMP; its answer, or the error's text.
Result<json> execute(QmpTarget& target, std::string_view name, json arguments) {
    for (const QmpCommand& command : qmp_commands()) {
        if (name != command.name) continue;
        QmpCall call{target, std::move(arguments)};
        return command.run(call);
    }
    return make_error("there is no command {}", name);
}

std::string outcome(const Result<json>& result) {
    return result.ok() ? std::string() : "Error: " + result.error().message + "\r\n";
}

std::string with_crlf(const std::string& lines) {
    std::string text;
    for (const char c : lines) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return text;
}

std::string info_status(QmpTarget& target) {
    const auto status = execute(target, "query-status", json::object());
    if (!status.ok()) return outcome(status);
    const std::string word = status.value()["status"];
    return "VM status: " + word + "\r\n";
}

std::string info_registers(QmpTarget& target) {
    DebugRegisters registers;
    if (!target.on_guest([&] { registers = target.session.machine().debugger().registers(); }))
        return "the guest has ended\r\n";
    return with_crlf(register_table(registers));
}

std::string info_block(QmpTarget& target) {
    const auto blocks = execute(target, "query-block", json::object());
    if (!blocks.ok()) return outcome(blocks);
    std::string text;
    for (const json& block : blocks.value()) {
        const std::string name = block["device"];
        std::string content = "[not inserted]";
        if (block.contains("inserted")) content = block["inserted"]["file"].get<std::string>();
        text += fmt::format("{}: {}{}\r\n", name, content, block["locked"].get<bool>() ? " (locked)" : "");
    }
    return text;
}

std::string perform(QmpTarget& target, Snapshots::Action action, const std::string& name) {
    const auto result = target.session.snapshots().perform(action, name);
    return (result.ok() ? result.value() : "Error: " + result.error().message) + "\r\n";
}

std::string send_keys(QmpTarget& target, const std::string& names) {
    json keys = json::array();
    for (std::size_t begin = 0; begin <= names.size();) {
        const std::size_t end = std::min(names.find('-', begin), names.size());
        keys.push_back({{"type", "qcode"}, {"data", names.substr(begin, end - begin)}});
        begin = end + 1;
    }
    return outcome(execute(target, "send-key", {{"keys", keys}}));
}

constexpr const char* help = "change DEVICE FILE -- put a medium in\r\n"
                             "cont -- run on\r\n"
                             "delvm NAME -- delete a snapshot\r\n"
                             "eject [-f] DEVICE -- take the medium out\r\n"
                             "help -- this list\r\n"
                             "info block|registers|snapshots|status|version -- facts\r\n"
                             "loadvm NAME -- restore a snapshot\r\n"
                             "quit -- end the program\r\n"
                             "savevm NAME -- save a snapshot while the guest runs\r\n"
                             "screendump FILE -- write the screen as PPM\r\n"
                             "sendkey KEYS -- for example ctrl-alt-delete\r\n"
                             "stop -- pause\r\n"
                             "system_powerdown -- press the power button\r\n"
                             "system_reset -- press the reset button\r\n";

} // namespace

std::string human_monitor(QmpTarget& target, std::string_view line) {
    const std::vector<std::string> words = words_of(line);
    const auto is = [&](std::string_view name, std::size_t count) { return words[0] == name && words.size() == count; };
    if (words.empty()) return {};
    if (is("help", 1) || is("?", 1)) return help;
    if (is("info", 2)) {
        if (words[1] == "status") return info_status(target);
        if (words[1] == "registers") return info_registers(target);
        if (words[1] == "block") return info_block(target);
        if (words[1] == "snapshots") return with_crlf(snapshot_table(target.session.snapshots().list()));
        if (words[1] == "version") return "Ringshift " RINGSHIFT_VERSION "\r\n";
        return fmt::format("info: unknown subcommand: '{}'\r\n", words[1]);
    }
    for (const char* name : {"stop", "cont", "quit", "system_reset", "system_powerdown"})
        if (is(name, 1)) return outcome(execute(target, name, json::object()));
    if (words[0] == "savevm" || words[0] == "loadvm" || words[0] == "delvm") {
        const std::size_t begin = line.find(words[0]) + words[0].size();
        const std::size_t from = line.find_first_not_of(" \t", begin);
        const std::size_t to = line.find_last_not_of(" \t\r\n");
        const std::string name(from == std::string_view::npos ? "" : line.substr(from, to + 1 - from));
        return perform(target,
                       words[0] == "savevm"   ? Snapshots::Action::save
                       : words[0] == "loadvm" ? Snapshots::Action::load
                                              : Snapshots::Action::remove,
                       name);
    }
    if (is("eject", 2)) return outcome(execute(target, "eject", {{"device", words[1]}}));
    if (is("eject", 3) && words[1] == "-f")
        return outcome(execute(target, "eject", {{"device", words[2]}, {"force", true}}));
    if (is("change", 3))
        return outcome(execute(target, "blockdev-change-medium", {{"device", words[1]}, {"filename", words[2]}}));
    if (is("screendump", 2)) return outcome(execute(target, "screendump", {{"filename", words[1]}}));
    if (is("sendkey", 2)) return send_keys(target, words[1]);
    return fmt::format("unknown command: '{}'\r\n", words[0]);
}

} // namespace ringshift
