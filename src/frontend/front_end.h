// What shows the guest's screen and takes the user's keys: a window or the terminal.
#pragma once

#include "base/result.h"
#include "frontend/options.h"

#include <memory>

namespace ringshift {

class Session;

class FrontEnd {
  public:
    virtual ~FrontEnd() = default;
    /// Returns when the session has ended or the user wants to leave; to be called once, from Session::run().
    virtual void run(Session& session) = 0;
};

/// The front end that the options ask for, or the best one there is; null: none is wanted. The error says what the
/// user can ask for instead.
Result<std::unique_ptr<FrontEnd>> open_front_end(const Options& options);

} // namespace ringshift
