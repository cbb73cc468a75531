// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/older_load.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/environment_name.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::transfer {

namespace {

using postgres::CopyLine;
using simdjson::dom::element;

constexpr std::string_view kHint =
    "The record cannot have come from `state export`; export the state again.";

constexpr std::string_view kNames[] = {"_snapshots", "_intervals", "_auto_restatements",
                                       "_environments", "_environment_statements"};

// EnvironmentFields maps the members of an `environment` object to the columns of its row.
class EnvironmentFields {
 public:
  EnvironmentFields(std::string_view name, element object) : name_(name), object_(object) {}

  std::optional<std::string> Text(const char* field) {
    element value;
    std::string_view text;
    if (!Find(field, &value)) return std::nullopt;
    if (value.get(text) == simdjson::SUCCESS) {
      if (text.find('\0') == std::string_view::npos) return std::string(text);
      return Wrong(field, "a text that PostgreSQL can store: it contains a NUL character");
    }
    if (!value.is_int64()) return Wrong(field, "a text");
    std::string number;
    state::AppendValue(value, &number);
    return number;
  }

  std::optional<int64_t> Number(const char* field) {
    element value;
    int64_t number = 0;
    if (!Find(field, &value)) return std::nullopt;
    if (value.get(number) == simdjson::SUCCESS) return number;
    Wrong(field, "an integer");
    return std::nullopt;
  }

  std::optional<bool> Flag(const char* field) {
    element value;
    bool flag = false;
    if (!Find(field, &value)) return std::nullopt;
    if (value.get(flag) == simdjson::SUCCESS) return flag;
    Wrong(field, "true or false");
    return std::nullopt;
  }

  // Returns a list, or the object of requirements, as compact text.
  std::optional<std::string> Json(const char* field, bool list) {
    element value;
    if (!Find(field, &value)) return std::nullopt;
    if (list ? !value.is_array() : !value.is_object()) {
      return Wrong(field, list ? "a list" : "an object");
    }
    std::string text;
    state::AppendValue(value, &text);
    return text;
  }

  void Require(const char* field) {
    element value;
    if (!Find(field, &value)) Wrong(field, "missing", "is ");
  }

  const absl::Status& status() const { return status_; }

 private:
  bool Find(const char* field, element* value) {
    return object_[field].get(*value) == simdjson::SUCCESS && !value->is_null();
  }

  std::nullopt_t Wrong(const char* field, std::string_view what,
                       std::string_view verb = "is not ") {
    if (!status_.ok()) return std::nullopt;
    std::string path = Cat("environments.", name_, ".environment.", field);
    status_ = Error(Reason::RECORD_INVALID, Cat(path, " ", verb, what), kHint,
                    {{"environment", std::string(name_)}, {"field", field}, {"path", path}});
    return std::nullopt;
  }

  const std::string_view name_;
  const element object_;
  absl::Status status_;
};

void AddUnknown(const state::Model& model, element object, std::string_view prefix,
                state::UnknownFields* fields) {
  for (auto [key, value] : state::AsObject(object)) {
    if (state::FindField(model, key, 0) < 0) fields->Add(Cat(prefix, key));
  }
}

// Returns true for a list with at least one element.
bool HasElements(element root, element* list) {
  simdjson::dom::array array;
  return root["statements"].get(*list) == simdjson::SUCCESS &&
         list->get(array) == simdjson::SUCCESS && array.begin() != array.end();
}

// The maximum that simdjson can parse at once, far more than any known environment.
constexpr size_t kMaxEnvironmentBytes = size_t{1} << 30;

absl::Status Duplicate(std::string_view what, std::string_view path) {
  return Error(Reason::RECORD_DUPLICATE, Cat(what, " occurs twice in the file (", path, ")"),
               "Export the state again.", {{"path", std::string(path)}});
}

}  // namespace

OlderRows::OlderRows(postgres::Session& session, std::string schema, const store::Layout& layout,
                     int64_t now)
    : session_(session), schema_(std::move(schema)), layout_(layout), now_(now) {
  for (int table = 0; table < kTables; ++table) {
    rows_.emplace_back(session, Target(static_cast<Table>(table)));
  }
}

absl::Status OlderRows::AddSnapshot(const state::DecodedSnapshot& s) {
  CopyLine line;
  line.Reserve(s.stored_json.size() + s.stored_json.size() / 8 + 512);
  line.Text(s.name).Text(s.identifier);
  s.has_version ? line.Text(s.version) : line.Null();
  line.Text(s.stored_json).Text(s.kind_name);
  line.Int(s.updated_ts).Int(s.unpaused_ts).Int(s.ttl_ms).Bool(s.unrestorable);
  if (layout_.snapshot_forward_only) line.Bool(s.forward_only);
  if (layout_.snapshot_dev_version) line.Text(s.dev_version).Text(s.fingerprint_json);
  RETURN_IF_ERROR(rows_[kSnapshots].Add(line));
  // Writes one row for all snapshots of a version.
  if (s.next_auto_restatement_ts.value_or(0) != 0 &&
      restatements_.insert(KeyOf(s.name, s.version)).second) {
    CopyLine restatement;
    restatement.Text(s.name).Text(s.version).Int(s.next_auto_restatement_ts);
    RETURN_IF_ERROR(rows_[kAutoRestatements].Add(restatement));
  }
  return AddIntervals(s);
}

// All rows have the same creation time, so PostgreSQL returns pending restatements last and no
// other row clears them.
absl::Status OlderRows::AddIntervals(const state::DecodedSnapshot& s) {
  auto add = [&](const state::Intervals& list, bool dev, bool pending) -> absl::Status {
    for (const state::Interval& interval : list) {
      if (interval.start >= interval.end) continue;  // SQLMesh skips them too
      CopyLine line;
      line.Text(NewHexId()).Int(now_).Text(s.name);
      pending ? line.Null() : line.Text(s.identifier);
      line.Text(s.version).Int(interval.start).Int(interval.end).Bool(dev);
      line.Bool(false).Bool(false).Bool(pending);
      pending ? line.Null() : line.Text(s.dev_version);
      RETURN_IF_ERROR(rows_[kIntervals].Add(line));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(add(s.intervals, false, false));
  RETURN_IF_ERROR(add(s.dev_intervals, true, false));
  return add(s.pending_restatement_intervals, false, true);
}

absl::Status OlderRows::AddEnvironment(std::string_view name, std::string_view json,
                                       bool* has_statements, state::UnknownFields* unstored) {
  element root, inner, statements;
  RETURN_IF_ERROR(state::ParseDocument(&parser_, json, Reason::RECORD_INVALID,
                                       Cat("The environment '", name, "'"), &root));
  if (!root.is_object() || root["environment"].get(inner) != simdjson::SUCCESS ||
      !inner.is_object()) {
    return Error(Reason::RECORD_INVALID, Cat("environments.", name, " has no object `environment`"),
                 kHint, {{"environment", std::string(name)}, {"field", "environment"}});
  }
  AddUnknown(state::kEnvironmentWithStatementsModel, root, "", unstored);
  AddUnknown(state::kEnvironmentModel, inner, "environment.", unstored);
  EnvironmentFields fields(name, inner);
  for (const char* field : {"start_at", "plan_id", "snapshots"}) fields.Require(field);
  std::string own_name =
      state::SanitizedEnvironmentName(fields.Text("name").value_or(std::string(name)));
  std::optional<std::string> plan_id = fields.Text("plan_id");
  CopyLine line;
  line.Text(own_name).Text(fields.Json("snapshots", true)).Text(fields.Text("start_at"));
  line.Text(fields.Text("end_at")).Text(plan_id).Text(fields.Text("previous_plan_id"));
  line.Int(fields.Number("expiration_ts")).Int(fields.Number("finalized_ts"));
  line.Text(fields.Json("promoted_snapshot_ids", true));
  line.Text(fields.Text("suffix_target").value_or("schema"));
  line.Text(fields.Text("catalog_name_override"));
  line.Text(fields.Json("previous_finalized_snapshots", true));
  line.Bool(fields.Flag("normalize_name").value_or(true));
  line.Text(fields.Json("requirements", false).value_or("{}"));
  if (layout_.environment_gateway_managed) {
    line.Bool(fields.Flag("gateway_managed").value_or(false));
  }
  RETURN_IF_ERROR(fields.status());
  RETURN_IF_ERROR(rows_[kEnvironments].Add(line));
  *has_statements = HasElements(root, &statements);
  if (!*has_statements) return absl::OkStatus();
  std::string text;
  state::AppendValue(statements, &text);
  CopyLine row;
  row.Text(own_name).Text(plan_id).Text(text);
  return rows_[kStatements].Add(row);
}

std::string OlderRows::Target(Table table) const {
  std::string columns;
  switch (table) {
    case kSnapshots:
      columns =
          Cat("name, identifier, version, snapshot, kind_name, updated_ts, unpaused_ts, ttl_ms, "
              "unrestorable",
              layout_.snapshot_forward_only ? ", forward_only" : "",
              layout_.snapshot_dev_version ? ", dev_version, fingerprint" : "");
      break;
    case kIntervals:
      columns =
          "id, created_ts, name, identifier, version, start_ts, end_ts, is_dev, is_removed, "
          "is_compacted, is_pending_restatement, dev_version";
      break;
    case kAutoRestatements:
      columns = "snapshot_name, snapshot_version, next_auto_restatement_ts";
      break;
    case kEnvironments:
      columns =
          Cat("name, snapshots, start_at, end_at, plan_id, previous_plan_id, expiration_ts, "
              "finalized_ts, promoted_snapshot_ids, suffix_target, catalog_name_override, "
              "previous_finalized_snapshots, normalize_name, requirements",
              layout_.environment_gateway_managed ? ", gateway_managed" : "");
      break;
    default:
      columns = "environment_name, plan_id, environment_statements";
  }
  return Cat(store::Qualified(schema_, kNames[table]), " (", columns, ")");
}

absl::Status OlderRows::Finish() {
  for (int table = 0; table < kTables; ++table) {
    RETURN_IF_ERROR(rows_[table].Flush());
    // Autovacuum cannot see these tables before the transaction ends.
    RETURN_IF_ERROR(session_.Execute(Cat("ANALYZE ", store::Qualified(schema_, kNames[table]))));
  }
  return absl::OkStatus();
}

OlderLoad::OlderLoad(postgres::Session& session, std::string schema, int schema_version,
                     int64_t now)
    : schema_version_(schema_version),
      rows_(session, std::move(schema), store::Layout(schema_version), now) {}

absl::Status OlderLoad::OnSnapshot(std::string_view json, std::string_view) {
  absl::StatusOr<state::DecodedSnapshot> snapshot = codec_.DecodeOlder(json, schema_version_);
  if (!snapshot.ok()) return records_.OfSnapshot(snapshot.status());
  if (!snapshots_.insert(KeyOf(snapshot->name, snapshot->identifier)).second) {
    return Duplicate(Cat("Snapshot ", snapshot->name, " ", snapshot->identifier),
                     Cat("snapshots[", counts().snapshots - 1, "]"));
  }
  records_.CountContents(*snapshot);
  if (snapshot->seed_kept_hydrated) hydrated_seeds_.Add(snapshot->name);
  return rows_.AddSnapshot(*snapshot);
}

absl::Status OlderLoad::OnEnvironmentBegin(std::string_view name) {
  name_ = name;
  environment_.clear();
  if (environments_.insert(KeyOf(name, "")).second) return absl::OkStatus();
  return Duplicate(Cat("Environment '", name, "'"), Cat("environments.", name));
}

absl::Status OlderLoad::OnEnvironmentPiece(std::string_view json) {
  environment_.append(json);
  if (environment_.size() <= kMaxEnvironmentBytes) return absl::OkStatus();
  return Error(Reason::RECORD_TOO_LARGE,
               Cat("environments.", name_, " is longer than ", kMaxEnvironmentBytes >> 20, " MiB"));
}

absl::Status OlderLoad::OnEnvironmentEnd() {
  std::string json = std::exchange(environment_, {});
  bool has_statements = false;
  state::UnknownFields unstored;
  RETURN_IF_ERROR(rows_.AddEnvironment(name_, json, &has_statements, &unstored));
  unknown_fields_.AddUnstored(Cat("environments.", name_), unstored);
  records_.CountStatements(has_statements);
  return absl::OkStatus();
}

absl::Status OlderLoad::Finish(const SentTotals& totals) {
  RETURN_IF_ERROR(records_.CheckTotals(totals));
  return rows_.Finish();
}

std::vector<Note> OlderLoad::Notes() const {
  std::vector<Note> notes;
  hydrated_seeds_.AppendTo("hydrated_seed",
                           "seeds kept their content, because SQLMesh's hash of a column cannot be "
                           "reproduced with certainty",
                           &notes);
  unknown_fields_.AppendTo(&notes);
  return notes;
}

}  // namespace stateserver::transfer
