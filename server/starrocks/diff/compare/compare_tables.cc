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

}  // namespace

bool IsLeastBound(const PartitionTuple& bound) {
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

namespace {

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
  bool lower = SameTuple(a.lower, b.lower) || (IsLeastBound(a.lower) && IsLeastBound(b.lower));
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

}  // namespace

void ComparePartitioning(const Table& live, const Table& declared, Comparison* out) {
  std::string there = Scheme(live.partitioning), wanted = Scheme(declared.partitioning);
  if (Folded(there) != Folded(wanted)) return out->Differ("partition scheme", there, wanted);
  if (declared.partitioning) ComparePartitions(live, declared, out);
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

}  // namespace stateserver::schema
