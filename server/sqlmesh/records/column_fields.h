// SPDX-License-Identifier: Apache-2.0
//
// The fields of a snapshot's record that are stored in columns. Only for use inside this folder.
#pragma once

#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/record_writer.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {

// ColumnFields reads the fields that have their own columns and omits them from the JSON.
class ColumnFields : public VolatileFields {
 public:
  ColumnFields(RecordWriter* writer, ValidationErrors* errors, std::string* out,
               DecodedSnapshot* snapshot)
      : writer_(*writer), errors_(*errors), out_(*out), snapshot_(*snapshot) {}

  void OnVolatile(const Field& field, const simdjson::dom::element* value,
                  const Location& where) override {
    if (value == nullptr) return;
    const std::string_view name = field.name;
    if (name == "intervals") {
      Read(*value, where, &snapshot_.intervals);
    } else if (name == "dev_intervals") {
      Read(*value, where, &snapshot_.dev_intervals);
    } else if (name == "pending_restatement_intervals") {
      Read(*value, where, &snapshot_.pending_restatement_intervals);
    } else if (name == "unrestorable") {
      snapshot_.unrestorable = writer_.ToBoolean(*value, where).value_or(false);
    } else if (name == "forward_only") {
      snapshot_.forward_only = writer_.ToBoolean(*value, where).value_or(false);
    } else if (name == "updated_ts") {
      snapshot_.updated_ts = writer_.ToInteger(*value, where).value_or(0);
    } else if (name == "unpaused_ts") {
      snapshot_.unpaused_ts = writer_.ToInteger(*value, where);
    } else if (name == "next_auto_restatement_ts") {
      snapshot_.next_auto_restatement_ts = writer_.ToInteger(*value, where);
    } else {
      ReadLastAltered(name, *value, where);
    }
  }

 private:
  // SQLMesh also keeps these two fields in the JSON.
  void ReadLastAltered(std::string_view name, simdjson::dom::element value, const Location& where) {
    auto number = writer_.ToInteger(value, where);
    if (!number) return;
    writer_.Key(name);
    AppendInteger(*number, &out_);
    (name == "last_altered_ts" ? snapshot_.last_altered_ts : snapshot_.dev_last_altered_ts) =
        number;
  }

  void Read(simdjson::dom::element value, const Location& where, Intervals* intervals) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) {
      errors_.Add(where, "list_type", "Input should be a valid list", value);
      return;
    }
    intervals->reserve(list.size());
    int64_t index = 0;
    for (simdjson::dom::element item : list) {
      if (auto interval = ReadInterval(item, Location{&where, {}, index++})) {
        intervals->push_back(*interval);
      }
    }
  }

  std::optional<Interval> ReadInterval(simdjson::dom::element item, const Location& where) {
    simdjson::dom::array pair;
    if (item.get(pair) != simdjson::SUCCESS) {
      errors_.Add(where, "tuple_type", "Input should be a valid tuple", item);
      return std::nullopt;
    }
    size_t size = pair.size();
    if (size > 2) {
      errors_.Add(where, "too_long",
                  Cat("Tuple should have at most 2 items after validation, not ", size), item);
      return std::nullopt;
    }
    std::optional<int64_t> ends[2];
    size_t at = 0;
    for (simdjson::dom::element end : pair) {
      ends[at] = writer_.ToInteger(end, Location{&where, {}, static_cast<int64_t>(at)});
      ++at;
    }
    for (; at < 2; ++at) {
      errors_.Add(Location{&where, {}, static_cast<int64_t>(at)}, "missing", "Field required",
                  item);
    }
    if (!ends[0] || !ends[1]) return std::nullopt;
    return Interval{*ends[0], *ends[1]};
  }

  RecordWriter& writer_;
  ValidationErrors& errors_;
  std::string& out_;
  DecodedSnapshot& snapshot_;
};

// Computes ttl_ms from `ttl` and updated_ts.
void ReadTimeToLive(const Members& members, DecodedSnapshot* snapshot, ValidationErrors* errors);

// Fills the columns that repeat contents of the JSON.
void ReadKeys(const Members& members, const Fingerprint& fingerprint, DecodedSnapshot* snapshot);

}  // namespace stateserver::state
