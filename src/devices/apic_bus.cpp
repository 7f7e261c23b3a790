#include "devices/apic_bus.h"

namespace ringshift {

bool SystemApicBus::deliver(const ApicMessage& message) {
    if (message.mode == DeliveryMode::LowestPriority) {
        ApicAgent* lowest = nullptr;
        for (ApicAgent* agent : m_agents) {
            if (!agent->matches(message)) continue;
            if (!lowest || agent->processor_priority() < lowest->processor_priority()) lowest = agent;
        }
        return lowest && lowest->accept(message);
    }
    bool accepted = false;
    for (ApicAgent* agent : m_agents) {
        if (agent->matches(message) && agent->accept(message)) accepted = true;
    }
    return accepted;
}

void SystemApicBus::broadcast(const ApicMessage& message, const ApicAgent* except) {
    for (ApicAgent* agent : m_agents) {
        if (agent != except) agent->accept(message);
    }
}

void SystemApicBus::end_of_interrupt(u8 vector) {
    for (ApicEoiListener* listener : m_listeners) listener->end_of_interrupt(vector);
}

} // namespace ringshift
