#include "server/revisions/run/warehouse.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "server/schema/compare/digest.h"
#include "server/schema/print/print.h"
#include "server/starrocks/inspector.h"

namespace stateserver::revisions {
namespace {

// An INSERT that copies a table may take hours; StarRocks itself gives up after
// four.
constexpr absl::Duration kLongestStatement = absl::Hours(5);
constexpr absl::Duration kPause = absl::Milliseconds(200);

}  // namespace

bool IsLost(const absl::Status& status) {
  Reason reason = ReasonOf(status);
  return reason == Reason::WAREHOUSE_LOST || reason == Reason::WAREHOUSE_UNREACHABLE ||
         reason == Reason::DEADLINE_EXCEEDED;
}

absl::Status Warehouse::Open() {
  if (connection_ != nullptr) return absl::OkStatus();
  starrocks::ConnectionOptions options;
  options.answer_timeout = kLongestStatement;
  ASSIGN_OR_RETURN(connection_, starrocks::Connection::Open(warehouse_, database_, options));
  return absl::OkStatus();
}

template <typename Question>
auto Warehouse::Patiently(Question question) -> decltype(question()) {
  absl::Time until = absl::Now() + patience_;
  while (true) {
    absl::Status opened = Open();
    auto answer = opened.ok() ? question() : decltype(question())(opened);
    if (answer.ok() || !IsLost(answer.status())) return answer;
    connection_.reset();
    if (absl::Now() >= until) return answer;
    absl::SleepFor(kPause);
  }
}

absl::Status Warehouse::Execute(const std::string& sql) {
  // A connection that idled away is no reason to doubt the statement.
  RETURN_IF_ERROR(Ask("SELECT 1").status());
  absl::Status status = connection_->Query(sql).status();
  if (IsLost(status)) connection_.reset();
  return status;
}

absl::StatusOr<starrocks::Rows> Warehouse::Ask(const std::string& sql) {
  return Patiently([&] { return connection_->Query(sql); });
}

absl::StatusOr<schema::LiveSchema> Warehouse::Inspect(const std::set<std::string>& names) {
  starrocks::InspectOptions options;
  options.names = names;
  if (warehouse_.run_mode == "shared_data") options.run_mode = schema::RunMode::kSharedData;
  return Patiently([&] { return starrocks::Inspect(warehouse_, database_, options, {}); });
}

absl::StatusOr<std::map<std::string, LiveObjectState>> Warehouse::Read(
    const std::set<std::string>& names) {
  std::map<std::string, LiveObjectState> out;
  if (names.empty()) return out;
  ASSIGN_OR_RETURN(schema::LiveSchema live, Inspect(names));
  for (const schema::LiveObject& one : live.objects) {
    schema::Object object = one.object;
    object.name.database.clear();
    out[one.object.name.name] = {schema::ObjectDigest(one.object, live.engine),
                                 schema::Print(object)};
  }
  for (const schema::UnreadObject& one : live.unread) {
    out[one.name.name] = {"unreadable", ""};
  }
  return out;
}

absl::StatusOr<std::string> Warehouse::Digest(const std::string& object) {
  if (object.empty()) return std::string();
  ASSIGN_OR_RETURN(auto read, Read({object}));
  auto found = read.find(object);
  return found == read.end() ? std::string(schema::kNoObject) : found->second.digest;
}

absl::StatusOr<schema::Engine> Warehouse::AskEngine() {
  // Of an object that is not there, to ask as little as can be.
  ASSIGN_OR_RETURN(schema::LiveSchema live, Inspect({" "}));
  return live.engine;
}

absl::StatusOr<int64_t> Warehouse::NewestJob(const std::string& object) {
  return Patiently([&] { return starrocks::NewestJob(*connection_, database_, object); });
}

absl::StatusOr<std::vector<starrocks::Job>> Warehouse::JobsAfter(const std::string& object,
                                                                 int64_t id) {
  return Patiently([&] { return starrocks::JobsAfter(*connection_, database_, object, id); });
}

absl::StatusOr<starrocks::LabelState> Warehouse::Label(const std::string& label) {
  return Patiently([&] { return starrocks::ReadLabel(*connection_, database_, label); });
}

}  // namespace stateserver::revisions
