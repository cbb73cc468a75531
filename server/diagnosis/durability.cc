// SPDX-License-Identifier: Apache-2.0

#include "server/diagnosis/durability.h"

#include <string>
#include <string_view>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::diagnosis {
namespace {

// `reset_val` is what role, database and server say; the session has set its own since.
constexpr char kSettingsSql[] =
    "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
    " (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),"
    " current_setting('synchronous_standby_names') <> '',"
    " (SELECT count(*) FROM pg_stat_replication)";

void Join(std::string_view sentence, std::string* to) {
  AppendTo(to, to->empty() ? "" : "; ", sentence);
}

// What is wrong, and what to do about it.
struct Weakness {
  std::string message, hint;

  void Note(std::string_view what, std::string_view remedy) {
    Join(what, &message);
    Join(remedy, &hint);
  }
};

void JudgeCommit(std::string_view setting, bool synchronous_standby, Weakness* out) {
  if (setting == "off") {
    out->Note(
        "synchronous_commit is 'off' here: a crash loses what SQLMesh wrote last (the changes "
        "of this server wait for the disk all the same)",
        "ALTER ROLE or ALTER DATABASE … RESET synchronous_commit");
  } else if (synchronous_standby && setting != "on" && setting != "remote_apply") {
    out->Note(Cat("synchronous_commit is '", setting,
                  "' here: what SQLMesh writes does not wait until the standby has it on disk "
                  "(the changes of this server do)"),
              "ALTER ROLE or ALTER DATABASE … RESET synchronous_commit");
  }
}

}  // namespace

absl::StatusOr<Finding> CheckDurability(postgres::Session& session) {
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
  JudgeCommit(row.Text(0, 2), synchronous_standby, &weakness);
  if (row.Int(0, 4) > 0 && !synchronous_standby) {
    weakness.Note("replication is asynchronous: a fail-over may lose the last acknowledged changes",
                  "name the standby in synchronous_standby_names, or accept it (docs/replicas.md)");
  }
  if (!weakness.message.empty()) {
    return Finding{"durability", Verdict::kWarning, weakness.message, weakness.hint + ".", {}};
  }
  return Finding{"durability",
                 Verdict::kPassed,
                 synchronous_standby ? "an acknowledged change is on disk, here and on the standby"
                                     : "an acknowledged change is on disk",
                 "",
                 {}};
}

}  // namespace stateserver::diagnosis
