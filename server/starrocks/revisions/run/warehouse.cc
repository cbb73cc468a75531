// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/warehouse.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/time.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/engine/inspector.h"

namespace stateserver::revisions {
namespace {

// An INSERT that copies a table may take hours; StarRocks itself gives up after four.
constexpr absl::Duration kLongestStatement = absl::Hours(5);
constexpr absl::Duration kLongestAnswer = absl::Minutes(2);
constexpr absl::Duration kPause = absl::Milliseconds(200);

// Abandoner aborts a connection once it is to be abandoned.
class Abandoner {
 public:
  Abandoner(starrocks::Connection& connection, const std::function<bool()>& abandon)
      : thread_([this, &connection, &abandon](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested() && !abandon()) {
            wake_.wait_for(lock, stop, kLook, [] { return false; });
          }
          if (!stop.stop_requested()) connection.Abort();
        }) {}

 private:
  static constexpr std::chrono::milliseconds kLook{100};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last member: it uses the others
};

}  // namespace

bool IsLost(const absl::Status& status) {
  Reason reason = ReasonOf(status);
  return reason == Reason::WAREHOUSE_LOST || reason == Reason::WAREHOUSE_UNREACHABLE ||
         reason == Reason::DEADLINE_EXCEEDED;
}

absl::Status Warehouse::Open(absl::Duration answer_timeout, ConnectionPtr* connection) {
  if (*connection != nullptr) return absl::OkStatus();
  starrocks::ConnectionOptions options;
  options.answer_timeout = answer_timeout;
  ASSIGN_OR_RETURN(*connection, starrocks::Connection::Open(warehouse_, database_, options));
  return absl::OkStatus();
}

template <typename Question>
auto Warehouse::Patiently(Question question) -> decltype(question()) {
  auto once = [&]() -> decltype(question()) {
    RETURN_IF_ERROR(Open(kLongestAnswer, &asking_));
    Abandoner abandoner(*asking_, options_.abandon);
    return question();
  };
  absl::Time until = SteadyNow() + options_.patience;
  while (true) {
    auto answer = once();
    if (answer.ok() || !IsLost(answer.status())) return answer;
    asking_.reset();
    if (SteadyNow() >= until || options_.abandon()) return answer;
    absl::SleepFor(kPause);
  }
}

absl::Status Warehouse::Execute(const std::string& sql) {
  // A connection that timed out while idle is no reason to doubt the statement.
  if (changing_ != nullptr) {
    Abandoner abandoner(*changing_, options_.abandon);
    if (!changing_->Query("SELECT 1").ok()) changing_.reset();
  }
  RETURN_IF_ERROR(Open(kLongestStatement, &changing_));
  Abandoner abandoner(*changing_, options_.abandon);
  absl::Status status = changing_->Query(sql).status();
  if (IsLost(status)) changing_.reset();
  return status;
}

absl::StatusOr<starrocks::Rows> Warehouse::Query(const std::string& sql) {
  return Patiently([&] { return asking_->Query(sql); });
}

absl::StatusOr<schema::LiveSchema> Warehouse::Inspect(const std::set<std::string>& names,
                                                      bool readers) {
  starrocks::InspectOptions options;
  options.names = names;
  options.readers = readers;
  if (warehouse_.run_mode == "shared_data") options.run_mode = schema::RunMode::kSharedData;
  CallContext call;
  call.cancelled = options_.abandon;
  ASSIGN_OR_RETURN(schema::LiveSchema live, Patiently([&] {
                     return starrocks::Inspect(warehouse_, database_, options, call);
                   }));
  engine_ = live.engine;
  return live;
}

std::map<std::string, LiveObjectState> StatesOf(const schema::LiveSchema& live,
                                                const std::set<std::string>& names) {
  std::map<std::string, LiveObjectState> out;
  for (const schema::LiveObject& one : live.objects) {
    if (!names.contains(one.object.name.name)) continue;
    schema::Object object = one.object;
    object.name.database.clear();
    out[one.object.name.name] = {schema::ObjectDigest(one.object, live.engine),
                                 schema::Print(object)};
  }
  for (const schema::UnreadObject& one : live.unread) {
    if (names.contains(one.name.name)) out[one.name.name] = {"unreadable", ""};
  }
  return out;
}

absl::StatusOr<std::map<std::string, LiveObjectState>> Warehouse::Read(
    const std::set<std::string>& names) {
  if (names.empty()) return std::map<std::string, LiveObjectState>();
  ASSIGN_OR_RETURN(schema::LiveSchema live, Inspect(names));
  return StatesOf(live, names);
}

absl::StatusOr<std::string> Warehouse::Digest(const std::string& object) {
  if (object.empty()) return std::string();
  ASSIGN_OR_RETURN(auto read, Read({object}));
  auto found = read.find(object);
  return found == read.end() ? std::string(schema::kNoObject) : found->second.digest;
}

absl::StatusOr<schema::Engine> Warehouse::QueryEngine() {
  // Inspecting only an object that does not exist keeps the query small.
  if (!engine_) RETURN_IF_ERROR(Inspect({" "}).status());
  return *engine_;
}

absl::StatusOr<int64_t> Warehouse::NewestJob(const std::string& object) {
  return Patiently([&] { return starrocks::NewestJob(*asking_, database_, object); });
}

absl::StatusOr<std::vector<starrocks::Job>> Warehouse::JobsAfter(const std::string& object,
                                                                 int64_t id) {
  return Patiently([&] { return starrocks::JobsAfter(*asking_, database_, object, id); });
}

absl::StatusOr<bool> Warehouse::IsAtWorkOn(const std::string& statement) {
  absl::StatusOr<starrocks::Rows> rows = Query("SHOW FULL PROCESSLIST");
  if (ReasonOf(rows.status()) == Reason::WAREHOUSE_ERROR) return false;
  RETURN_IF_ERROR(rows.status());
  for (size_t i = 0; i < rows->rows.size(); ++i) {
    if (rows->Text(i, "Info") == statement) return true;
  }
  return false;
}

absl::StatusOr<starrocks::LabelState> Warehouse::Label(const std::string& label) {
  return Patiently([&] { return starrocks::ReadLabel(*asking_, database_, label); });
}

}  // namespace stateserver::revisions
