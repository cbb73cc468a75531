// SPDX-License-Identifier: Apache-2.0
//
// Writes a parsed JSON object the way SQLMesh writes it after loading it into its models: fields in
// the models' order, defaults filled in, old spellings updated.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/records/column_types.h"
#include "server/sqlmesh/records/model_fields.h"
#include "server/sqlmesh/records/notes.h"
#include "server/sqlmesh/records/validation.h"
#include "server/sqlmesh/seed/seed_hashes.h"

namespace stateserver::state {

// Members holds the members of an object by their position in a model's table.
struct Members {
  simdjson::dom::element value[kMaxFields];
  uint64_t present = 0;
  std::vector<std::pair<std::string_view, simdjson::dom::element>> unknown;

  // Reads the members. A null counts as absent if the field is optional.
  void Read(const Model& model, simdjson::dom::object object);
  bool Has(int field) const { return (present >> field & 1) != 0; }
  // Returns null if the member is absent.
  const simdjson::dom::element* Find(const Model& model, std::string_view name) const;
  std::string_view FindText(const Model& model, std::string_view name) const;
};

// VolatileFields receives the top-level fields of a record that the writer does not write itself.
class VolatileFields {
 public:
  virtual ~VolatileFields() = default;
  // Handles one field; `value` is null if it is absent. The implementation writes the key if it
  // writes the field.
  virtual void OnVolatile(const Field& field, const simdjson::dom::element* value,
                          const Location& where) = 0;
};

// Strictness determines how values that the models do not accept are handled. Members that they do
// not have are written unchanged, after the others.
enum class Strictness {
  kLenient,  // written unchanged; for stored content
  kStrict,   // reported to the ValidationErrors; for incoming content
};

// Returns Python's bool(value).
bool IsTruthy(simdjson::dom::element value);

// Returns the result of SQLMesh's parse_bool: false except for a few words.
bool LooseBoolean(simdjson::dom::element value);

// RecordWriter appends to `out`, and adds to `errors` and `notes`. Not thread-safe.
class RecordWriter {
 public:
  RecordWriter(Strictness strictness, std::string* out, ValidationErrors* errors,
               EncodeNotes* notes)
      : strictness_(strictness), out_(*out), errors_(*errors), notes_(*notes) {}

  void set_volatile_fields(VolatileFields* fields) { volatile_ = fields; }
  // Omits the content of seeds if the hashes that SQLMesh stores instead are certain.
  void set_dehydrate_seeds(bool dehydrate) { dehydrate_seeds_ = dehydrate; }
  // Writes the members that the models do not have into the object that `out` ends with.
  void WriteUnknown(const Members& members, const Location& where);
  // Returns the reason for which a seed kept its content; empty if none did.
  const std::string& seed_kept_hydrated() const { return seed_kept_hydrated_; }

  // Writes an object with its braces.
  void WriteMembers(const Model& model, const Members& members, simdjson::dom::element object,
                    const Location& where);
  // Writes a value of a kObject shape. Reports another type as "Input should be a valid dictionary
  // or ...".
  void WriteObject(const Model& model, simdjson::dom::element value, const Location& where);
  void WriteValue(const Field& field, simdjson::dom::element value, const Location& where);

  // Writes "name":, preceded by "," if needed.
  void Key(std::string_view name);
  // Convert a value as pydantic does: 5, 5.0, "5" and true are integers. Return nullopt after
  // reporting an error.
  std::optional<int64_t> ToInteger(simdjson::dom::element value, const Location& where);
  std::optional<bool> ToBoolean(simdjson::dom::element value, const Location& where);

 private:
  using element = simdjson::dom::element;

  // Fields and containers.
  bool strict() const { return strictness_ != Strictness::kLenient; }
  void WriteAbsent(const Field& field, element object, const Location& where);
  void WriteContainer(const Field& field, element value, const Location& where);
  void Wrong(const Location& where, std::string_view type, std::string_view message, element value);
  void Separate(char open) {
    if (out_.back() != open) out_.push_back(',');
  }

  // Scalars.
  void WriteScalar(const Field& field, element value, const Location& where);
  void WriteText(element value, const Location& where);
  void WriteChangedText(Shape shape, element value);
  void WriteName(const Field& field, element value, const Location& where);
  void WritePositive(element value, const Location& where);
  void WriteLiteral(const Field& field, element value, const Location& where);
  void WriteCategory(element value, const Location& where);
  void WriteTime(element value, const Location& where);

  // Lists and maps.
  void WriteTextList(const Field& field, element value, const Location& where);
  void WriteTextMap(const Field& field, element value, const Location& where);
  void WriteCalls(element value, const Location& where);
  void WriteCall(element call, const Location& where);
  void WriteSql(element value, const Location& where);
  void WriteSqlList(element value, const Location& where);
  void WriteObjectList(const Field& field, element value, const Location& where);
  void WriteObjectMap(const Field& field, element value, const Location& where, int levels);

  // Nodes and kinds.
  void WriteNode(element value, const Location& where);
  void CheckAudit(const Model& model, const Members& members, const Location& where);
  void WriteKind(element value, const Location& where);
  bool CheckKind(const Model& model, std::string_view name, const Members& members,
                 const Location& where);
  void WriteTimeColumn(element value, const Location& where);
  void WriteField(element value, const Location& where);
  void WriteColumns(element value, const Location& where);
  // Returns true if one of `columns`, in the spelling in which its name is written, is `name`.
  bool Declares(simdjson::dom::object columns, const std::string& name, std::string* scratch);
  void WriteColumnTexts(element value, const Location& where);
  void WriteDataType(element value, const Location& where);
  void WriteWhenMatched(element value, const Location& where);
  bool WriteSeedField(const Field& field, const simdjson::dom::element* value,
                      const Location& where);

  Strictness strictness_;
  std::string& out_;
  ValidationErrors& errors_;
  EncodeNotes& notes_;
  VolatileFields* volatile_ = nullptr;
  bool dehydrate_seeds_ = false;

  // Properties of the current node.
  std::string_view source_type_;
  std::string_view dialect_;
  const DialectRules* rules_ = nullptr;
  const simdjson::dom::element* columns_ = nullptr;
  std::optional<SeedHashes> seed_hashes_;
  std::string seed_kept_hydrated_;
};

}  // namespace stateserver::state
