// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/properties.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {

namespace {

struct ConstantDefault {
  std::string_view key, value;
};

// Properties that are printed although they are not set, or accepted and dropped; observed on a 4.0
// front end and in the starrocks dialect.
constexpr ConstantDefault kDefaults[] = {
    {"compression", "LZ4"},
    {"fast_schema_evolution", "true"},
    {"replicated_storage", "true"},
    {"storage_format", "DEFAULT"},
    {"storage_medium", "HDD"},
    {"write_quorum", "MAJORITY"},
    {"enable_statistic_collect_on_first_load", "true"},
    {"enable_load_profile", "false"},
    {"primary_index_cache_expire_sec", "0"},
    {"binlog_enable", "false"},
    {"binlog_max_size", "9223372036854775807"},
    {"binlog_ttl_second", "1800"},
    {"flat_json.enable", "false"},
    {"flat_json.null.factor", "0.3"},
    {"flat_json.sparsity.factor", "0.3"},
    {"flat_json.column.max", "100"},
    {"dynamic_partition.history_partition_num", "0"},
    {"dynamic_partition.time_zone", "UTC"},
    {"base_compaction_forbidden_time_ranges", ""},
    {"labels.location", ""},
    {"bloom_filter_columns", ""},
    {"colocate_with", ""},
    {"unique_constraints", ""},
    {"foreign_key_constraints", ""},
};

constexpr std::array kNeverPrinted = {"bloom_filter_fpp",
                                      "in_memory",
                                      "storage_type",
                                      "version_info",
                                      "tablet_type",
                                      "schema_version",
                                      "short_key",
                                      "light_schema_change",
                                      "datacache.enable",
                                      "enable_datacache",
                                      "use_fast_schema_evolution",
                                      "file_bundling",
                                      "storage_volume",
                                      "storage_cooldown_time",
                                      "use_light_schema_change"};

// The engine counts the changes of a binlog in this property, and accepts it in no statement.
constexpr std::string_view kCounter = "binlog_version";

// Properties whose values the engine prints in upper case.
constexpr std::array kUpperValues = {"compression", "write_quorum", "storage_medium"};

template <size_t kSize>
bool IsOne(const std::array<const char*, kSize>& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

// Returns the parts between the separators, without surrounding white space and without empty ones.
std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(separator, at), text.size());
    std::string part(text.substr(at, end - at));
    absl::StripAsciiWhitespace(&part);
    if (!part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

// The engine prints "3 DAY" as "3 days".
std::string NormalSpan(std::string_view value) {
  size_t space = value.find(' ');
  if (space == value.npos) return std::string(value);
  std::string unit = Lower(value.substr(space + 1));
  if (!unit.ends_with('s')) unit.push_back('s');
  return Cat(value.substr(0, space), " ", unit);
}

// Returns true for properties that the engine accepts but does not print, so that they cannot be
// compared.
bool IsNeverPrinted(std::string_view key, const Table& table) {
  bool primary = table.key && table.key->model == KeyModel::kPrimary;
  return IsOne(kNeverPrinted, key) || (key == "primary_index_cache_expire_sec" && !primary);
}

// A table with an inverted index does not replicate its storage, whatever it declares.
bool HasGinIndex(const Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [](const Index& index) { return index.type == "GIN"; });
}

// ForeignKeyTokens walks through the tokens of one foreign key.
class ForeignKeyTokens {
 public:
  explicit ForeignKeyTokens(const std::string& text) : lexed_(Lex(text, "")) {}

  bool ok() const { return !lexed_.error.has_value(); }
  bool AtEnd() const { return token().kind == Token::Kind::kEnd; }
  // Reads "(a, b)".
  bool ReadColumns(std::vector<std::string>* out) {
    if (!Skip("(")) return false;
    do {
      if (!ReadName(&out->emplace_back())) return false;
    } while (Skip(","));
    return Skip(")");
  }
  // Reads "catalog.database.table", of which the first two may be absent.
  bool ReadPath(std::vector<std::string>* out) {
    do {
      if (!ReadName(&out->emplace_back())) return false;
    } while (Skip("."));
    return out->size() <= 3;
  }
  bool Skip(std::string_view text) {
    if (!EqualIgnoringCase(token().value, text) || token().kind == Token::Kind::kQuotedName) {
      return false;
    }
    ++at_;
    return true;
  }

 private:
  const Token& token() const { return lexed_.tokens[at_]; }
  bool ReadName(std::string* out) {
    bool name = token().kind == Token::Kind::kWord || token().kind == Token::Kind::kQuotedName;
    if (name) *out = lexed_.tokens[at_++].value;
    return name;
  }

  Lexed lexed_;
  size_t at_ = 0;
};

struct ForeignKey {
  std::vector<std::string> columns, path, parent_columns;
};

// Returns nullopt for a text that is not "(a) REFERENCES p(b)".
std::optional<ForeignKey> ReadForeignKey(const std::string& text) {
  ForeignKeyTokens tokens(text);
  ForeignKey out;
  if (!tokens.ok() || !tokens.ReadColumns(&out.columns) || !tokens.Skip("REFERENCES") ||
      !tokens.ReadPath(&out.path) || !tokens.ReadColumns(&out.parent_columns) || !tokens.AtEnd()) {
    return std::nullopt;
  }
  return out;
}

constexpr std::string_view kDefaultCatalog = "default_catalog";

}  // namespace

void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       const PropertyScope& scope, Comparison* out) {
  std::set<std::string> keys;
  for (const auto& [key, value] : live.properties) keys.insert(key);
  for (const auto& [key, value] : declared.properties) keys.insert(key);
  for (const std::string& key : keys) {
    auto there = live.properties.find(key), wanted = declared.properties.find(key);
    bool is_there = there != live.properties.end(), is_wanted = wanted != declared.properties.end();
    std::optional<std::string> reset = DefaultProperty(key, declared, engine);
    bool named = scope.complete || scope.named.contains(key);
    bool earlier = scope.earlier && scope.earlier(key);
    std::string attribute = Cat("property ", key);
    if (IsNeverPrinted(key, declared)) {
      out->Leave(attribute, "the engine does not show it");
    } else if (!is_wanted && scope.complete && !reset) {
      out->Leave(attribute, Cat("it is ", QuoteText(there->second),
                                ", not declared, and has no known default"));
    } else if (!is_wanted && !named && !earlier) {
      out->Leave(attribute, Cat("it is ", QuoteText(there->second), ", and not declared"));
    } else if (!is_there || !is_wanted || there->second != wanted->second) {
      // The front end's configuration decides how many replicas a table gets.
      if (!named && key == "replication_num") reset = std::nullopt;
      std::string before = is_there ? there->second : reset.value_or("");
      std::string after = is_wanted ? QuoteText(wanted->second) : reset ? QuoteText(*reset) : "";
      out->Differ(attribute, QuoteText(before), after);
    }
  }
}

std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine) {
  bool shared_nothing = engine.run_mode == RunMode::kSharedNothing;
  if (key == "replication_num") return shared_nothing ? "3" : "1";
  if (key == "enable_persistent_index") return "true";
  if (key == "bucket_size") {
    bool random = !table.distribution || table.distribution->random;
    return random ? "1073741824" : "0";
  }
  for (const ConstantDefault& entry : kDefaults) {
    if (entry.key == key) return std::string(entry.value);
  }
  return std::nullopt;
}

std::string NormalPropertyValue(const ObjectName& name, std::string_view key,
                                std::string_view value) {
  if (key == "storage_cooldown_ttl" || key == "partition_ttl") return NormalSpan(value);
  if (key == "unique_constraints") return NormalUniqueConstraints(value);
  if (key == "foreign_key_constraints") return NormalForeignKeys(value, name.database);
  if (key == "bloom_filter_columns") return PrintBloomColumns(BloomColumns(value));
  if (IsOne(kUpperValues, key)) return Upper(value);
  std::string lower = Lower(value);
  if (lower == "true" || lower == "false") return lower;
  return std::string(value);
}

Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine) {
  Properties out;
  for (const auto& [key, value] : table.properties) {
    if (key == kCounter) continue;
    std::string normal = NormalPropertyValue(name, key, value);
    if (DefaultProperty(key, table, engine) != normal) out[key] = normal;
  }
  if (HasGinIndex(table)) out["replicated_storage"] = "false";
  return out;
}

Properties NormalIndexProperties(const Index& index) {
  Properties out;
  for (const auto& [key, value] : index.properties) {
    out[Lower(key)] = value;
  }
  if (index.type == "NGRAMBF") out.emplace("case_sensitive", "true");
  if (index.type == "GIN") out.emplace("imp_lib", "clucene");
  return out;
}

std::string NormalUniqueConstraints(std::string_view value) {
  std::vector<std::string> constraints;
  for (const std::string& constraint : Split(value, ';')) {
    std::vector<std::string> columns = Split(constraint, ',');
    for (std::string& column : columns) column.erase(0, column.rfind('.') + 1);
    constraints.push_back(absl::StrJoin(columns, ", "));
  }
  return absl::StrJoin(constraints, ";");
}

std::string NormalForeignKeys(std::string_view value, std::string_view database) {
  std::vector<std::string> keys;
  for (const std::string& text : Split(value, ';')) {
    std::optional<ForeignKey> key = ReadForeignKey(text);
    if (!key) return std::string(value);
    std::vector<std::string>& path = key->path;
    if (path.size() == 3 && path[0] == kDefaultCatalog) path.erase(path.begin());
    // The recorded name of the default catalog may stand before the table alone.
    if (path.size() == 2 && (path[0] == database || path[0] == kDefaultCatalog)) {
      path.erase(path.begin());
    }
    keys.push_back(Cat("(", absl::StrJoin(key->columns, ", "), ") REFERENCES ",
                       absl::StrJoin(path, "."), "(", absl::StrJoin(key->parent_columns, ", "),
                       ")"));
  }
  return absl::StrJoin(keys, ";");
}

std::vector<ObjectName> ForeignKeyParents(std::string_view value, const std::string& database) {
  std::vector<ObjectName> parents;
  for (const std::string& text : Split(value, ';')) {
    std::optional<ForeignKey> key = ReadForeignKey(text);
    if (!key) continue;
    std::vector<std::string>& path = key->path;
    if (path.size() == 3 && path[0] != kDefaultCatalog) continue;
    parents.push_back({path.size() == 1 ? database : path[path.size() - 2], path.back()});
  }
  return parents;
}

std::vector<std::string> BloomColumns(std::string_view value) {
  std::set<std::string> columns;
  for (const std::string& column : Split(value, ',')) columns.insert(Lower(column));
  return {columns.begin(), columns.end()};
}

std::string PrintBloomColumns(const std::vector<std::string>& columns) {
  return absl::StrJoin(columns, ", ");
}

}  // namespace stateserver::schema
