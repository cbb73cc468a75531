// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's pydantic models as tables: the fields of a JSON object of its state, the order in which
// they are written, and the defaults of absent ones. tests/compat/test_codec.py compares them with
// the real models.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace stateserver::state {

struct Model;

// Shape determines how a value is checked and written.
enum class Shape : uint8_t {
  kText,       // str
  kAnyText,    // str(v)
  kLowerText,  // str(v).lower()
  kCron,
  kInteger,
  kPositive,  // int > 0; no conversions
  kBoolean,
  kLooseBoolean,  // str_to_bool(str(v)): false for everything except a few words
  kTruthy,        // bool(v); `text` for null
  kTrue,          // Literal[True]
  kFalse,         // Literal[False]
  kOne,           // Literal[1]
  kName,          // one of `values`, unchanged
  kLowerName,     // after lower()
  kUpperName,     // after upper(); SQLMesh reports these with a different message
  kCategory,      // change_category, 1 to 6
  kTime,          // str, int or float
  kTextList,
  kTagList,  // a list of str; a single str is accepted as a list
  kTextSet,
  kTextMap,  // dict of str
  kAny,
  kAnyMap,          // dict of anything
  kExpression,      // SQL text
  kField,           // SQL text that SQLMesh quotes: see field_expressions.h
  kFieldList,       // likewise; a single text is accepted as a list
  kExpressionList,  // list of SQL texts; a single text is accepted as a list
  kExpressionMap,
  kCallList,  // [["name", {"argument": "SQL"}], ...]; names in lower case
  kSql,       // {"sql": ...}; a plain text is accepted instead
  kSqlList,
  kObject,       // `model`
  kObjectTuple,  // list of `model`
  kObjectList,
  kObjectMap,  // dict of `model`
  kObjectMapMap,
  kTimeColumn,
  kColumns,      // dict of column types
  kColumnTexts,  // dict of column descriptions
  kDataType,
  kWhenMatched,
  kKind,
  kNode,
  kTimeToLive,
  kVolatile,  // top level of a snapshot: kept in columns, not in the JSON
};

enum class Absent : uint8_t {
  kLeftOut,
  kRequired,
  kText,          // `text` is the JSON written instead
  kNodeDialect,   // the node's dialect
  kQuotedColumn,  // the column `text`, quoted by the dialect
};

struct Field {
  std::string_view name;
  Shape shape;
  Absent absent = Absent::kLeftOut;
  std::string_view text = {};    // see Absent
  const Model* model = nullptr;  // for the kObject shapes
  std::string_view values = {};  // for the kName shapes, separated by ' '
  bool excluded = false;         // accepted, never written
};

// Maximum number of fields of a model; fields are tracked in the bits of a word.
inline constexpr int kMaxFields = 64;

struct Model {
  std::string_view name;  // the Python class
  const Field* fields;
  int count;
};

// Returns the position of a field, or -1. The search starts at `hint`, because members are mostly
// in the order of the table.
inline int FindField(const Model& model, std::string_view name, int hint) {
  for (int i = hint; i < model.count; ++i) {
    if (model.fields[i].name == name) return i;
  }
  for (int i = 0; i < hint; ++i) {
    if (model.fields[i].name == name) return i;
  }
  return -1;
}

// Returns the field's bit among a record's members, or 0 if the model does not have the field.
inline uint64_t FieldBit(const Model& model, std::string_view name) {
  int field = FindField(model, name, 0);
  return field < 0 ? 0 : uint64_t{1} << field;
}

extern const Model kSnapshotModel;
extern const Model kFingerprintModel;
extern const Model kSnapshotIdModel;
extern const Model kDataVersionModel;
extern const Model kTableInfoModel;

extern const Model kSqlTextModel;
extern const Model kExecutableModel;
extern const Model kJinjaMacrosModel;
extern const Model kModelAuditModel;
extern const Model kDbtNodeModel;
extern const Model kTimeColumnModel;
extern const Model kCsvSettingsModel;
extern const Model kSeedModel;

extern const Model kEnvironmentModel;
extern const Model kEnvironmentStatementsModel;
extern const Model kEnvironmentWithStatementsModel;

// Returns the model of a node by its `source_type` ("sql", "audit", ...), or null.
const Model* FindNodeModel(std::string_view source_type);
// Returns the default kind of a node of this type, as JSON.
std::string_view DefaultKind(std::string_view source_type);

// Returns the model of a kind by its name ("FULL", ...), or null.
const Model* FindKindModel(std::string_view name);

inline constexpr std::string_view kEmptyList = "[]";
inline constexpr std::string_view kEmptyMap = "{}";
inline constexpr std::string_view kJinjaDefault =
    R"({"packages":{},"root_macros":{},"global_objs":{},)"
    R"("create_builtins_module":"sqlmesh.utils.jinja","top_level_packages":[]})";

// Constructors for the tables.
constexpr Field Required(std::string_view name, Shape shape, const Model* model = nullptr,
                         std::string_view values = {}) {
  return {name, shape, Absent::kRequired, {}, model, values};
}
constexpr Field Optional(std::string_view name, Shape shape, const Model* model = nullptr,
                         std::string_view values = {}) {
  return {name, shape, Absent::kLeftOut, {}, model, values};
}
constexpr Field Default(std::string_view name, Shape shape, std::string_view json,
                        const Model* model = nullptr, std::string_view values = {}) {
  return {name, shape, Absent::kText, json, model, values};
}
constexpr Field Excluded(std::string_view name, Shape shape) {
  return {name, shape, Absent::kLeftOut, {}, nullptr, {}, true};
}

template <size_t... kSizes>
constexpr auto Join(const std::array<Field, kSizes>&... parts) {
  std::array<Field, (kSizes + ...)> all{};
  size_t next = 0;
  (([&] {
     for (const Field& field : parts) all[next++] = field;
   }()),
   ...);
  return all;
}

template <size_t kSize>
constexpr Model MakeModel(std::string_view name, const std::array<Field, kSize>& fields) {
  static_assert(kSize <= kMaxFields);
  return {name, fields.data(), static_cast<int>(kSize)};
}

}  // namespace stateserver::state
