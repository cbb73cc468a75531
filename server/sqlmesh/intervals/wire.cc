// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/intervals/wire.h"

#include <charconv>

namespace stateserver::state {
namespace {

constexpr char kField = '\x1f';
constexpr char kRow = '\x1e';

constexpr int kSchemaWithPending = 66;
constexpr int kSchemaWithDevVersion = 71;
constexpr int kSchemaWithLastAltered = 99;

// WireReader reads fields in order. After a failure all later reads fail.
class WireReader {
 public:
  explicit WireReader(std::string_view text)
      : next_(text.data()), end_(text.data() + text.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return next_ == end_; }

  // Reads a number and the field separator after it.
  int64_t Number() {
    int64_t value = 0;
    auto [after, error] = std::from_chars(next_, end_, value);
    if (error != std::errc()) return Fail();
    next_ = after;
    return Skip(kField) ? value : 0;
  }

  std::optional<int64_t> OptionalNumber() {
    if (next_ != end_ && *next_ == kField) {
      ++next_;
      return std::nullopt;
    }
    return Number();
  }

  // Reads text up to and including `separator`, or up to the end of the value if `may_end` is set.
  std::optional<std::string_view> OptionalText(char separator, bool may_end) {
    const char* begin = next_;
    while (next_ != end_ && *next_ != kField && *next_ != kRow) ++next_;
    std::string_view text(begin, next_ - begin);
    if (!(may_end && next_ == end_)) Skip(separator);
    if (text.empty()) return std::nullopt;
    if (text.front() != '+') Fail();
    return text.substr(1);
  }

 private:
  int64_t Fail() {
    ok_ = false;
    next_ = end_;
    return 0;
  }

  bool Skip(char expected) {
    if (next_ == end_ || *next_ != expected) return Fail() != 0;
    ++next_;
    return true;
  }

  const char* next_;
  const char* end_;
  bool ok_ = true;
};

IntervalRow ReadRow(WireReader& reader) {
  IntervalRow row;
  row.created_ts = reader.Number();
  row.start_ts = reader.Number();
  row.end_ts = reader.Number();
  const int64_t flags = reader.Number();
  row.is_dev = (flags & 1) != 0;
  row.is_removed = (flags & 2) != 0;
  row.is_pending_restatement = (flags & 4) != 0;
  row.last_altered_ts = reader.OptionalNumber();
  row.identifier = reader.OptionalText(kField, false);
  row.dev_version = reader.OptionalText(kRow, true);
  return row;
}

}  // namespace

std::string AggregatedIntervalsSql(int schema_version, std::string_view alias) {
  const std::string at = std::string(alias) + ".";
  const bool has_pending = schema_version >= kSchemaWithPending;
  auto number = [&at](std::string_view flag, std::string_view weight) {
    return "coalesce(" + at + std::string(flag) + ", false)::int * " + std::string(weight);
  };
  auto text = [&at](std::string_view column) {
    return "coalesce('+' || " + at + std::string(column) + ", '')";
  };
  // concat_ws omits NULLs, so a row without a time has too few fields.
  std::string sql = "string_agg(concat_ws(chr(31), " + at + "created_ts, " + at + "start_ts, " +
                    at + "end_ts, " + number("is_dev", "1") + " + " + number("is_removed", "2");
  if (has_pending) sql += " + " + number("is_pending_restatement", "4");
  sql += ", ";
  sql += schema_version >= kSchemaWithLastAltered ? "coalesce(" + at + "last_altered_ts::text, '')"
                                                  : "''";
  sql += ", " + text("identifier") + ", ";
  sql += schema_version >= kSchemaWithDevVersion ? text("dev_version") : "''";
  sql += "), chr(30) ORDER BY " + at + "created_ts, " + at + "is_removed";
  if (has_pending) sql += ", " + at + "is_pending_restatement";
  return sql + ")";
}

bool ParseAggregatedIntervals(std::string_view text, std::vector<IntervalRow>* rows) {
  rows->clear();
  WireReader reader(text);
  bool complete = true;
  while (!reader.done()) {
    rows->push_back(ReadRow(reader));
    complete = reader.ok();
    if (!complete) break;
    // A trailing separator announces a row that does not exist.
    if (reader.done() && text.back() == kRow) return false;
  }
  return complete;
}

}  // namespace stateserver::state
