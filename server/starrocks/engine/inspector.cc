// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/inspector.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/rollups.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/engine/connection.h"
#include "server/starrocks/engine/readers.h"

namespace stateserver::starrocks {

namespace {

// ListedView is a view in the listing of a database.
struct ListedView {
  schema::Activity activity;
  std::string definition;
};

struct Catalog {
  // Names; excludes asynchronous materialized views.
  std::vector<std::string> tables, views;
  std::map<std::string, ListedView> materialized, synchronous;
};

bool IsLost(const absl::Status& status) {
  Reason reason = ReasonOf(status);
  return reason == Reason::WAREHOUSE_LOST || reason == Reason::DEADLINE_EXCEEDED;
}

absl::Status ListViews(Connection& connection, const std::string& database, Catalog* out) {
  ASSIGN_OR_RETURN(
      Rows rows, connection.Query(
                     Cat("SELECT TABLE_NAME, REFRESH_TYPE, IS_ACTIVE, INACTIVE_REASON, "
                         "MATERIALIZED_VIEW_DEFINITION FROM information_schema.materialized_views "
                         "WHERE TABLE_SCHEMA = ",
                         QuotedText(database))));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    ListedView view;
    view.activity = {EqualIgnoringCase(rows.Text(i, "IS_ACTIVE"), "true"),
                     rows.Text(i, "INACTIVE_REASON")};
    view.definition = rows.Text(i, "MATERIALIZED_VIEW_DEFINITION");
    bool rollup = EqualIgnoringCase(rows.Text(i, "REFRESH_TYPE"), "ROLLUP");
    std::string name = rows.Text(i, "TABLE_NAME");
    if (rollup && schema::IsPlainRollup(name, view.definition)) continue;
    (rollup ? out->synchronous : out->materialized)[name] = std::move(view);
  }
  return absl::OkStatus();
}

absl::Status CheckDatabase(Connection& connection, const std::string& database) {
  ASSIGN_OR_RETURN(Rows rows,
                   connection.Query(Cat("SELECT SCHEMA_NAME FROM information_schema.schemata WHERE "
                                        "SCHEMA_NAME = ",
                                        QuotedText(database))));
  if (!rows.rows.empty()) return absl::OkStatus();
  return Error(Reason::WAREHOUSE_DATABASE_NOT_FOUND, Cat("No database named '", database, "'."),
               "Create it, or name another one.", {{"database", database}});
}

// Lists a database with one or two statements, regardless of its size. With `names`, lists only
// these tables and views, and all materialized views; if empty, all. Returns
// WAREHOUSE_DATABASE_NOT_FOUND for a missing database.
absl::StatusOr<Catalog> ListDatabase(Connection& connection, const std::string& database,
                                     const std::set<std::string>& names) {
  Catalog out;
  std::string list;
  for (const std::string& name : names) {
    AppendTo(&list, list.empty() ? " AND TABLE_NAME IN (" : ", ", QuotedText(name));
  }
  if (!list.empty()) list.push_back(')');
  ASSIGN_OR_RETURN(
      Rows rows,
      connection.Query(Cat("SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.tables WHERE "
                           "TABLE_SCHEMA = ",
                           QuotedText(database), list)));
  if (rows.rows.empty()) RETURN_IF_ERROR(CheckDatabase(connection, database));
  RETURN_IF_ERROR(ListViews(connection, database, &out));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    std::string name = rows.Text(i, "TABLE_NAME"), type = rows.Text(i, "TABLE_TYPE");
    if (out.materialized.contains(name) || absl::StartsWith(type, "TEMPORARY")) continue;
    (EqualIgnoringCase(type, "VIEW") ? out.views : out.tables).push_back(name);
  }
  return out;
}

// Returns the definitions of the materialized views, and of the views if one of them may read
// through those.
absl::StatusOr<std::map<std::string, ListedDefinition>> ListDefinitions(Connection& connection,
                                                                        const std::string& database,
                                                                        const Catalog& catalog) {
  std::map<std::string, ListedDefinition> out;
  for (const auto& [name, view] : catalog.synchronous) {
    out[name] = {ListedDefinition::Kind::kSynchronous, view.definition};
  }
  if (catalog.materialized.empty()) return out;
  for (const auto& [name, view] : catalog.materialized) {
    out[name] = {ListedDefinition::Kind::kMaterialized, view.definition};
  }
  ASSIGN_OR_RETURN(Rows rows, connection.Query(Cat("SELECT TABLE_NAME, VIEW_DEFINITION FROM "
                                                   "information_schema.views WHERE TABLE_SCHEMA = ",
                                                   QuotedText(database))));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    out.emplace(rows.Text(i, "TABLE_NAME"),
                ListedDefinition{ListedDefinition::Kind::kView, rows.Text(i, "VIEW_DEFINITION")});
  }
  return out;
}

// Returns current_version() as numbers.
absl::StatusOr<schema::EngineVersion> ReadVersion(Connection& connection) {
  ASSIGN_OR_RETURN(Rows rows, connection.Query("SELECT current_version()"));
  std::string text = rows.rows.empty() ? "" : rows.rows[0][0].value_or("");
  schema::EngineVersion version;
  if (std::sscanf(text.c_str(), "%d.%d.%d", &version.major, &version.minor, &version.patch) == 3) {
    return version;
  }
  return Error(Reason::WAREHOUSE_UNREADABLE,
               Cat("StarRocks reports the version '", text, "', which is not known."),
               "This server knows the releases 2.5 to 4.x.");
}

// Returns nullopt if the role may not query the run mode.
absl::StatusOr<std::optional<schema::RunMode>> QueryRunMode(Connection& connection) {
  auto rows = connection.Query("ADMIN SHOW FRONTEND CONFIG LIKE 'run_mode'");
  if (!rows.ok()) {
    if (IsLost(rows.status())) return rows.status();
    return std::nullopt;  // the right is missing, or the engine is older
  }
  if (rows->rows.empty()) return std::nullopt;
  return rows->Text(0, "Value") == "shared_data" ? schema::RunMode::kSharedData
                                                 : schema::RunMode::kSharedNothing;
}

// Infers the run mode from the properties of a database's tables.
std::optional<schema::RunMode> InferRunMode(const std::vector<schema::LiveObject>& objects) {
  for (const schema::LiveObject& one : objects) {
    const auto* table = std::get_if<schema::Table>(&one.object.definition);
    if (table == nullptr) continue;
    if (table->properties.contains("storage_volume") ||
        table->properties.contains("datacache.enable")) {
      return schema::RunMode::kSharedData;
    }
    if (table->properties.contains("replicated_storage")) return schema::RunMode::kSharedNothing;
  }
  return std::nullopt;
}

// Returns the rollups from DESC … ALL: the indexes of `answer` except the table's own and those
// named in `views`, which are synchronous materialized views.
std::vector<schema::Rollup> ReadRollups(const Rows& answer, const std::string& table,
                                        const std::set<std::string>& views) {
  std::vector<schema::Rollup> rollups;
  // An index's name is only in its first row; an empty row separates two indexes.
  bool taken = false;
  for (size_t i = 0; i < answer.rows.size(); ++i) {
    std::string index = answer.Text(i, "IndexName"), field = answer.Text(i, "Field");
    if (!index.empty()) {
      taken = index != table && !views.contains(index);
      if (taken) rollups.push_back({index, {}, {}, "", {}});
    }
    if (taken && !field.empty()) rollups.back().columns.push_back(field);
  }
  return rollups;
}

constexpr auto kLook = std::chrono::milliseconds(100);  // interval of checks for a cancelled call

struct Listed {
  enum class Kind { kTable, kView, kMaterialized, kSynchronous };
  Kind kind = Kind::kTable;
  std::string name;
};

// Watcher aborts the connections once the call is over.
class Watcher {
 public:
  explicit Watcher(const CallContext& call)
      : call_(call), thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

  void Add(Connection* connection) {
    std::lock_guard lock(mutex_);
    connections_.push_back(connection);
    if (over_) connection->Abort();
  }
  void Remove(Connection* connection) {
    std::lock_guard lock(mutex_);
    std::erase(connections_, connection);
  }

 private:
  void Watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!call_.Check().ok()) {
        std::lock_guard lock(mutex_);
        over_ = true;
        for (Connection* connection : connections_) connection->Abort();
        return;
      }
      std::unique_lock lock(sleep_);
      wake_.wait_for(lock, stop, kLook, [] { return false; });
    }
  }

  const CallContext& call_;
  std::mutex mutex_;
  std::vector<Connection*> connections_;
  bool over_ = false;
  std::mutex sleep_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last member: it uses the others
};

class Watched {
 public:
  Watched(Watcher& watcher, std::unique_ptr<Connection> connection)
      : watcher_(watcher), connection_(std::move(connection)) {
    watcher_.Add(connection_.get());
  }
  ~Watched() { watcher_.Remove(connection_.get()); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  Connection& operator*() { return *connection_; }

 private:
  Watcher& watcher_;
  const std::unique_ptr<Connection> connection_;
};

class Inspection {
 public:
  Inspection(const config::Warehouse& warehouse, const std::string& database,
             const InspectOptions& options, const CallContext& call)
      : warehouse_(warehouse), options_(options), call_(call), watcher_(call) {
    out_.database = database;
  }

  absl::StatusOr<schema::LiveSchema> Inspect() {
    ASSIGN_OR_RETURN(auto first, Connection::Open(warehouse_, "", options_.connection));
    Watched connection(watcher_, std::move(first));
    absl::Status status = List(*connection);
    if (status.ok()) status = ReadAll(*connection);
    // The abort appears as a lost connection, but the call's end is the cause.
    if (absl::Status over = call_.Check(); !status.ok() && !over.ok()) return over;
    RETURN_IF_ERROR(status);
    Order();
    return std::move(out_);
  }

 private:
  absl::Status List(Connection& connection) {
    ASSIGN_OR_RETURN(out_.engine.version, ReadVersion(connection));
    ASSIGN_OR_RETURN(run_mode_, QueryRunMode(connection));
    ASSIGN_OR_RETURN(catalog_, ListDatabase(connection, out_.database, options_.names));
    for (const auto& [name, view] : catalog_.synchronous) synchronous_.insert(name);
    auto take = [&](Listed::Kind kind, const std::string& name) {
      if (!options_.names.empty() && !options_.names.contains(name)) return;
      if (!options_.looked_at || options_.looked_at({out_.database, name})) {
        listed_.push_back({kind, name});
      }
    };
    for (const std::string& name : catalog_.tables) take(Listed::Kind::kTable, name);
    for (const std::string& name : catalog_.views) take(Listed::Kind::kView, name);
    for (const auto& [name, view] : catalog_.materialized) take(Listed::Kind::kMaterialized, name);
    for (const auto& [name, view] : catalog_.synchronous) take(Listed::Kind::kSynchronous, name);
    return options_.readers ? ListReaders(connection) : absl::OkStatus();
  }

  absl::Status ListReaders(Connection& connection) {
    ASSIGN_OR_RETURN(auto definitions, ListDefinitions(connection, out_.database, catalog_));
    size_t added = 0;
    for (const std::string& name : FindReaders(definitions, options_.names, out_.database)) {
      if (options_.names.contains(name)) continue;
      bool synchronous = catalog_.synchronous.contains(name);
      bool materialized = catalog_.materialized.contains(name);
      if (!synchronous && ++added > kMostReaders) {
        out_.unread.push_back({{out_.database, name},
                               materialized ? "mv" : "view",
                               "there are too many views of the objects that were asked for"});
        continue;
      }
      listed_.push_back({synchronous    ? Listed::Kind::kSynchronous
                         : materialized ? Listed::Kind::kMaterialized
                                        : Listed::Kind::kView,
                         name});
    }
    return absl::OkStatus();
  }

  // The first connection reads as well; the first failure is reported.
  absl::Status ReadAll(Connection& first) {
    int more = std::min<int>(options_.connections, static_cast<int>(listed_.size() / 8) + 1) - 1;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < more; ++i) {
        threads.emplace_back([this] {
          auto opened = Connection::Open(warehouse_, "", options_.connection);
          if (!opened.ok()) return Fail(opened.status());
          Watched connection(watcher_, *std::move(opened));
          ReadSome(*connection);
        });
      }
      ReadSome(first);
    }
    std::lock_guard lock(mutex_);
    return failure_;
  }

  void Fail(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
    next_ = listed_.size();
  }

  void ReadSome(Connection& connection) {
    for (size_t at = next_++; at < listed_.size(); at = next_++) {
      if (absl::Status status = Read(connection, listed_[at]); !status.ok()) return Fail(status);
    }
  }

  absl::Status Read(Connection& connection, const Listed& listed) {
    RETURN_IF_ERROR(call_.Check());
    auto text = Printed(connection, listed);
    if (!text.ok()) return Missed(listed, text.status());
    auto object = Parse(listed, *text);
    if (!object.ok()) return Missed(listed, object.status());
    if (auto* table = std::get_if<schema::Table>(&object->object.definition)) {
      auto rows = connection.Query(Cat("DESC ", FullName(listed.name), " ALL"));
      if (!rows.ok()) return Missed(listed, rows.status());
      table->rollups = ReadRollups(*rows, listed.name, synchronous_);
    }
    std::lock_guard lock(mutex_);
    out_.objects.push_back(*std::move(object));
    return absl::OkStatus();
  }

  std::string FullName(const std::string& name) const {
    return Cat(QuotedName(out_.database), ".", QuotedName(name));
  }

  absl::StatusOr<std::string> Printed(Connection& connection, const Listed& listed) {
    if (listed.kind == Listed::Kind::kSynchronous) {
      return catalog_.synchronous.at(listed.name).definition;
    }
    std::string_view words = listed.kind == Listed::Kind::kTable  ? "TABLE "
                             : listed.kind == Listed::Kind::kView ? "VIEW "
                                                                  : "MATERIALIZED VIEW ";
    ASSIGN_OR_RETURN(Rows rows,
                     connection.Query(Cat("SHOW CREATE ", words, FullName(listed.name))));
    if (!rows.rows.empty() && rows.columns.size() >= 2) return rows.rows[0][1].value_or("");
    return Error(Reason::WAREHOUSE_UNREADABLE, "SHOW CREATE returned nothing");
  }

  absl::StatusOr<schema::LiveObject> Parse(const Listed& listed, const std::string& text) const {
    schema::ParsedScript script = schema::ParsePrinted(text, "live", out_.database);
    if (!script.errors.empty() || script.objects.size() != 1) {
      return Error(
          Reason::WAREHOUSE_UNREADABLE,
          Cat("the engine prints it in a form that cannot be read: ",
              script.errors.empty() ? "it is not a single statement" : script.errors[0].Text()));
    }
    schema::LiveObject out{std::move(script.objects[0]), std::nullopt, text};
    out.object.name = {out_.database, listed.name};
    if (listed.kind == Listed::Kind::kMaterialized) {
      out.activity = catalog_.materialized.at(listed.name).activity;
    }
    return out;
  }

  // The failure of one object does not end the inspection; a lost connection does.
  absl::Status Missed(const Listed& listed, const absl::Status& status) {
    Reason reason = ReasonOf(status);
    if (reason != Reason::WAREHOUSE_ERROR && reason != Reason::WAREHOUSE_UNREADABLE) return status;
    constexpr std::string_view kKinds[] = {"table", "view", "mv", "mv"};
    std::lock_guard lock(mutex_);
    out_.unread.push_back({{out_.database, listed.name},
                           std::string(kKinds[static_cast<size_t>(listed.kind)]),
                           std::string(status.message())});
    return absl::OkStatus();
  }

  void Order() {
    auto by_name = [](const auto& a, const auto& b) { return NameOf(a) < NameOf(b); };
    std::sort(out_.objects.begin(), out_.objects.end(), by_name);
    std::sort(out_.unread.begin(), out_.unread.end(), by_name);
    if (!run_mode_) run_mode_ = InferRunMode(out_.objects);
    out_.engine.run_mode = run_mode_.value_or(options_.run_mode);
  }

  static const schema::ObjectName& NameOf(const schema::LiveObject& one) { return one.object.name; }
  static const schema::ObjectName& NameOf(const schema::UnreadObject& one) { return one.name; }

  const config::Warehouse& warehouse_;
  const InspectOptions& options_;
  const CallContext& call_;
  Catalog catalog_;
  std::set<std::string> synchronous_;
  std::vector<Listed> listed_;
  std::optional<schema::RunMode> run_mode_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  absl::Status failure_;
  schema::LiveSchema out_;
  Watcher watcher_;  // last member: its thread ends first
};

}  // namespace

bool HasOwnCatalog(const config::Warehouse& warehouse) {
  return warehouse.catalog.empty() || warehouse.catalog == "default_catalog";
}

absl::StatusOr<ForeignTables> ListForeign(const config::Warehouse& warehouse,
                                          const std::string& database,
                                          const InspectOptions& options, const CallContext& call) {
  Watcher watcher(call);
  ASSIGN_OR_RETURN(auto opened, Connection::Open(warehouse, "", options.connection));
  Watched connection(watcher, std::move(opened));
  ForeignTables out;
  ASSIGN_OR_RETURN(out.version, ReadVersion(*connection));
  auto rows = (*connection)
                  .Query(Cat("SHOW TABLES FROM ", QuotedName(warehouse.catalog), ".",
                             QuotedName(database)));
  RETURN_IF_ERROR(call.Check());
  RETURN_IF_ERROR(rows.status());
  for (const auto& row : rows->rows) {
    std::string name = row.empty() ? "" : row[0].value_or("");
    if (!options.looked_at || options.looked_at({database, name})) out.names.push_back(name);
  }
  std::sort(out.names.begin(), out.names.end());
  return out;
}

absl::StatusOr<schema::LiveSchema> Inspect(const config::Warehouse& warehouse,
                                           const std::string& database,
                                           const InspectOptions& options, const CallContext& call) {
  if (!HasOwnCatalog(warehouse)) {
    return Error(Reason::ARGUMENT_INVALID,
                 Cat("The catalog '", warehouse.catalog,
                     "' is not StarRocks' own: its tables have other DDL, and are listed only."),
                 "Name a database of default_catalog.", {{"field", "catalog"}});
  }
  return Inspection(warehouse, database, options, call).Inspect();
}

}  // namespace stateserver::starrocks
