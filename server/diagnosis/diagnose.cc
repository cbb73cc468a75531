// SPDX-License-Identifier: Apache-2.0

#include "server/diagnosis/diagnose.h"

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/diagnosis/rights.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/versions.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::diagnosis {

namespace {

// Tolerated difference between this machine's clock and PostgreSQL's; expirations are compared with
// both.
constexpr absl::Duration kClockTolerance = absl::Seconds(5);
// Percentage of max_connections.
constexpr int kFullPercent = 90;
constexpr absl::Duration kWarehouseTimeout = absl::Seconds(5);

Diagnosis Failed(std::string name, const absl::Status& status, std::vector<std::string> calls) {
  return {std::move(name), Verdict::kFailed, std::string(MessageOf(status)), HintOf(status),
          std::move(calls)};
}

Diagnosis Clock(int64_t database_ms) {
  absl::Duration apart = absl::FromUnixMillis(database_ms) - absl::Now();
  std::string by = SizeText(apart);
  if (absl::AbsDuration(apart) < kClockTolerance) {
    return {"clocks", Verdict::kPassed, Cat("server and database are ", by, " apart"), "", {}};
  }
  return {"clocks",
          Verdict::kWarning,
          Cat("the database's clock is ", by,
              apart > absl::ZeroDuration() ? " ahead of" : " behind", " the server's"),
          "Synchronize both with a time server: their clocks decide what has expired.",
          {}};
}

Diagnosis Connections(int64_t used, int64_t max) {
  std::string text = Cat(used, " of PostgreSQL's ", max, " connections are in use");
  if (used * 100 < max * kFullPercent) return {"connections", Verdict::kPassed, text, "", {}};
  return {"connections",
          Verdict::kWarning,
          text,
          "Raise max_connections, or put a pooler in front (docs/replicas.md).",
          {}};
}

Diagnosis StateTables(const std::optional<store::Versions>& versions,
                      const gateways::Gateway& gateway) {
  if (!versions.has_value()) {
    return {"state",
            Verdict::kWarning,
            Cat("schema ", gateway.state_schema, " holds no state tables"),
            "Migrate the state to create them.",
            {"export", "import", "environments"}};
  }
  std::string text =
      Cat("SQLMesh ", versions->sqlmesh_version, ", schema ", versions->schema_version);
  absl::Status current = store::CheckCurrent(*versions);
  if (current.ok() && store::IsLaterRelease(*versions)) {
    AppendTo(&text, "; a later release than this server knows (",
             store::NewestVersions().sqlmesh_version, "), with a schema that it knows");
  }
  if (current.ok()) return {"state", Verdict::kPassed, text, "", {}};
  if (store::IsNewerSchema(*versions)) {
    return {"state",
            Verdict::kWarning,
            Cat(text, ": ", MessageOf(current), " Reading works."),
            HintOf(current),
            {"StateService.Import", "StateService.Migrate", "MaintenanceService.Compact",
             "MaintenanceService.FindExpired", "MaintenanceService.DeleteExpired",
             "MaintenanceService.Check"}};
  }
  return {
      "state", Verdict::kWarning, Cat(text, ": ", MessageOf(current)), HintOf(current), {"import"}};
}

constexpr char kServerSql[] =
    "SELECT pg_is_in_recovery(), (extract(epoch FROM clock_timestamp()) * 1000)::bigint,"
    " current_setting('max_connections')::bigint,"
    " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";

// `reset_val` is the value given by role, database and server; the session has set its own since.
constexpr char kSettingsSql[] =
    "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
    " (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),"
    " current_setting('synchronous_standby_names') <> '',"
    " (SELECT count(*) FROM pg_stat_replication)";

void Join(std::string_view sentence, std::string* to) {
  AppendTo(to, to->empty() ? "" : "; ", sentence);
}

// Weakness is a setting that is too weak, with the remedy.
struct Weakness {
  std::string message, hint;

  void Note(std::string_view what, std::string_view remedy) {
    Join(what, &message);
    Join(remedy, &hint);
  }
};

void CheckCommitSetting(std::string_view setting, bool synchronous_standby, Weakness* out) {
  if (setting == "off") {
    out->Note(
        "synchronous_commit is 'off' here: a crash loses what SQLMesh wrote last (the changes of "
        "this server still wait for the disk)",
        "ALTER ROLE or ALTER DATABASE … RESET synchronous_commit");
  } else if (synchronous_standby && setting != "on" && setting != "remote_apply") {
    out->Note(Cat("synchronous_commit is '", setting,
                  "' here: what SQLMesh writes does not wait until the standby has it on disk "
                  "(the changes of this server do)"),
              "ALTER ROLE or ALTER DATABASE … RESET synchronous_commit");
  }
}

// Returns one finding, "durability", that lists the settings of server, database and role that are
// weaker than docs/transactions.md promises.
absl::StatusOr<Diagnosis> CheckDurability(postgres::Session& session) {
  ASSIGN_OR_RETURN(postgres::Result row, session.Query(kSettingsSql));
  const bool synchronous_standby = row.Bool(0, 3);
  Weakness weakness;
  if (row.Text(0, 0) != "on") {
    weakness.Note(
        "fsync is off: when the database's machine crashes, acknowledged changes may be lost "
        "and the database damaged",
        "set fsync = on and restart PostgreSQL");
  }
  if (row.Text(0, 1) != "on") {
    weakness.Note("full_page_writes is off: a power cut may leave pages half written",
                  "set full_page_writes = on, unless the file system writes whole pages");
  }
  CheckCommitSetting(row.Text(0, 2), synchronous_standby, &weakness);
  if (row.Int(0, 4) > 0 && !synchronous_standby) {
    weakness.Note("replication is asynchronous: a fail-over may lose the last acknowledged changes",
                  "name the standby in synchronous_standby_names, or accept it (docs/replicas.md)");
  }
  if (!weakness.message.empty()) {
    return Diagnosis{"durability", Verdict::kWarning, weakness.message, weakness.hint + ".", {}};
  }
  return Diagnosis{"durability",
                   Verdict::kPassed,
                   synchronous_standby
                       ? "an acknowledged change is on disk, here and on the standby"
                       : "an acknowledged change is on disk",
                   "",
                   {}};
}

absl::Status InspectDatabase(postgres::Session& session, const gateways::Gateway& gateway,
                             std::vector<Diagnosis>* findings) {
  ASSIGN_OR_RETURN(postgres::Result row, session.Query(kServerSql));
  if (row.Bool(0, 0)) {
    findings->push_back(
        {"writable",
         Verdict::kFailed,
         "the database is a hot standby",
         "Name the primary, or several hosts with target_session_attrs: read-write.",
         {"import", "migrate", "rollback", "restore", "compact", "schema upgrade"}});
  }
  findings->push_back(Clock(row.Int(0, 1)));
  findings->push_back(Connections(row.Int(0, 3), row.Int(0, 2)));
  ASSIGN_OR_RETURN(Diagnosis durability, CheckDurability(session));
  findings->push_back(std::move(durability));
  ASSIGN_OR_RETURN(auto rights, CheckRights(session, gateway.state_schema));
  bool readable = rights.front().verdict == Verdict::kPassed;
  findings->insert(findings->end(), rights.begin(), rights.end());
  if (!readable) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, gateway.state_schema));
  if (versions.has_value()) {
    RETURN_IF_ERROR(store::InspectNewerState(session, gateway.state_schema, *versions).status());
  }
  findings->push_back(StateTables(versions, gateway));
  return absl::OkStatus();
}

void Database(const gateways::Gateway& gateway, const CallContext& call,
              std::vector<Diagnosis>* findings) {
  absl::Time started = SteadyNow();
  auto session = gateway.pool->Acquire(call);
  if (!session.ok()) {
    findings->push_back(Failed("database", session.status(), {"everything"}));
    return;
  }
  auto answer = (*session)->Query("SELECT 1");
  if (!answer.ok()) {
    findings->push_back(Failed("database", answer.status(), {"*"}));
    return;
  }
  findings->push_back({"database",
                       Verdict::kPassed,
                       Cat("PostgreSQL answers in ", SizeText(SteadyNow() - started)),
                       "",
                       {}});
  absl::Status looked = InspectDatabase(**session, gateway, findings);
  if (!looked.ok())
    findings->push_back(Failed("state", looked, {"StateService.Export", "StateService.Import"}));
}

void Warehouse(const gateways::Gateway& gateway, std::vector<Diagnosis>* findings) {
  if (!gateway.warehouse.has_value()) return;
  starrocks::ConnectionOptions options;
  options.connect_timeout = kWarehouseTimeout;
  options.answer_timeout = kWarehouseTimeout;
  const std::vector<std::string> calls = {"SchemaService.Inspect", "SchemaService.Diff",
                                          "RevisionService.Upgrade"};
  auto connection = starrocks::Connection::Open(*gateway.warehouse,
                                                gateway.warehouse->database.value_or(""), options);
  if (!connection.ok()) {
    findings->push_back(Failed("warehouse", connection.status(), calls));
    return;
  }
  auto version = (*connection)->Query("SELECT current_version() AS v");
  if (!version.ok() || version->rows.empty()) {
    findings->push_back(Failed("warehouse", version.status(), calls));
    return;
  }
  findings->push_back({"warehouse",
                       Verdict::kPassed,
                       Cat("StarRocks ", version->Text(0, "v"), " answers"),
                       "",
                       {}});
}

Diagnosis WorkerConfinement(const workers::SandboxCheck& check) {
  Diagnosis finding{"workers", Verdict::kWarning, "", "", {}};
  if (!check.problem.empty()) {
    finding.message = Cat("the fingerprint worker does not start: ", check.problem);
    finding.hint =
        "Correct fingerprint_worker, or name the missing files in worker_paths (docs/workers.md).";
  } else if (check.confinement == Confinement::kNone) {
    finding.message = Cat(
        "workers are not confined: the Python macros of a state can read what this server can, and "
        "running them needs the role admin (",
        check.refused, ")");
    finding.hint =
        "Allow user namespaces or Landlock on the server's machine (docs/workers.md says how).";
  } else {
    finding.verdict = Verdict::kPassed;
    finding.message = check.confinement == Confinement::kNamespaces
                          ? "workers run in namespaces of their own"
                          : "workers are confined by Landlock";
  }
  return finding;
}

}  // namespace

std::vector<Diagnosis> Diagnose(const gateways::Gateway& gateway, const CallContext& call,
                                const std::optional<workers::SandboxCheck>& workers) {
  std::vector<Diagnosis> findings;
  Database(gateway, call, &findings);
  Warehouse(gateway, &findings);
  if (workers.has_value()) findings.push_back(WorkerConfinement(*workers));
  return findings;
}

}  // namespace stateserver::diagnosis
