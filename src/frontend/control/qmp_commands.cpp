// The commands of QMP, by name. Names, arguments and answers are those of QEMU's schema, so that its clients work.
#include "frontend/control/qmp.h"
#include "frontend/control/qmp_keys.h"
#include "frontend/png.h"
#include "frontend/session.h"
#include "frontend/snapshots.h"

#include <future>

namespace ringshift {

using nlohmann::json;

namespace {

const json nothing = json::object();

Result<json> on_machine(QmpCall& call, const std::function<Result<>(Machine&)>& work) {
    TRY(call.on_guest([&] { return work(call.target.session.machine()); }));
    return nothing;
}

// ---- Running -------------------------------------------------------------------------------------------------------

Result<json> query_status(QmpCall& call) {
    bool paused = false;
    TRY(call.on_guest([&]() -> Result<> {
        paused = call.target.session.machine().paused();
        return Unit{};
    }));
    const char* status = !paused ? "running" : call.target.session.host_failed() ? "io-error" : "paused";
    return json{{"running", !paused}, {"singlestep", false}, {"status", status}};
}

Result<json> quit(QmpCall& call) {
    call.target.session.quit("host-qmp-quit");
    return nothing;
}

auto set_paused(bool paused) {
    return [paused](QmpCall& call) {
        return on_machine(call, [paused](Machine& machine) -> Result<> {
            machine.set_paused(paused);
            return Unit{};
        });
    };
}

Result<json> system_reset(QmpCall& call) {
    return on_machine(call, [](Machine& machine) -> Result<> {
        machine.reset();
        return Unit{};
    });
}

Result<json> system_powerdown(QmpCall& call) {
    return on_machine(call, [](Machine& machine) -> Result<> {
        machine.press_power_button();
        return Unit{};
    });
}

// ---- Screen and keyboard -------------------------------------------------------------------------------------------

Result<json> screendump(QmpCall& call) {
    const std::string path = call.text("filename");
    const std::string format = call.has("format") ? call.text("format") : "ppm";
    if (format != "ppm" && format != "png") return make_error("Parameter 'format' does not accept value '{}'", format);
    Picture picture;
    TRY(call.on_guest([&]() -> Result<> {
        picture = call.target.session.machine().capture_picture();
        return Unit{};
    }));
    TRY(format == "png" ? write_png(path, picture) : write_ppm(path, picture));
    return nothing;
}

/// {"type": "qcode", "data": NAME} or {"type": "number", "data": CODE}.
Result<Key> key_of(const json& value) {
    if (!value.is_object() || !value.contains("type") || !value.contains("data"))
        return make_error("a key is an object with the members 'type' and 'data'");
    const json &type = value["type"], &data = value["data"];
    if (type == "number" && data.is_number_integer()) {
        const i64 code = data.get<i64>();
        if (code <= 0 || code > 0xFF || (code & 0x7F) == 0)
            return make_error("there is no key with the number {}", code);
        return static_cast<Key>(code);
    }
    if (type != "qcode" || !data.is_string()) return make_error("a key's type is 'qcode' or 'number'");
    const Key key = key_of_qcode(data.get<std::string>());
    if (key == Key::none) return make_error("Parameter 'data' does not accept value '{}'", data.get<std::string>());
    return key;
}

Result<json> send_key(QmpCall& call) {
    Chord chord;
    for (const json& key : call.arguments["keys"]) chord.push_back(TRY(key_of(key)));
    if (chord.empty()) return make_error("there are no keys");
    return on_machine(call, [&](Machine& machine) -> Result<> {
        machine.input().type({chord});
        return Unit{};
    });
}

Result<json> type_text(QmpCall& call) {
    const auto chords = TRY(chords_for_text(call.text("text"), call.target.session.options().keys));
    return on_machine(call, [&](Machine& machine) -> Result<> {
        machine.input().type(chords);
        return Unit{};
    });
}

/// {"type": "abs"|"rel", "data": {"axis": "x"|"y", "value": N}}, {"type": "btn", "data": {"button": NAME, "down":
/// BOOL}} and {"type": "key", "data": {"key": KEY, "down": BOOL}}, as one step of the pointer.
struct PointerStep {
    std::optional<int> x, y;
    int dx = 0, dy = 0, wheel = 0;
    std::vector<std::pair<u8, bool>> buttons;
    std::vector<std::pair<Key, bool>> keys;
};

std::string text_of(const json& data, const char* name) {
    return data.contains(name) && data[name].is_string() ? data[name].get<std::string>() : std::string();
}

Result<> add_axis(PointerStep& step, bool absolute, const json& data) {
    const std::string axis = text_of(data, "axis");
    if ((axis != "x" && axis != "y") || !data.contains("value") || !data["value"].is_number_integer())
        return make_error("a movement has the members 'axis' (x or y) and 'value'");
    const i64 value = data["value"].get<i64>();
    if (value < (absolute ? 0 : -Input::pointer_extent) || value > Input::pointer_extent)
        return make_error("Parameter 'value' does not accept {}", value);
    const int number = static_cast<int>(value);
    if (absolute)
        (axis == "x" ? step.x : step.y) = number;
    else
        (axis == "x" ? step.dx : step.dy) = number;
    return Unit{};
}

Result<> add_button(PointerStep& step, const json& data) {
    const std::string name = text_of(data, "button");
    if (!data.contains("down") || !data["down"].is_boolean()) return make_error("Parameter 'down' is missing");
    const bool down = data["down"].get<bool>();
    if (name == "wheel-up" || name == "wheel-down") {
        if (down) step.wheel += name == "wheel-up" ? 1 : -1;
        return Unit{};
    }
    const u8 button = name == "left"     ? mouse_button::left
                      : name == "right"  ? mouse_button::right
                      : name == "middle" ? mouse_button::middle
                                         : u8{0};
    if (button == 0) return make_error("Parameter 'button' does not accept value '{}'", name);
    step.buttons.emplace_back(button, down);
    return Unit{};
}

Result<> add_event(PointerStep& step, const json& event) {
    if (!event.is_object() || !event.contains("type") || !event.contains("data") || !event["data"].is_object())
        return make_error("an event is an object with the members 'type' and 'data'");
    const json &type = event["type"], &data = event["data"];
    if (type == "abs" || type == "rel") return add_axis(step, type == "abs", data);
    if (type == "btn") return add_button(step, data);
    if (type != "key" || !data.contains("key") || !data.contains("down") || !data["down"].is_boolean())
        return make_error("an event is abs, rel, btn, or key with 'key' and 'down'");
    step.keys.emplace_back(TRY(key_of(data["key"])), data["down"].get<bool>());
    return Unit{};
}

/// Buttons stay as they are, and the pointer where it is, until a later command says something else.
Result<json> send_input(QmpCall& call) {
    PointerStep step;
    for (const json& event : call.arguments["events"]) TRY(add_event(step, event));
    return on_machine(call, [&](Machine& machine) -> Result<> {
        QmpPointer& pointer = *call.target.pointer;
        for (const auto& [button, down] : step.buttons)
            pointer.buttons = static_cast<u8>(down ? pointer.buttons | button : pointer.buttons & ~button);
        Input& input = machine.input();
        for (const auto& [key, down] : step.keys) input.key(key, down);
        if (step.x) pointer.x = *step.x;
        if (step.y) pointer.y = *step.y;
        if ((step.x || step.y) && !input.can_point())
            return make_error("the guest does not use the tablet: it has no driver for it, or --mouse ps2 was given");
        const bool moved = step.dx != 0 || step.dy != 0;
        if (!input.can_point() || moved)
            input.mouse(step.dx, step.dy, step.wheel, pointer.buttons);
        else
            input.point(pointer.x, pointer.y, step.wheel, pointer.buttons);
        return Unit{};
    });
}

// ---- Media ---------------------------------------------------------------------------------------------------------

struct RemovableDrive {
    Machine::Drive kind;
    unsigned number;
};

Result<RemovableDrive> drive_of(QmpCall& call) {
    const std::string name = call.has("id") ? call.text("id") : call.text("device");
    for (const unsigned n : {0u, 1u}) {
        if (name == fmt::format("ide1-cd{}", n)) return RemovableDrive{Machine::Drive::cdrom, n};
        if (name == fmt::format("floppy{}", n)) return RemovableDrive{Machine::Drive::floppy, n};
    }
    call.error_class = "DeviceNotFound";
    return make_error("Device '{}' not found; the drives with media are ide1-cd0, ide1-cd1, floppy0, floppy1", name);
}

Result<json> change(QmpCall& call, const std::string& path, bool force) {
    const RemovableDrive drive = TRY(drive_of(call));
    return on_machine(call, [&](Machine& machine) -> Result<> {
        if (drive.kind == Machine::Drive::cdrom && !force && machine.locked(drive.number))
            return make_error("Device 'ide1-cd{}' is locked and force was not specified", drive.number);
        return machine.change_medium(drive.kind, drive.number, path);
    });
}

Result<json> eject(QmpCall& call) { return change(call, "", call.arguments.value("force", false)); }

Result<json> change_medium(QmpCall& call) {
    if (call.has("format") && call.text("format") != "raw")
        return make_error("Parameter 'format' does not accept value '{}'", call.text("format"));
    if (call.text("filename").empty()) return make_error("the name of the file is empty");
    return change(call, call.text("filename"), true);
}

json block_device(const std::string& name, const DriveConfig& drive, bool removable, bool read_only, bool locked) {
    json device = {{"device", name}, {"qdev", name}, {"type", "unknown"}, {"removable", removable}, {"locked", locked}};
    const bool present = !drive.path.empty() || !drive.content.empty();
    if (removable) device["tray_open"] = false;
    if (present)
        device["inserted"] = {{"file", drive.path},
                              {"drv", "raw"},
                              {"ro", read_only},
                              {"encrypted", false},
                              {"image", {{"filename", drive.path}, {"format", "raw"}}}};
    return device;
}

Result<json> query_block(QmpCall& call) {
    json list = json::array();
    TRY(call.on_guest([&]() -> Result<> {
        Machine& machine = call.target.session.machine();
        const MachineConfig& config = machine.config();
        for (unsigned n = 0; n < config.disks.size(); ++n)
            list.push_back(block_device(fmt::format("ide0-hd{}", n), config.disks[n], false, false, false));
        for (unsigned n = 0; n < std::max<std::size_t>(1, config.cdroms.size()); ++n)
            list.push_back(block_device(fmt::format("ide1-cd{}", n),
                                        n < config.cdroms.size() ? config.cdroms[n] : DriveConfig{}, true, true,
                                        machine.locked(n)));
        for (unsigned n = 0; n < config.floppies.size(); ++n)
            list.push_back(block_device(fmt::format("floppy{}", n), config.floppies[n], true, false, false));
        return Unit{};
    }));
    return list;
}

/// {"paths": [...]}: files of the host become a CD.
Result<json> insert_files(QmpCall& call) {
    std::vector<std::string> paths;
    for (const json& path : call.arguments["paths"]) {
        if (!path.is_string()) return make_error("Invalid parameter type for 'paths', expected: array of strings");
        paths.push_back(path);
    }
    std::promise<Result<std::string>> promise;
    auto future = promise.get_future();
    call.target.session.insert_files(std::move(paths),
                                     [&](Result<std::string> result) { promise.set_value(std::move(result)); });
    return json(TRY(future.get()) + "\r\n");
}

Result<json> limit_speed(QmpCall& call) {
    const SpeedLimit limit = TRY(parse_speed_limit(call.text("limit")));
    return on_machine(call, [&](Machine& machine) -> Result<> {
        machine.set_speed_limit(limit);
        return Unit{};
    });
}

/// The only card is net0; it also answers to the name of its kind.
Result<json> set_link(QmpCall& call) {
    const bool up = call.arguments["up"].get<bool>();
    const std::string name = call.text("name");
    return on_machine(call, [&](Machine& machine) -> Result<> {
        const std::string& card = machine.config().network.card;
        if (card == "none" || (name != "net0" && name != card)) {
            call.error_class = "DeviceNotFound";
            return make_error("Device '{}' not found", name);
        }
        machine.set_network_connected(up);
        return Unit{};
    });
}

// ---- Snapshots -----------------------------------------------------------------------------------------------------

auto snapshot_job(const char* type, Snapshots::Action action) {
    return [type, action](QmpCall& call) -> Result<json> {
        const std::string id = call.text("job-id");
        TRY(call.target.jobs->begin(id, type));
        call.target.session.snapshots().start(
            action, call.text("tag"),
            [id, jobs = call.target.jobs](const Result<std::string>& result) { jobs->finish(id, result); });
        return nothing;
    };
}

Result<json> query_jobs(QmpCall& call) { return call.target.jobs->list(); }

Result<json> dismiss_job(QmpCall& call) {
    TRY(call.target.jobs->dismiss(call.text("id")));
    return nothing;
}

// ---- Facts ---------------------------------------------------------------------------------------------------------

Result<json> query_commands(QmpCall&) {
    json list = json::array({{{"name", "qmp_capabilities"}}});
    for (const QmpCommand& command : qmp_commands()) list.push_back({{"name", command.name}});
    return list;
}

Result<json> query_cpus(QmpCall&) {
    return json::array({{{"cpu-index", 0}, {"qom-path", "/machine/cpu"}, {"thread-id", 0}, {"target", "i386"}}});
}

Result<json> query_memory(QmpCall& call) {
    u64 size = 0;
    TRY(call.on_guest([&]() -> Result<> {
        size = call.target.session.machine().config().memory_size;
        return Unit{};
    }));
    return json{{"base-memory", size}, {"plugged-memory", 0}};
}

Result<json> human_monitor_command(QmpCall& call) {
    return json(human_monitor(call.target, call.text("command-line")));
}

auto constant(json value) {
    return [value = std::move(value)](QmpCall&) -> Result<json> { return value; };
}

} // namespace

const std::vector<QmpCommand>& qmp_commands() {
    using Type = json::value_t;
    static const std::vector<QmpParameter> job_parameters = {{"job-id", Type::string, true},
                                                             {"tag", Type::string, true},
                                                             {"vmstate", Type::string, false},
                                                             {"devices", Type::array, false}};
    static const std::vector<QmpCommand> commands = {
        {"query-status", {}, query_status},
        {"stop", {}, set_paused(true)},
        {"cont", {}, set_paused(false)},
        {"system_reset", {}, system_reset},
        {"system_powerdown", {}, system_powerdown},
        {"quit", {}, quit},
        {"screendump",
         {{"filename", Type::string, true},
          {"device", Type::string, false},
          {"head", Type::number_integer, false},
          {"format", Type::string, false}},
         screendump},
        {"send-key", {{"keys", Type::array, true}, {"hold-time", Type::number_integer, false}}, send_key},
        {"x-type-text", {{"text", Type::string, true}}, type_text},
        {"input-send-event",
         {{"events", Type::array, true}, {"device", Type::string, false}, {"head", Type::number_integer, false}},
         send_input},
        {"eject",
         {{"device", Type::string, false}, {"id", Type::string, false}, {"force", Type::boolean, false}},
         eject},
        {"blockdev-change-medium",
         {{"device", Type::string, false},
          {"id", Type::string, false},
          {"filename", Type::string, true},
          {"format", Type::string, false},
          {"force", Type::boolean, false},
          {"read-only-mode", Type::string, false}},
         change_medium},
        {"set_link", {{"name", Type::string, true}, {"up", Type::boolean, true}}, set_link},
        {"snapshot-save", job_parameters, snapshot_job("snapshot-save", Snapshots::Action::save)},
        {"snapshot-load", job_parameters, snapshot_job("snapshot-load", Snapshots::Action::load)},
        {"snapshot-delete", job_parameters, snapshot_job("snapshot-delete", Snapshots::Action::remove)},
        {"query-jobs", {}, query_jobs},
        {"job-dismiss", {{"id", Type::string, true}}, dismiss_job},
        {"x-insert-files", {{"paths", Type::array, true}}, insert_files},
        {"x-limit-speed", {{"limit", Type::string, true}}, limit_speed},
        {"human-monitor-command",
         {{"command-line", Type::string, true}, {"cpu-index", Type::number_integer, false}},
         human_monitor_command},
        {"query-block", {}, query_block},
        {"query-commands", {}, query_commands},
        {"query-cpus-fast", {}, query_cpus},
        {"query-kvm", {}, constant({{"enabled", false}, {"present", false}})},
        {"query-memory-size-summary", {}, query_memory},
        {"query-name", {}, constant({{"name", "ringshift"}})},
        {"query-qmp-schema", {}, [](QmpCall&) -> Result<json> { return qmp_schema(); }},
        {"query-target", {}, constant({{"arch", "i386"}})},
        {"query-version", {}, constant(qmp_version())},
    };
    return commands;
}

} // namespace ringshift
