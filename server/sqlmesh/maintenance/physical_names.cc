// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/physical_names.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::maintenance {

namespace {

bool IsWordCharacter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Returns the parts of a dotted name, without their quotes.
std::vector<std::string> Parts(std::string_view name) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') {
      bool doubled = quoted && i + 1 < name.size() && name[i + 1] == '"';
      if (doubled) {
        parts.back().push_back(name[++i]);
      } else {
        quoted = !quoted;
      }
    } else if (name[i] == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back().push_back(name[i]);
    }
  }
  return parts;
}

// Replaces each code point that is not an ASCII letter, digit or '_' by '_'.
std::string Sanitized(std::string_view name) {
  std::string out;
  for (unsigned char c : name) {
    bool continues_code_point = (c & 0xC0) == 0x80;
    if (!continues_code_point) out.push_back(IsWordCharacter(c) ? static_cast<char>(c) : '_');
  }
  return out;
}

// Returns the name, quoted unless it is a plain word.
std::string Identifier(std::string_view name) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
               static_cast<unsigned char>(name[0]) < 0x80 &&
               std::all_of(name.begin(), name.end(),
                           [](unsigned char c) { return c >= 0x80 || IsWordCharacter(c); });
  if (plain) return std::string(name);
  std::string out = "\"";
  for (char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::string Qualified(std::string_view catalog, std::string_view schema, std::string_view table) {
  std::string out = catalog.empty() ? "" : Cat(Identifier(catalog), ".");
  AppendTo(&out, Identifier(schema), ".", Identifier(table));
  return out;
}

std::vector<size_t> ExpiredOldestFirst(std::span<const VersionedSnapshot> snapshots) {
  std::vector<size_t> order;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    if (snapshots[i].expired) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(snapshots[a].updated_ts, snapshots[a].identifier) <
           std::tie(snapshots[b].updated_ts, snapshots[b].identifier);
  });
  return order;
}

}  // namespace

std::string DefaultPhysicalSchema(std::string_view name) {
  std::vector<std::string> parts = Parts(name);
  return Cat("sqlmesh__", parts.size() > 1 ? parts[parts.size() - 2] : "default");
}

absl::StatusOr<std::string> PhysicalTableName(const TableNaming& naming, std::string_view version,
                                              bool is_dev, const Md5Hex& md5) {
  if (!is_dev && naming.dev_only) return std::string(naming.name);
  std::vector<std::string> own = Parts(naming.name);
  std::string catalog = own.size() > 2 ? own[own.size() - 3] : "";
  std::vector<std::string> base =
      naming.base_table_name_override.empty() ? own : Parts(naming.base_table_name_override);
  if (!naming.base_table_name_override.empty() && base.size() > 2) catalog = base[base.size() - 3];
  size_t considered = std::min<size_t>(base.size(), naming.convention == "table_only" ? 1 : 2);
  std::string table;
  for (size_t i = base.size() - considered; i < base.size(); ++i) {
    AppendTo(&table, Sanitized(base[i]), "__");
  }
  table += version;
  std::string suffix =
      is_dev && !naming.dev_table_suffix.empty() ? Cat("__", naming.dev_table_suffix) : "";
  if (naming.convention == "hash_md5") {
    std::string whole = Qualified(catalog, naming.physical_schema, table + suffix);
    ASSIGN_OR_RETURN(std::string digest, md5(whole));
    table = "sqlmesh_md5__" + digest;
  }
  return Qualified(catalog, naming.physical_schema, table + suffix);
}

std::vector<CleanupTarget> CleanupTargets(std::span<const VersionedSnapshot> snapshots) {
  std::map<std::string, int> users;
  std::map<std::pair<std::string, std::string>, int> dev_users;
  for (const VersionedSnapshot& each : snapshots) {
    ++users[each.version];
    ++dev_users[{each.version, each.dev_version}];
  }
  std::vector<CleanupTarget> targets;
  for (size_t i : ExpiredOldestFirst(snapshots)) {
    const VersionedSnapshot& each = snapshots[i];
    int others = --users[each.version];
    if (--dev_users[{each.version, each.dev_version}] > 0) continue;
    targets.push_back({i, /*dev_table_only=*/others > 0});
  }
  return targets;
}

}  // namespace stateserver::maintenance
