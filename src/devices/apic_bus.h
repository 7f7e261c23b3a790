// Messages between the IO-APIC and the local APICs (SDM vol. 3A, 11.1).
#pragma once

#include "base/types.h"

#include <vector>

namespace ringshift {

enum class DeliveryMode : u8 { Fixed = 0, LowestPriority = 1, Smi = 2, Nmi = 4, Init = 5, Startup = 6, ExtInt = 7 };

struct ApicMessage {
    u8 destination = 0;   ///< an APIC ID (FF is all) or a logical destination
    bool logical = false; ///< how `destination` is meant
    DeliveryMode mode = DeliveryMode::Fixed;
    u8 vector = 0;
    bool assert_level = true; ///< INIT only: false is the de-assertion that older software sends
    bool level_triggered = false;
};

class ApicBus {
  public:
    virtual ~ApicBus() = default;
    /// Whether at least one local APIC took it.
    virtual bool deliver(const ApicMessage& message) = 0;
    /// To all local APICs but, if not null, `except` (the shorthands of the ICR).
    virtual void broadcast(const ApicMessage& message, const class ApicAgent* except) = 0;
    /// A level-triggered interrupt was serviced.
    virtual void end_of_interrupt(u8 vector) = 0;
};

/// A local APIC as the bus sees it.
class ApicAgent {
  public:
    virtual ~ApicAgent() = default;
    virtual bool matches(const ApicMessage& message) const = 0;
    /// For lowest-priority arbitration.
    virtual u8 processor_priority() const = 0;
    /// Whether it took the message.
    virtual bool accept(const ApicMessage& message) = 0;
};

/// An IO-APIC as the bus sees it.
class ApicEoiListener {
  public:
    virtual ~ApicEoiListener() = default;
    virtual void end_of_interrupt(u8 vector) = 0;
};

/// The bus of a machine. Agents are added once, when the machine is put together, in order of their IDs.
class SystemApicBus final : public ApicBus {
  public:
    void add(ApicAgent& agent) { m_agents.push_back(&agent); }
    void add(ApicEoiListener& listener) { m_listeners.push_back(&listener); }

    bool deliver(const ApicMessage& message) override;
    void broadcast(const ApicMessage& message, const ApicAgent* except) override;
    void end_of_interrupt(u8 vector) override;

  private:
    std::vector<ApicAgent*> m_agents;
    std::vector<ApicEoiListener*> m_listeners;
};

} // namespace ringshift
