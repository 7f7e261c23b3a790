// What query-qmp-schema answers: the table of commands in the form of QEMU's introspection (its
// docs/devel/qapi-code-gen, "Client JSON Protocol introspection"). Values of which the table says no more than that
// they are JSON are `any`.
#include "frontend/control/qmp.h"

namespace ringshift {

namespace {

using nlohmann::json;

const char* type_name(json::value_t type) {
    switch (type) {
    case json::value_t::string: return "str";
    case json::value_t::number_integer: return "int";
    case json::value_t::boolean: return "bool";
    case json::value_t::array: return "[any]";
    default: return "any";
    }
}

json object_type(const std::string& name, const std::vector<QmpParameter>& parameters) {
    json members = json::array();
    for (const QmpParameter& parameter : parameters) {
        json member = {{"name", parameter.name}, {"type", type_name(parameter.type)}};
        if (!parameter.required) member["default"] = nullptr; // it may be left out
        members.push_back(std::move(member));
    }
    return {{"name", name}, {"meta-type", "object"}, {"members", std::move(members)}};
}

} // namespace

json qmp_schema() {
    json schema = json::array();
    for (const auto& [name, kind] : {std::pair{"str", "string"}, {"int", "int"}, {"bool", "boolean"}, {"any", "value"}})
        schema.push_back({{"name", name}, {"meta-type", "builtin"}, {"json-type", kind}});
    schema.push_back({{"name", "[any]"}, {"meta-type", "array"}, {"element-type", "any"}});
    std::vector<QmpCommand> commands = qmp_commands();
    commands.push_back({"qmp_capabilities", {{"enable", json::value_t::array, false}}, {}}); // the connection's own
    for (const QmpCommand& command : commands) {
        const std::string arguments = std::string(command.name) + "-arg";
        schema.push_back({{"name", command.name},
                          {"meta-type", "command"},
                          {"arg-type", arguments},
                          {"ret-type", "any"},
                          {"allow-oob", false}});
        schema.push_back(object_type(arguments, command.parameters));
    }
    return schema;
}

} // namespace ringshift
