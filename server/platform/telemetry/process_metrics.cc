// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace stateserver::telemetry {
namespace {

// Fields of /proc/self/stat as numbered in proc(5). The first two are cut off, because a program's
// name may contain spaces.
constexpr size_t kFirstField = 3;
constexpr size_t kUserTime = 14;
constexpr size_t kSystemTime = 15;
constexpr size_t kStartTime = 22;
constexpr size_t kResidentPages = 24;

std::string Contents(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<double> StatFields() {
  std::string text = Contents("/proc/self/stat");
  size_t end = text.rfind(')');
  std::vector<double> fields;
  if (end == std::string::npos) return fields;
  std::istringstream words(text.substr(end + 1));
  for (std::string word; words >> word;) {
    // The state is a letter and counts as 0.
    fields.push_back(std::strtod(word.c_str(), nullptr));
  }
  return fields;
}

// Returns the machine's boot time in unix seconds.
std::optional<double> BootTime() {
  std::istringstream lines(Contents("/proc/stat"));
  for (std::string word; lines >> word;) {
    double time = 0;
    if (word == "btime" && lines >> time) return time;
  }
  return std::nullopt;
}

std::optional<double> OpenFiles() {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return std::nullopt;
  double count = 0;
  while (const dirent* entry = readdir(folder.get())) count += entry->d_name[0] != '.';
  return count - 1;  // excludes the descriptor that reads this folder
}

using Families = std::vector<prometheus::MetricFamily>;

void Add(Families* families, prometheus::MetricType type, const char* name, const char* help,
         double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families->push_back({name, help, type, {metric}});
}

}  // namespace

Families ReadProcessMetrics() {
  using prometheus::MetricType;
  Families families;
  const std::vector<double> stat = StatFields();
  auto field = [&](size_t number) { return stat[number - kFirstField]; };
  if (stat.size() > kResidentPages - kFirstField) {
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    Add(&families, MetricType::Counter, "process_cpu_seconds_total", "User and system CPU time",
        (field(kUserTime) + field(kSystemTime)) / ticks);
    Add(&families, MetricType::Gauge, "process_resident_memory_bytes", "Resident memory",
        field(kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
    if (auto boot = BootTime()) {
      Add(&families, MetricType::Gauge, "process_start_time_seconds",
          "When the process started, in unix seconds", *boot + field(kStartTime) / ticks);
    }
  }
  if (auto open = OpenFiles()) {
    Add(&families, MetricType::Gauge, "process_open_fds", "Open file descriptors", *open);
  }
  if (rlimit limit = {}; getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    Add(&families, MetricType::Gauge, "process_max_fds", "Maximum number of open file descriptors",
        static_cast<double>(limit.rlim_cur));
  }
  return families;
}

}  // namespace stateserver::telemetry
