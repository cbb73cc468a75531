// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/revision_options.h"

#include <charconv>

#include "client/cli/parse.h"
#include "common/text.h"

namespace stateserver::client {

void AddFolderOption(Arguments& arguments, RevisionOptions* options) {
  arguments
      .Option("--revisions", "DIR", &options->folder,
              "the folder of revisions (default: revisions)")
      .completes = Completes::kFolder;
}

void AddDatabaseOption(Arguments& arguments, RevisionOptions* options) {
  arguments.Option("--database", "NAME", &options->database,
                   "the database (default: that of the gateway)");
}

void AddVersionTableOptions(Arguments& arguments, RevisionOptions* options) {
  arguments.Flag("--no-version-table", &options->no_version_table,
                 "neither read nor write the table alembic_version");
  arguments.List(
      "--version-table-property", "KEY=VALUE", &options->version_table_properties,
      "a property of the table alembic_version if it is created, such as replication_num=1");
}

pb::WarehouseScope ScopeOf(Session& session, const RevisionOptions& options) {
  pb::WarehouseScope scope;
  scope.set_gateway(session.gateway());
  scope.set_database(options.database);
  return scope;
}

absl::StatusOr<pb::VersionTable> VersionTableOf(const RevisionOptions& options,
                                                std::string_view command) {
  pb::VersionTable table;
  table.set_off(options.no_version_table);
  for (const std::string& text : options.version_table_properties) {
    size_t equals = text.find('=');
    if (equals == text.npos || equals == 0) {
      return UsageError(command, Cat("'", text, "' does not have the form KEY=VALUE."));
    }
    (*table.mutable_properties())[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return table;
}

absl::StatusOr<int64_t> MillisecondsOf(const std::string& text, int64_t absent,
                                       std::string_view command, std::string_view flag) {
  if (text.empty()) return absent;
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  constexpr int64_t kSecond = 1000, kMost = 1'000'000'000;
  int64_t factor = unit.empty() || unit == "s" ? kSecond
                   : unit == "ms"              ? 1
                   : unit == "m"               ? 60 * kSecond
                   : unit == "h"               ? 3600 * kSecond
                                               : 0;
  if (error == std::errc() && factor != 0 && number >= 0 && number < kMost) return number * factor;
  return UsageError(command, Cat("Invalid value for '", flag, "': '", text,
                                 "' is not a duration such as 30s, 5m or 2h."));
}

absl::StatusOr<pb::SchemaRename> ReadRename(const std::string& text, std::string_view command) {
  pb::SchemaRename rename;
  size_t equals = text.find('='), dot = text.find('.');
  bool column = dot != text.npos && equals != text.npos && dot < equals;
  if (column) rename.set_table(text.substr(0, dot));
  size_t begin = column ? dot + 1 : 0;
  if (equals != text.npos) {
    rename.set_old_name(text.substr(begin, equals - begin));
    rename.set_new_name(text.substr(equals + 1));
  }
  bool whole = !rename.old_name().empty() && !rename.new_name().empty() &&
               (!column || !rename.table().empty());
  if (whole) return rename;
  return UsageError(command, Cat("'", text, "' does not have the form OLD=NEW or TABLE.OLD=NEW."));
}

}  // namespace stateserver::client
