// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/compare_tables.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {

namespace {

std::string Scheme(const std::optional<Partitioning>& partitioning) {
  if (!partitioning) return "";
  Partitioning scheme = *partitioning;
  scheme.partitions.clear();
  std::string text = PrintPartitioning(scheme);
  if (scheme.kind != Partitioning::Kind::kExpression) text.resize(text.size() - 3);  // " ()"
  return text;
}

bool IsDynamic(const Table& table) {
  auto found = table.properties.find("dynamic_partition.enable");
  return found != table.properties.end() && found->second == "true";
}

std::string PrintTuple(const PartitionTuple& tuple) {
  std::string text;
  for (const PartitionValue& value : tuple) {
    AppendTo(&text, text.empty() ? "" : ", ",
             value.kind == PartitionValue::Kind::kMaximum ? "MAXVALUE"
             : value.kind == PartitionValue::Kind::kNull  ? "NULL"
                                                          : QuoteText(value.text));
  }
  return Cat("(", text, ")");
}

// The engine prints NULL in a list as 'NULL'.
std::vector<std::string> Set(const Partition& partition) {
  std::vector<std::string> set;
  for (PartitionTuple member : partition.members) {
    for (PartitionValue& value : member) {
      if (value.kind == PartitionValue::Kind::kNull) value = {PartitionValue::Kind::kText, "NULL"};
    }
    set.push_back(PrintTuple(member));
  }
  std::sort(set.begin(), set.end());
  return set;
}

bool IsLeast(const PartitionTuple& bound) {
  constexpr std::array kLeast = {"0000-01-01",
                                 "0000-01-01 00:00:00",
                                 "-128",
                                 "-32768",
                                 "-2147483648",
                                 "-9223372036854775808",
                                 "-170141183460469231731687303715884105728"};
  return std::all_of(bound.begin(), bound.end(), [&](const PartitionValue& value) {
    return std::find(kLeast.begin(), kLeast.end(), value.text) != kLeast.end();
  });
}

// Returns true for the same value. A date equals its midnight.
bool SameValue(const PartitionValue& a, const PartitionValue& b) {
  constexpr std::string_view kMidnight = " 00:00:00";
  constexpr size_t kDate = 10;
  if (a == b) return true;
  if (a.kind != PartitionValue::Kind::kText || b.kind != a.kind) return false;
  auto [date, time] = std::minmax(a.text, b.text, [](const std::string& x, const std::string& y) {
    return x.size() < y.size();
  });
  return date.size() == kDate && time == Cat(date, kMidnight);
}

bool SameTuple(const PartitionTuple& a, const PartitionTuple& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), SameValue);
}

// Returns true if both contain the same rows. An absent lower bound equals the least value of a
// type, and the members of LIST are a set.
bool SameBounds(const Partition& a, const Partition& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Partition::Kind::kIn) return Set(a) == Set(b);
  bool lower = SameTuple(a.lower, b.lower) || (IsLeast(a.lower) && IsLeast(b.lower));
  return lower && SameTuple(a.upper, b.upper);
}

// Returns "[("2030-01-01"), ("2030-02-01"))" or "IN (…)".
std::string PrintBounds(const Partition& partition) {
  if (partition.kind != Partition::Kind::kIn) {
    return Cat("[", PrintTuple(partition.lower), ", ", PrintTuple(partition.upper), ")");
  }
  std::string text;
  for (const std::string& member : Set(partition))
    AppendTo(&text, text.empty() ? "" : ", ", member);
  return Cat("IN (", text, ")");
}

void ComparePartitions(const Table& live, const Table& declared, Comparison* out) {
  if (IsDynamic(live) || IsDynamic(declared)) {
    return out->Leave("partitions", "the engine creates and drops them (dynamic_partition)");
  }
  if (declared.partitioning->kind == Partitioning::Kind::kExpression) {
    return out->Leave("partitions", "the engine creates them as rows arrive");
  }
  std::vector<Partition> there, wanted;
  if (!NormalPartitions(*live.partitioning, &there) ||
      !NormalPartitions(*declared.partitioning, &wanted)) {
    return out->Leave("partitions",
                      "the partitions of this START, END and EVERY cannot be computed");
  }
  ForEachPair(there, wanted, [&](const Partition* a, const Partition* b) {
    if (a != nullptr && b != nullptr && SameBounds(*a, *b)) return;
    out->Differ(Cat("partition ", (b == nullptr ? a : b)->name),
                a == nullptr ? "" : PrintBounds(*a), b == nullptr ? "" : PrintBounds(*b));
  });
}

// Numbers up to this can be added without an overflow.
constexpr int64_t kMostNumber = int64_t{1} << 61;

PartitionTuple One(std::string text) { return {{PartitionValue::Kind::kText, std::move(text)}}; }

bool Number(std::string_view text, int64_t* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

bool Time(const PartitionTuple& bound, absl::CivilSecond* out, bool* with_time) {
  if (bound.size() != 1) return false;
  const std::string& text = bound[0].text;
  *with_time = text.size() > 10;
  absl::CivilDay day;
  if (!*with_time && absl::ParseCivilTime(text, &day)) {
    *out = absl::CivilSecond(day);
    return true;
  }
  std::string iso = text;
  if (iso.size() > 10) iso[10] = 'T';
  return absl::ParseCivilTime(iso, out);
}

std::string Print(absl::CivilSecond time, bool with_time) {
  std::string text = absl::FormatCivilTime(time);  // 2030-01-01T00:00:00
  text[10] = ' ';
  return with_time ? text : text.substr(0, 10);
}

enum class Unit { kHour, kDay, kMonth, kYear };

constexpr int64_t kMostUnits = 1'000'000'000;

// Parses "INTERVAL 7 DAY".
bool Step(std::string_view step, int64_t* count, Unit* unit) {
  std::string text = Upper(step);
  if (!text.starts_with("INTERVAL ")) return false;
  size_t space = text.find(' ', 9);
  if (space == text.npos || !Number(std::string_view(text).substr(9, space - 9), count))
    return false;
  std::string_view word = std::string_view(text).substr(space + 1);
  constexpr std::array kUnits = {"HOUR", "DAY", "MONTH", "YEAR"};
  auto found = std::find(kUnits.begin(), kUnits.end(), word);
  *unit = static_cast<Unit>(found - kUnits.begin());
  return found != kUnits.end() && *count > 0 && *count <= kMostUnits;
}

absl::CivilSecond Add(absl::CivilSecond time, int64_t count, Unit unit) {
  switch (unit) {
    case Unit::kHour:
      return time + count * 3600;
    case Unit::kDay:
      return time + count * 86400;
    case Unit::kMonth:
      return absl::CivilSecond(time.year(), time.month() + count, time.day(), time.hour());
    case Unit::kYear:
      return absl::CivilSecond(time.year() + count, time.month(), time.day(), time.hour());
  }
  return time;
}

std::string NameOf(absl::CivilSecond time, Unit unit) {
  std::string digits;
  for (char c : absl::FormatCivilTime(time)) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  constexpr std::array<size_t, 4> kDigits = {10, 8, 6, 4};
  return "p" + digits.substr(0, kDigits[static_cast<size_t>(unit)]);
}

void Push(std::string name, std::string lower, std::string upper, std::vector<Partition>* out) {
  Partition& partition = out->emplace_back();
  partition.kind = Partition::Kind::kFixed;
  partition.name = std::move(name);
  partition.lower = One(std::move(lower));
  partition.upper = One(std::move(upper));
}

bool ExpandNumbers(const Partition& batch, std::vector<Partition>* out) {
  int64_t from = 0, to = 0, step = 0;
  if (batch.lower.size() != 1 || !Number(batch.lower[0].text, &from) || batch.upper.size() != 1 ||
      !Number(batch.upper[0].text, &to) || !Number(batch.step, &step) || step <= 0) {
    return false;
  }
  if (std::max({std::abs(from), std::abs(to), step}) > kMostNumber) return false;
  for (; from < to; from += step) {
    if (out->size() >= kMostPartitions) return false;
    Push(Cat("p", from), std::to_string(from), std::to_string(from + step), out);
  }
  return true;
}

bool Expand(const Partition& batch, std::vector<Partition>* out) {
  int64_t count = 0;
  Unit unit = Unit::kDay;
  if (!Step(batch.step, &count, &unit)) return ExpandNumbers(batch, out);
  absl::CivilSecond from, to;
  bool with_time = false;
  if (!Time(batch.lower, &from, &with_time) || !Time(batch.upper, &to, &with_time)) return false;
  while (from < to) {
    if (out->size() >= kMostPartitions) return false;
    absl::CivilSecond next = Add(from, count, unit);
    Push(NameOf(from, unit), Print(from, with_time), Print(next, with_time), out);
    from = next;
  }
  return true;
}

struct ConstantDefault {
  std::string_view key, value;
};

// Properties that are printed although they are not set, or accepted and dropped; observed on a 4.0
// front end and in the starrocks dialect.
constexpr ConstantDefault kDefaults[] = {
    {"compression", "LZ4"},
    {"fast_schema_evolution", "true"},
    {"storage_format", "DEFAULT"},
    {"storage_medium", "HDD"},
    {"write_quorum", "MAJORITY"},
    {"enable_statistic_collect_on_first_load", "true"},
    {"enable_load_profile", "false"},
    {"primary_index_cache_expire_sec", "0"},
    {"binlog_enable", "false"},
    {"binlog_max_size", "9223372036854775807"},
    {"binlog_ttl_second", "1800"},
    {"binlog_version", "0"},
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
                                      "storage_cooldown_time",
                                      "file_bundling",
                                      "storage_volume",
                                      "use_light_schema_change"};

// The engine prints "3 DAY" as "3 days".
std::string NormalSpan(std::string_view value) {
  size_t space = value.find(' ');
  if (space == value.npos) return std::string(value);
  std::string unit = Lower(value.substr(space + 1));
  if (!unit.ends_with('s')) unit.push_back('s');
  return Cat(value.substr(0, space), " ", unit);
}

std::vector<std::string> SplitTrimmed(std::string_view value, char separator) {
  std::vector<std::string> parts;
  while (true) {
    size_t end = std::min(value.find(separator), value.size());
    parts.emplace_back(Trim(value.substr(0, end)));
    if (end == value.size()) return parts;
    value.remove_prefix(end + 1);
  }
}

std::string Joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) AppendTo(&text, &part == &parts[0] ? "" : between, part);
  return text;
}

// Returns the table's full name: "p" and "db1.p" become "default_catalog.db1.p".
std::string FullName(const ObjectName& name, std::string_view table) {
  std::string text(table);
  auto dots = std::count(text.begin(), text.end(), '.');
  if (dots == 0) text = Cat(name.database, ".", text);
  return dots < 2 ? Cat("default_catalog.", text) : text;
}

// Each column list of unique_constraints is printed with its table's full name.
std::string NormalConstraints(const ObjectName& name, std::string_view value) {
  std::vector<std::string> lists = SplitTrimmed(value, ';');
  for (std::string& list : lists) {
    if (list.empty()) continue;
    std::string columns = Joined(SplitTrimmed(list, ','), ",");
    size_t dot = columns.rfind('.', columns.find(','));
    bool qualified = dot != columns.npos;
    list = Cat(FullName(name, qualified ? columns.substr(0, dot) : name.name), ".",
               qualified ? columns.substr(dot + 1) : columns);
  }
  return Joined(lists, ";");
}

// The parent of each foreign key is printed with its full name.
std::string NormalForeignKeys(const ObjectName& name, std::string_view value) {
  constexpr std::string_view kReferences = " references ";
  std::vector<std::string> keys = SplitTrimmed(value, ';');
  for (std::string& key : keys) {
    key = NormalExpression(key);
    size_t at = key.find(kReferences);
    if (at == key.npos) continue;
    size_t begin = at + kReferences.size(), end = key.find('(', begin);
    if (end == key.npos) continue;
    key = Cat(key.substr(0, at), " REFERENCES ", FullName(name, key.substr(begin, end - begin)),
              key.substr(end));
  }
  return Joined(keys, ";");
}

// The engine prints the columns in lower case and order.
std::string NormalColumnList(std::string_view value) {
  std::vector<std::string> columns = SplitTrimmed(Lower(value), ',');
  std::sort(columns.begin(), columns.end());
  return Joined(columns, ", ");
}

// Returns true for properties that the engine accepts but does not print, so that they cannot be
// compared.
bool IsNeverPrinted(std::string_view key, const Table& table) {
  bool primary = table.key && table.key->model == KeyModel::kPrimary;
  if (key == "primary_index_cache_expire_sec" && !primary) return true;
  return std::find(kNeverPrinted.begin(), kNeverPrinted.end(), key) != kNeverPrinted.end();
}

}  // namespace

void ComparePartitioning(const Table& live, const Table& declared, Comparison* out) {
  std::string there = Scheme(live.partitioning), wanted = Scheme(declared.partitioning);
  if (Folded(there) != Folded(wanted)) return out->Differ("partition scheme", there, wanted);
  if (declared.partitioning) ComparePartitions(live, declared, out);
}

void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       Comparison* out) {
  std::set<std::string> keys;
  for (const auto& [key, value] : live.properties) keys.insert(key);
  for (const auto& [key, value] : declared.properties) keys.insert(key);
  for (const std::string& key : keys) {
    auto there = live.properties.find(key), wanted = declared.properties.find(key);
    bool is_there = there != live.properties.end(), is_wanted = wanted != declared.properties.end();
    if (IsNeverPrinted(key, declared)) {
      out->Leave(Cat("property ", key), "the engine does not show it");
    } else if (!is_wanted && !DefaultProperty(key, declared, engine)) {
      out->Leave(Cat("property ", key), Cat("it is ", QuoteText(there->second),
                                            ", not declared, and has no known default"));
    } else if (!is_there || !is_wanted || there->second != wanted->second) {
      auto value = [&](bool present, auto at) {
        return QuoteText(present ? at->second
                                 : DefaultProperty(key, declared, engine).value_or(""));
      };
      out->Differ(Cat("property ", key), value(is_there, there), value(is_wanted, wanted));
    }
  }
}

bool NormalPartitions(const Partitioning& partitioning, std::vector<Partition>* out) {
  for (const Partition& partition : partitioning.partitions) {
    if (partition.kind == Partition::Kind::kBatch) {
      if (!Expand(partition, out)) return false;
      continue;
    }
    Partition normal = partition;
    if (normal.kind == Partition::Kind::kLessThan) {
      normal.kind = Partition::Kind::kFixed;
      if (!out->empty()) normal.lower = out->back().upper;
    }
    out->push_back(std::move(normal));
  }
  return true;
}

std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine) {
  bool shared_nothing = engine.run_mode == RunMode::kSharedNothing;
  if (key == "replication_num") return shared_nothing ? "3" : "1";
  if (key == "enable_persistent_index") return "true";
  if (key == "replicated_storage") {
    // Inverted indexes switch it off.
    bool inverted = std::any_of(table.indexes.begin(), table.indexes.end(),
                                [](const Index& index) { return index.type == "GIN"; });
    return inverted ? "false" : "true";
  }
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
  if (key == "unique_constraints") return NormalConstraints(name, value);
  if (key == "foreign_key_constraints") return NormalForeignKeys(name, value);
  if (key == "bloom_filter_columns") return NormalColumnList(value);
  if (key == "compression" || key == "write_quorum") return Upper(value);
  std::string lower = Lower(value);
  if (lower == "true" || lower == "false") return lower;
  return std::string(value);
}

Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine) {
  Properties out;
  for (const auto& [key, value] : table.properties) {
    std::string normal = NormalPropertyValue(name, key, value);
    if (DefaultProperty(key, table, engine) != normal) out[key] = normal;
  }
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

}  // namespace stateserver::schema
