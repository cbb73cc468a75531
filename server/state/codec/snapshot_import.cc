#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/state/codec/document.h"
#include "server/state/codec/json_output.h"
#include "server/state/codec/snapshot_codec.h"
#include "server/state/time/ttl.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

constexpr std::string_view kHint =
    "The record cannot have come from `state export` of this release; export the state again.";

// Reads the fields that go to columns of their own; keeps the JSON free of them.
class ColumnFields : public VolatileFields {
 public:
  ColumnFields(RecordWriter* writer, ValidationErrors* errors, std::string* out,
               DecodedSnapshot* snapshot)
      : writer_(*writer), errors_(*errors), out_(*out), snapshot_(*snapshot) {}

  void OnVolatile(const Field& field, const element* value, const Location& where) override {
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
  // SQLMesh keeps these two in the JSON.
  void ReadLastAltered(std::string_view name, element value, const Location& where) {
    auto number = writer_.ToInteger(value, where);
    if (!number) return;
    writer_.Key(name);
    AppendInteger(*number, &out_);
    (name == "last_altered_ts" ? snapshot_.last_altered_ts : snapshot_.dev_last_altered_ts) =
        number;
  }

  void Read(element value, const Location& where, Intervals* intervals) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) {
      errors_.Add(where, "list_type", "Input should be a valid list", value);
      return;
    }
    intervals->reserve(list.size());
    int64_t index = 0;
    for (element item : list) {
      if (auto interval = ReadInterval(item, Location{&where, {}, index++})) {
        intervals->push_back(*interval);
      }
    }
  }

  std::optional<Interval> ReadInterval(element item, const Location& where) {
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
    for (element end : pair) {
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

// An audit has no kind; a node without one has its type's default.
std::optional<std::string> KindName(const element* node) {
  std::string_view name;
  if (node == nullptr || !node->is_object()) return std::nullopt;
  element kind;
  if ((*node)["kind"].get(kind) == simdjson::SUCCESS) {
    if (kind["name"].get(name) == simdjson::SUCCESS) return std::string(name);
    return std::nullopt;
  }
  std::string_view type;
  if ((*node)["source_type"].get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == "sql") return "VIEW";
  if (type == "python") return "FULL";
  if (type == "external") return "EXTERNAL";
  return std::nullopt;
}

void ReadTimeToLive(const Members& members, DecodedSnapshot* snapshot, ValidationErrors* errors) {
  const element* value = members.Find(kSnapshotModel, "ttl");
  std::string_view ttl = members.FindText(kSnapshotModel, "ttl");
  auto ms = TtlMs(ttl, snapshot->updated_ts);
  if (ms && *ms >= 0) {
    snapshot->ttl_ms = *ms;
    return;
  }
  Location root;
  bool past = ms || ttl.ends_with(" ago");
  errors->Add(Location{&root, "ttl"}, "value_error",
              past ? "Value error, Must be positive. Use the 'in' keyword to denote a positive "
                     "time interval. For example, 'in 7 days'."
                   : Cat("Value error, Could not convert `", ttl, "` to datetime."),
              *value);
}

// The columns that repeat what the JSON says.
void ReadKeys(const Members& members, const Fingerprint& fingerprint, DecodedSnapshot* snapshot) {
  SnapshotCodec::AppendFingerprint(fingerprint, &snapshot->fingerprint_json);
  snapshot->version = members.FindText(kSnapshotModel, "version");
  snapshot->has_version = members.Find(kSnapshotModel, "version") != nullptr;
  if (snapshot->version.empty()) snapshot->version = fingerprint.Version();
  snapshot->dev_version = members.FindText(kSnapshotModel, "dev_version");
  if (snapshot->dev_version.empty()) snapshot->dev_version = fingerprint.Version();
  snapshot->kind_name = KindName(members.Find(kSnapshotModel, "node"));
}

}  // namespace

absl::StatusOr<DecodedSnapshot> SnapshotCodec::Decode(std::string_view record_json) {
  RETURN_IF_ERROR(
      ParseDocument(&parser_, record_json, Reason::RECORD_INVALID, "A snapshot", &root_));
  errors_.Clear();
  simdjson::dom::object object;
  if (root_.get(object) != simdjson::SUCCESS) {
    errors_.Add(Location{}, "model_type",
                "Input should be a valid dictionary or instance of Snapshot", root_);
    return Error(Reason::RECORD_INVALID, errors_.Message("Snapshot"), kHint);
  }
  members_.Read(kSnapshotModel, object);

  DecodedSnapshot snapshot;
  snapshot.stored_json.reserve(record_json.size());
  EncodeNotes notes;
  RecordWriter writer(options_.allow_unknown_fields ? Strictness::kOpenStrict : Strictness::kStrict,
                      &snapshot.stored_json, &errors_, &notes);
  ColumnFields columns(&writer, &errors_, &snapshot.stored_json, &snapshot);
  writer.set_volatile_fields(&columns);
  writer.set_dehydrate_seeds(true);
  writer.WriteMembers(kSnapshotModel, members_, root_, Location{});

  if (errors_.empty()) ReadTimeToLive(members_, &snapshot, &errors_);

  snapshot.name = members_.FindText(kSnapshotModel, "name");
  const element* fingerprint = members_.Find(kSnapshotModel, "fingerprint");
  bool complete = fingerprint != nullptr && ReadFingerprint(*fingerprint, &fingerprint_);
  if (complete) snapshot.identifier = fingerprint_.Identifier();
  if (!errors_.empty()) {
    return Error(Reason::RECORD_INVALID, errors_.Message("Snapshot"), kHint,
                 {{"record", snapshot.name},
                  {"identifier", snapshot.identifier},
                  {"field", errors_.field()}});
  }
  ReadKeys(members_, fingerprint_, &snapshot);
  snapshot.seed_kept_reason = writer.seed_kept_hydrated();
  snapshot.seed_kept_hydrated = !snapshot.seed_kept_reason.empty();
  return snapshot;
}

}  // namespace stateserver::state
