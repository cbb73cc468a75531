// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/record_writer.h"

#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"

namespace stateserver::state {

using simdjson::dom::element;

namespace {

// Lists that SQLMesh reads with `v or []`.
bool NullIsAbsent(const Field& field) {
  return field.absent == Absent::kLeftOut || field.absent == Absent::kNodeDialect ||
         (field.absent == Absent::kText &&
          (field.shape == Shape::kTagList || field.shape == Shape::kExpressionList ||
           field.shape == Shape::kCallList));
}

}  // namespace

void Members::Read(const Model& model, simdjson::dom::object object) {
  present = 0;
  unknown.clear();
  int hint = 0;
  for (auto [key, member] : object) {
    int i = FindField(model, key, hint);
    if (i < 0) {
      unknown.emplace_back(key, member);
      continue;
    }
    hint = i + 1;
    bool absent = member.is_null() && NullIsAbsent(model.fields[i]);
    value[i] = member;
    present = absent ? present & ~(uint64_t{1} << i) : present | uint64_t{1} << i;
  }
}

const element* Members::Find(const Model& model, std::string_view name) const {
  int i = FindField(model, name, 0);
  return i >= 0 && Has(i) ? &value[i] : nullptr;
}

std::string_view Members::FindText(const Model& model, std::string_view name) const {
  const element* found = Find(model, name);
  if (found == nullptr || !found->is_string()) return {};
  return found->get_string().value_unsafe();
}

void RecordWriter::Key(std::string_view name) {
  Separate('{');
  out_.push_back('"');
  out_.append(name);
  out_.append("\":", 2);
}

void RecordWriter::Wrong(const Location& where, std::string_view type, std::string_view message,
                         element value) {
  if (strict()) {
    errors_.Add(where, type, message, value);
  } else {
    AppendValue(value, &out_);
  }
}

void RecordWriter::WriteMembers(const Model& model, const Members& members, element object,
                                const Location& where) {
  out_.push_back('{');
  for (int i = 0; i < model.count; ++i) {
    const Field& field = model.fields[i];
    if (field.shape == Shape::kVolatile) {
      Location here{&where, field.name};
      if (!members.Has(i) && field.absent == Absent::kRequired && strict()) {
        WriteAbsent(field, object, where);
      } else {
        volatile_->OnVolatile(field, members.Has(i) ? &members.value[i] : nullptr, here);
      }
    } else if (!members.Has(i)) {
      if (field.absent != Absent::kLeftOut || seed_hashes_ || field.shape == Shape::kKind) {
        WriteAbsent(field, object, where);
      }
    } else if (!field.excluded && !(seed_hashes_ && WriteSeedField(field))) {
      Key(field.name);
      WriteValue(field, members.value[i], Location{&where, field.name});
    }
  }
  if (!members.unknown.empty()) WriteUnknown(members, where);
  out_.push_back('}');
}

void RecordWriter::WriteUnknown(const Members& members, const Location& where) {
  for (const auto& [name, value] : members.unknown) {
    if (strictness_ == Strictness::kStrict) {
      errors_.Add(Location{&where, name}, "extra_forbidden", "Extra inputs are not permitted",
                  value);
    } else {
      Separate('{');
      AppendString(name, &out_);
      out_.push_back(':');
      AppendValue(value, &out_);
    }
  }
}

void RecordWriter::WriteAbsent(const Field& field, element object, const Location& where) {
  if (seed_hashes_ && WriteSeedField(field)) return;
  switch (field.absent) {
    case Absent::kLeftOut:
      if (field.shape == Shape::kKind && !DefaultKind(source_type_).empty()) {
        Key(field.name);
        out_.append(DefaultKind(source_type_));
      }
      break;
    case Absent::kRequired:
      if (strict()) {
        errors_.Add(Location{&where, field.name}, "missing", "Field required", object);
      }
      break;
    case Absent::kText:
      Key(field.name);
      out_.append(field.text);
      break;
    case Absent::kNodeDialect:
      Key(field.name);
      AppendString(dialect_, &out_);
      break;
    case Absent::kQuotedColumn: {
      std::string column;
      AppendQuotedColumn(rules_, field.text, &column);
      Key(field.name);
      AppendString(column, &out_);
      break;
    }
  }
}

void RecordWriter::WriteObject(const Model& model, element value, const Location& where) {
  if (!value.is_object()) {
    Wrong(where, "model_type",
          Cat("Input should be a valid dictionary or instance of ", model.name), value);
    return;
  }
  Members members;
  members.Read(model, AsObject(value));
  if (&model == &kDbtNodeModel &&
      members.FindText(model, "alias") == members.FindText(model, "name")) {
    // SQLMesh keeps the alias only where it overrides the name.
    members.present &= ~FieldBit(model, "alias");
  }
  WriteMembers(model, members, value, where);
}

void RecordWriter::WriteValue(const Field& field, element value, const Location& where) {
  switch (field.shape) {
    case Shape::kText:
    case Shape::kExpression:
      WriteText(value, where);
      break;
    case Shape::kAny:
      AppendValue(value, &out_);
      break;
    case Shape::kObject:
      WriteObject(*field.model, value, where);
      break;
    case Shape::kColumns:
      WriteColumns(value, where);
      break;
    case Shape::kColumnTexts:
      WriteColumnTexts(value, where);
      break;
    case Shape::kDataType:
      WriteDataType(value, where);
      break;
    case Shape::kWhenMatched:
      WriteWhenMatched(value, where);
      break;
    case Shape::kTimeColumn:
      WriteTimeColumn(value, where);
      break;
    case Shape::kKind:
      WriteKind(value, where);
      break;
    case Shape::kNode:
      WriteNode(value, where);
      break;
    default:
      WriteContainer(field, value, where);
  }
}

void RecordWriter::WriteContainer(const Field& field, element value, const Location& where) {
  switch (field.shape) {
    case Shape::kTextList:
    case Shape::kTagList:
    case Shape::kTextSet:
    case Shape::kExpressionList:
      WriteTextList(field, value, where);
      break;
    case Shape::kAnyMap:
    case Shape::kTextMap:
    case Shape::kExpressionMap:
      WriteTextMap(field, value, where);
      break;
    case Shape::kCallList:
      WriteCalls(value, where);
      break;
    case Shape::kSql:
      WriteSql(value, where);
      break;
    case Shape::kSqlList:
      WriteSqlList(value, where);
      break;
    case Shape::kObjectTuple:
    case Shape::kObjectList:
      WriteObjectList(field, value, where);
      break;
    case Shape::kObjectMap:
      WriteObjectMap(field, value, where, 1);
      break;
    case Shape::kObjectMapMap:
      WriteObjectMap(field, value, where, 2);
      break;
    default:
      WriteScalar(field, value, where);
  }
}

}  // namespace stateserver::state
