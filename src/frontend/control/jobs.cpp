#include "frontend/control/jobs.h"

namespace ringshift {

using nlohmann::json;

Result<> QmpJobs::begin(const std::string& id, const std::string& type) {
    if (id.empty() || id.size() > 200) return make_error("Invalid job ID '{}'", id);
    {
        const std::lock_guard lock(m_mutex);
        if (m_jobs.contains(id)) return make_error("Job ID '{}' already in use", id);
        if (m_jobs.size() >= most_jobs)
            return make_error("there are {} jobs: dismiss those that have concluded", most_jobs);
        m_jobs[id].type = type;
    }
    m_status_changed(id, "created");
    m_status_changed(id, "running");
    return Unit{};
}

void QmpJobs::finish(const std::string& id, const Result<std::string>& result) {
    {
        const std::lock_guard lock(m_mutex);
        Job& job = m_jobs[id];
        job.concluded = true;
        if (!result.ok()) job.error = result.error().message;
    }
    if (!result.ok()) {
        m_status_changed(id, "aborting");
    } else {
        m_status_changed(id, "waiting");
        m_status_changed(id, "pending");
    }
    m_status_changed(id, "concluded");
}

Result<> QmpJobs::dismiss(const std::string& id) {
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_jobs.find(id);
        if (found == m_jobs.end()) return make_error("Job not found");
        if (!found->second.concluded)
            return make_error("Job '{}' in state 'running' cannot accept command verb 'dismiss'", id);
        m_jobs.erase(found);
    }
    m_status_changed(id, "null");
    return Unit{};
}

json QmpJobs::list() {
    json list = json::array();
    const std::lock_guard lock(m_mutex);
    for (const auto& [id, job] : m_jobs) {
        json row = {{"id", id},
                    {"type", job.type},
                    {"status", job.concluded ? "concluded" : "running"},
                    {"current-progress", job.concluded ? 1 : 0},
                    {"total-progress", 1}};
        if (!job.error.empty()) row["error"] = job.error;
        list.push_back(std::move(row));
    }
    return list;
}

} // namespace ringshift
