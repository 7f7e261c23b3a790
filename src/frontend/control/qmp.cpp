#include "frontend/control/qmp.h"

#include "frontend/session.h"

#include <chrono>

namespace ringshift {

using nlohmann::json;

namespace {

const QmpCommand* find_command(std::string_view name) {
    for (const QmpCommand& command : qmp_commands())
        if (name == command.name) return &command;
    return nullptr;
}

std::string_view type_name(json::value_t type) {
    switch (type) {
    case json::value_t::string: return "string";
    case json::value_t::boolean: return "boolean";
    case json::value_t::array: return "array";
    case json::value_t::object: return "object";
    default: return "integer";
    }
}

bool has_type(const json& value, json::value_t type) {
    if (type == json::value_t::number_integer) return value.is_number_integer();
    return value.type() == type;
}

Result<> check_arguments(const QmpCommand& command, const json& arguments) {
    for (const QmpParameter& parameter : command.parameters) {
        if (!arguments.contains(parameter.name)) {
            if (parameter.required) return make_error("Parameter '{}' is missing", parameter.name);
        } else if (!has_type(arguments[parameter.name], parameter.type)) {
            return make_error("Invalid parameter type for '{}', expected: {}", parameter.name,
                              type_name(parameter.type));
        }
    }
    for (const auto& [name, value] : arguments.items()) {
        const auto named = [&name = name](const QmpParameter& parameter) { return name == parameter.name; };
        if (std::none_of(command.parameters.begin(), command.parameters.end(), named))
            return make_error("Parameter '{}' is unexpected", name);
    }
    return Unit{};
}

} // namespace

std::string qmp_text(const json& message) {
    return message.dump(-1, ' ', true, json::error_handler_t::replace) + "\r\n";
}

json qmp_error(std::string_view error_class, std::string_view description) {
    return {{"error", {{"class", error_class}, {"desc", description}}}};
}

json qmp_event(std::string_view name, json data) {
    using namespace std::chrono;
    const auto now = system_clock::now().time_since_epoch();
    const auto micros = duration_cast<microseconds>(now).count();
    json event = {{"event", name},
                  {"timestamp", {{"seconds", micros / 1'000'000}, {"microseconds", micros % 1'000'000}}}};
    if (!data.is_null()) event["data"] = std::move(data);
    return event;
}

json qmp_version() {
    int major = 0, minor = 0, micro = 0;
    (void)std::sscanf(RINGSHIFT_VERSION, "%d.%d.%d", &major, &minor, &micro);
    return {{"qemu", {{"major", major}, {"minor", minor}, {"micro", micro}}},
            {"package", "Ringshift " RINGSHIFT_VERSION}};
}

std::string QmpConversation::greeting() {
    return qmp_text({{"QMP", {{"version", qmp_version()}, {"capabilities", json::array()}}}});
}

Result<> QmpCall::on_guest(const std::function<Result<>()>& work) {
    Result<> done = Unit{};
    if (!target.on_guest([&] { done = work(); })) return make_error("the guest has ended");
    return done;
}

std::string QmpConversation::answer(std::string_view text, QmpTarget& target) {
    const json request = json::parse(text, nullptr, false);
    if (request.is_discarded()) return qmp_text(qmp_error("GenericError", "Invalid JSON syntax"));
    if (!request.is_object()) return qmp_text(qmp_error("GenericError", "QMP input must be a JSON object"));
    json response = respond(request, target);
    if (request.contains("id")) response["id"] = request["id"];
    return qmp_text(response);
}

json QmpConversation::respond(const json& request, QmpTarget& target) {
    const auto refuse = [](std::string description) { return qmp_error("GenericError", description); };
    for (const auto& [name, value] : request.items())
        if (name != "execute" && name != "arguments" && name != "id")
            return refuse(fmt::format("QMP input member '{}' is unexpected", name));
    if (!request.contains("execute")) return refuse("QMP input lacks member 'execute'");
    if (!request["execute"].is_string()) return refuse("QMP input member 'execute' must be a string");
    const auto arguments = request.value("arguments", json::object());
    if (!arguments.is_object()) return refuse("QMP input member 'arguments' must be an object");

    const std::string name = request["execute"];
    if (!m_negotiated) {
        if (name != "qmp_capabilities")
            return qmp_error("CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'");
        const json wanted = arguments.value("enable", json::array());
        if (!wanted.is_array()) return refuse("Invalid parameter type for 'enable', expected: array");
        if (!wanted.empty()) return refuse(fmt::format("Capability {} is not available", wanted.front().dump()));
        m_negotiated = true;
        return {{"return", json::object()}};
    }
    if (name == "qmp_capabilities")
        return qmp_error("CommandNotFound", "Capabilities negotiation is already complete, command ignored");
    const QmpCommand* command = find_command(name);
    if (command == nullptr) return qmp_error("CommandNotFound", fmt::format("The command {} has not been found", name));
    if (const auto checked = check_arguments(*command, arguments); !checked.ok())
        return refuse(checked.error().message);
    QmpCall call{target, arguments};
    auto result = command->run(call);
    if (!result.ok()) return qmp_error(call.error_class, result.error().message);
    return {{"return", result.release()}};
}

} // namespace ringshift
