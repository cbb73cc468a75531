// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

// The first schema version whose state has the field outside the JSON.
constexpr int kLastAlteredSince = 99;

void AppendIntervals(const Intervals& intervals, std::string* out) {
  out->push_back('[');
  for (const Interval& interval : intervals) {
    if (out->back() != '[') out->push_back(',');
    out->push_back('[');
    AppendInteger(interval.start, out);
    out->push_back(',');
    AppendInteger(interval.end, out);
    out->push_back(']');
  }
  out->push_back(']');
}

// Writes the fields of the top level that do not come from the stored JSON.
class OverlayFields : public VolatileFields {
 public:
  OverlayFields(const SnapshotOverlay& overlay, int schema_version, RecordWriter* writer,
                std::string* out)
      : overlay_(overlay), schema_version_(schema_version), writer_(*writer), out_(*out) {}

  void OnVolatile(const Field& field, const element* stored, const Location&) override {
    const std::string_view name = field.name;
    if (name == "intervals") {
      List(name, overlay_.intervals);
    } else if (name == "dev_intervals") {
      List(name, overlay_.dev_intervals);
    } else if (name == "pending_restatement_intervals") {
      List(name, overlay_.pending_restatement_intervals);
    } else if (name == "updated_ts") {
      Number(name, overlay_.updated_ts, nullptr);
    } else if (name == "unpaused_ts") {
      Number(name, overlay_.unpaused_ts, nullptr);
    } else if (name == "next_auto_restatement_ts") {
      Number(name, overlay_.next_auto_restatement_ts, nullptr);
    } else if (name == "unrestorable") {
      Flag(name, overlay_.unrestorable, nullptr);
    } else if (name == "forward_only") {
      ForwardOnly(stored);
    } else {
      bool since = schema_version_ >= kLastAlteredSince;
      auto value =
          name == "last_altered_ts" ? overlay_.last_altered_ts : overlay_.dev_last_altered_ts;
      Number(name, since ? value : std::nullopt, stored);
    }
  }

 private:
  void List(std::string_view name, const Intervals& intervals) {
    writer_.Key(name);
    AppendIntervals(intervals, &out_);
  }

  void Number(std::string_view name, std::optional<int64_t> value, const element* stored) {
    if (!value && stored == nullptr) return;
    writer_.Key(name);
    if (value) {
      AppendInteger(*value, &out_);
    } else {
      AppendValue(*stored, &out_);
    }
  }

  void Flag(std::string_view name, std::optional<bool> value, const element* stored) {
    writer_.Key(name);
    if (value || stored == nullptr) {
      out_.append(value.value_or(false) ? "true" : "false");
    } else {
      AppendValue(*stored, &out_);
    }
  }

  // Older releases have it in the JSON, or do not know it.
  void ForwardOnly(const element* stored) {
    if (schema_version_ >= kForwardOnlySince) {
      Flag("forward_only", overlay_.forward_only, stored);
    } else if (stored != nullptr) {
      Flag("forward_only", std::nullopt, stored);
    }
  }

  const SnapshotOverlay& overlay_;
  int schema_version_;
  RecordWriter& writer_;
  std::string& out_;
};

// The stored members in their order, the overlay's fields in between where the
// order of the models has them.
void AppendStored(simdjson::dom::object stored, const Members& members, OverlayFields* overlay,
                  RecordWriter* writer, std::string* out) {
  Location root;
  int next = 0;  // the first field of the table not yet passed
  auto pass = [&](int until) {
    for (; next < until; ++next) {
      const Field& field = kSnapshotModel.fields[next];
      if (field.shape != Shape::kVolatile) continue;
      overlay->OnVolatile(field, members.Has(next) ? &members.value[next] : nullptr, root);
    }
  };
  out->push_back('{');
  for (auto [key, value] : stored) {
    int field = FindField(kSnapshotModel, key, next);
    if (field >= next) pass(field);
    if (field >= 0 && kSnapshotModel.fields[field].shape == Shape::kVolatile) continue;
    if (field >= next) next = field + 1;
    writer->Key(key);
    AppendValue(value, out);
  }
  pass(kSnapshotModel.count);
  out->push_back('}');
}

}  // namespace

absl::Status SnapshotCodec::AppendExport(const SnapshotOverlay& overlay, int schema_version,
                                         std::string* out, EncodeNotes* notes) {
  errors_.Clear();
  RecordWriter writer(Strictness::kLenient, out, &errors_, notes);
  OverlayFields fields(overlay, schema_version, &writer, out);
  writer.set_volatile_fields(&fields);
  if (schema_version == kCodecSchemaVersion) {
    writer.WriteMembers(kSnapshotModel, members_, root_, Location{});
  } else {
    AppendStored(AsObject(root_), members_, &fields, &writer, out);
  }
  return absl::OkStatus();
}

}  // namespace stateserver::state
