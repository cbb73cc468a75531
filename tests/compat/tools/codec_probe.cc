// SPDX-License-Identifier: Apache-2.0
//
// Answers questions about server/sqlmesh/records, for the tests that compare it with
// the real SQLMesh: one JSON object per line on stdin, one JSON value per line
// on stdout.
#include <simdjson.h>

#include <iostream>
#include <string>

#include "common/error.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendString(text, &out);
  return out;
}

std::string OrNull(std::optional<int64_t> value) { return value ? std::to_string(*value) : "null"; }

std::string Refusal(const absl::Status& status) {
  return "{\"error\":" + Quoted(std::string(status.message())) +
         ",\"field\":" + Quoted(FactsOf(status)["field"]) + "}";
}

// {"op":"export","stored":TEXT}: the record and whether all of it is proven. `schema` and
// `sqlglot`, if given, are those of the release that works with the state.
std::string Export(element question, SnapshotCodec* codec) {
  absl::Status status = codec->Parse(question["stored"].get_string().value());
  if (!status.ok()) return Refusal(status);
  SnapshotOverlay overlay;
  overlay.updated_ts = 1;
  overlay.unrestorable = false;
  overlay.forward_only = false;
  int64_t schema = kCodecSchemaVersion;
  std::string_view sqlglot;
  if (question["schema"].get(schema) != simdjson::SUCCESS) schema = kCodecSchemaVersion;
  if (question["sqlglot"].get(sqlglot) == simdjson::SUCCESS) codec->set_sqlglot_version(sqlglot);
  EncodeNotes notes;
  std::string record;
  status = codec->AppendExport(overlay, static_cast<int>(schema), &record, &notes);
  if (!status.ok()) return Refusal(status);
  return "{\"proven\":" + std::string(notes.any() ? "false" : "true") + ",\"record\":" + record +
         "}";
}

// {"op":"decode","record":TEXT}: the columns of the row.
std::string Decode(element question, SnapshotCodec* codec) {
  auto row = codec->Decode(question["record"].get_string().value());
  if (!row.ok()) return Refusal(row.status());
  return "{\"name\":" + Quoted(row->name) + ",\"identifier\":" + Quoted(row->identifier) +
         ",\"version\":" + (row->has_version ? Quoted(row->version) : "null") +
         ",\"snapshot\":" + row->stored_json +
         ",\"kind_name\":" + (row->kind_name ? Quoted(*row->kind_name) : "null") +
         ",\"updated_ts\":" + std::to_string(row->updated_ts) +
         ",\"unpaused_ts\":" + OrNull(row->unpaused_ts) +
         ",\"ttl_ms\":" + std::to_string(row->ttl_ms) +
         ",\"unrestorable\":" + (row->unrestorable ? "true" : "false") +
         ",\"forward_only\":" + (row->forward_only ? "true" : "false") +
         ",\"dev_version\":" + Quoted(row->dev_version) +
         ",\"fingerprint\":" + row->fingerprint_json +
         ",\"seed_kept\":" + (row->seed_kept_hydrated ? "true" : "false") + "}";
}

// {"op":"fields","model":NAME}: [[name, "required" | default | null, excluded], ...].
std::string Fields(element question) {
  std::string_view name = question["model"];
  const Model* models[] = {&kSnapshotModel,
                           &kFingerprintModel,
                           &kSnapshotIdModel,
                           &kDataVersionModel,
                           &kTableInfoModel,
                           &kSqlTextModel,
                           &kExecutableModel,
                           &kJinjaMacrosModel,
                           &kModelAuditModel,
                           &kDbtNodeModel,
                           &kTimeColumnModel,
                           &kCsvSettingsModel,
                           &kSeedModel,
                           &kEnvironmentModel,
                           &kEnvironmentStatementsModel,
                           FindNodeModel("sql"),
                           FindNodeModel("seed"),
                           FindNodeModel("python"),
                           FindNodeModel("audit"),
                           FindNodeModel("external"),
                           &kEnvironmentWithStatementsModel};
  const Model* found = FindKindModel(name);
  for (const Model* model : models) {
    if (model->name == name) found = model;
  }
  if (found == nullptr) return "null";
  std::string out = "[";
  for (int i = 0; i < found->count; ++i) {
    const Field& field = found->fields[i];
    std::string absent = field.absent == Absent::kRequired ? "\"required\""
                         : field.absent == Absent::kText   ? std::string(field.text)
                                                           : "null";
    if (i > 0) out += ",";
    out +=
        "[" + Quoted(field.name) + "," + absent + "," + (field.excluded ? "true" : "false") + "]";
  }
  return out + "]";
}

}  // namespace
}  // namespace stateserver::state

int main() {
  using namespace stateserver::state;
  SnapshotCodec codec;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(std::cin, line);) {
    element question = parser.parse(line).value();
    std::string_view op = question["op"];
    std::cout << (op == "export"   ? Export(question, &codec)
                  : op == "decode" ? Decode(question, &codec)
                                   : Fields(question))
              << "\n";
  }
}
