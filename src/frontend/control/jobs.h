// Jobs as QMP has them: work that goes on after its command has been answered.
#pragma once

#include "base/result.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace ringshift {

class QmpJobs : public std::enable_shared_from_this<QmpJobs> {
  public:
    static constexpr std::size_t most_jobs = 64;
    /// `status_changed` on any thread.
    explicit QmpJobs(std::function<void(const std::string& id, const std::string& status)> status_changed)
        : m_status_changed(std::move(status_changed)) {}

    /// The error: the id is in use, or nobody dismisses jobs.
    Result<> begin(const std::string& id, const std::string& type);
    void finish(const std::string& id, const Result<std::string>& result);
    /// A job that has concluded is forgotten.
    Result<> dismiss(const std::string& id);
    nlohmann::json list();

  private:
    struct Job {
        std::string type;
        std::string error;
        bool concluded = false;
    };
    std::function<void(const std::string& id, const std::string& status)> m_status_changed;
    std::mutex m_mutex;
    std::map<std::string, Job> m_jobs;
};

} // namespace ringshift
