// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/models.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/generate/python_text.h"

namespace stateserver::schema {

namespace {

// ModelNotes collects a module's imports and what could not be expressed.
struct ModelNotes {
  std::set<std::string> types;  // types of the dialect: "BIGINT"
  bool computed = false, text = false;
  std::vector<std::string> not_expressible;  // for the current object
};

// Returns "ARRAY(INTEGER())", or nullopt for a type that the dialect does not have.
std::optional<std::string> ModelType(const DataType& type, ModelNotes* notes);

constexpr auto kPlain = std::to_array<std::string_view>({"BOOLEAN", "TINYINT", "SMALLINT", "BIGINT",
                                                         "LARGEINT", "FLOAT", "DOUBLE", "DATE",
                                                         "DATETIME", "JSON", "HLL", "BITMAP"});

// The dialect writes names of fields without quotes.
bool IsPlainName(const std::string& name) {
  bool word = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return word && !(name[0] >= '0' && name[0] <= '9') && !IsReserved(name);
}

std::optional<std::string> NestedType(const DataType& type, ModelNotes* notes) {
  std::string inside;
  for (const StructField& field : type.fields) {
    auto one = ModelType(field.type, notes);
    if (!one) return std::nullopt;
    if (!inside.empty()) inside.append(", ");
    if (type.name == "STRUCT") {
      if (!IsPlainName(field.name)) return std::nullopt;
      AppendTo(&inside, "(", PythonText(field.name), ", ", *one, ")");
    } else {
      inside.append(*one);
    }
  }
  notes->types.insert(type.name);
  return Cat(type.name, "(", inside, ")");
}

bool IsKey(const Table& table, const Column& column) {
  if (!table.key) return column.key;
  return std::any_of(table.key->columns.begin(), table.key->columns.end(),
                     [&](const std::string& name) { return EqualIgnoringCase(name, column.name); });
}

std::string DefaultText(const DefaultValue& value, ModelNotes* notes) {
  switch (value.kind) {
    case DefaultValue::Kind::kText:
      return PythonText(value.text);
    case DefaultValue::Kind::kNull:
      notes->text = true;
      return "text(\"NULL\")";
    case DefaultValue::Kind::kTimestamp:
      notes->text = true;
      return value.text.empty() ? "text(\"CURRENT_TIMESTAMP\")"
                                : Cat("text(\"CURRENT_TIMESTAMP(", value.text, ")\")");
    case DefaultValue::Kind::kExpression:
      notes->text = true;
      return Cat("text(", PythonSqlText(Cat("(", value.text, ")")), ")");
    case DefaultValue::Kind::kLiteral:
      notes->text = true;
      return Cat("text(", PythonSqlText(value.text), ")");
  }
  return "";
}

std::optional<std::string> ModelType(const DataType& type, ModelNotes* notes) {
  if (!type.fields.empty()) return NestedType(type, notes);
  std::string name = type.name == "INT" ? "INTEGER" : type.name;
  std::string arguments;
  if (name == "VARCHAR" && type.length == kStringLength) {
    name = "STRING";
  } else if (name == "VARCHAR" || name == "CHAR") {
    arguments = Cat(type.length.value_or(1));
  } else if (name == "DECIMAL") {
    arguments = Cat(type.precision.value_or(10), ", ", type.scale.value_or(0));
  } else if (name == "VARBINARY") {
    if (type.length) return std::nullopt;
  } else if (name != "INTEGER" && std::find(kPlain.begin(), kPlain.end(), name) == kPlain.end()) {
    return std::nullopt;
  }
  notes->types.insert(name);
  return Cat(name, "(", arguments, ")");
}

// Returns the arguments of Column(…), preceded by the name if `named` is set. Returns nullopt,
// after recording it, if the type cannot be expressed.
std::optional<std::string> ModelColumn(const Table& table, const Column& column, bool named,
                                       ModelNotes* notes) {
  auto type = column.type ? ModelType(*column.type, notes) : std::nullopt;
  if (!type) {
    notes->not_expressible.push_back(Cat("column ", PrintColumn(column)));
    return std::nullopt;
  }
  std::string text = named ? Cat(PythonText(column.name), ", ", *type) : *type;
  if (column.generated) {
    notes->computed = true;
    AppendTo(&text, ", Computed(", PythonSqlText(*column.generated), ")");
  }
  bool primary = table.key && table.key->model == KeyModel::kPrimary && IsKey(table, column);
  if (primary) text.append(", primary_key=True");
  bool aggregated = table.key ? table.key->model == KeyModel::kAggregate : false;
  if (aggregated && IsKey(table, column)) text.append(", starrocks_is_agg_key=True");
  if (aggregated && column.aggregate) {
    AppendTo(&text, ", starrocks_agg_type=", PythonText(*column.aggregate));
  }
  bool nullable = column.nullable.value_or(!column.auto_increment && !primary);
  if (!nullable && !primary) text.append(", nullable=False");
  if (column.auto_increment) {
    text.append(", autoincrement=True");
  } else if (primary) {
    text.append(", autoincrement=False");
  }
  if (column.default_value) {
    AppendTo(&text, ", server_default=", DefaultText(*column.default_value, notes));
  }
  if (!column.comment.empty()) AppendTo(&text, ", comment=", PythonText(column.comment));
  return text;
}

// The dialect inserts this text unescaped.
bool IsPlain(const std::string& text) {
  return text.find_first_of("`,() \"'\\") == std::string::npos;
}

bool HasPlainColumns(const KeyClause& key) {
  return std::all_of(key.columns.begin(), key.columns.end(), IsPlain);
}

// The dialect does not escape properties.
bool IsPlainProperty(const std::string& key, const std::string& value) {
  return (key + value).find_first_of("\"\\") == std::string::npos;
}

constexpr std::string_view kKeyWords[] = {"duplicate_key", "aggregate_key", "unique_key",
                                          "primary_key"};

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", name);
  return text;
}

class Module {
 public:
  absl::StatusOr<std::string> Write(const std::vector<const Object*>& objects, WorkMeter* meter,
                                    std::vector<LeftOut>* left_out) {
    for (const Object* object : objects) {
      if (meter != nullptr && !meter->MayContinue(WorkMeter::kInterval)) return meter->status();
      notes_.not_expressible.clear();
      object_.clear();
      name_ = object->name.name;
      std::visit([&](const auto& definition) { Add(definition); }, object->definition);
      body_.append("\n\n");
      for (const std::string& one : notes_.not_expressible) {
        Comment(one);
        if (left_out != nullptr) left_out->push_back({object->name, one});
      }
      body_.append(object_);
    }
    return Head() + body_;
  }

 private:
  void Comment(std::string text) {
    for (char& c : text) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    AppendTo(&body_, "# not expressible: ", text, "\n");
  }

  std::string Head() const {
    std::string text = "\"\"\"StarRocks schema as SQLAlchemy models.\"\"\"\n\n";
    std::string core;
    if (columns_) core = "Column";
    if (notes_.computed) AppendTo(&core, core.empty() ? "" : ", ", "Computed");
    AppendTo(&core, core.empty() ? "" : ", ", "MetaData");
    if (tables_) core.append(", Table");
    if (notes_.text) core.append(", text");
    AppendTo(&text, "from sqlalchemy import ", core, "\n");
    if (classes_) text.append("from sqlalchemy.orm import DeclarativeBase\n");
    std::string dialect;
    for (const std::string& type : notes_.types)
      AppendTo(&dialect, dialect.empty() ? "" : ", ", type);
    if (!dialect.empty()) AppendTo(&text, "from starrocks import ", dialect, "\n");
    std::string kinds;
    if (materialized_) kinds = "MaterializedView";
    if (views_) AppendTo(&kinds, kinds.empty() ? "" : ", ", "View");
    if (!kinds.empty()) AppendTo(&text, "from starrocks.sql.schema import ", kinds, "\n");
    text.append("\nmetadata = MetaData()\n");
    if (classes_) text.append("\n\nclass Base(DeclarativeBase):\n    metadata = metadata\n");
    return text;
  }

  void Add(const Table& table) {
    columns_ = true;
    for (const Index& index : table.indexes) notes_.not_expressible.push_back(PrintIndex(index));
    for (const Rollup& rollup : table.rollups) {
      notes_.not_expressible.push_back(Cat("ROLLUP ", PrintRollup(rollup)));
    }
    if (table.key && table.key->model == KeyModel::kPrimary) return AddClass(table);
    tables_ = true;
    AppendTo(&object_, names_.VariableFor(name_), " = Table(\n    ", PythonText(name_),
             ",\n    metadata,\n");
    for (const Column& column : table.columns) {
      auto text = ModelColumn(table, column, /*named=*/true, &notes_);
      if (text) AppendTo(&object_, "    Column(", *text, "),\n");
    }
    for (const std::string& argument : Arguments(table)) {
      AppendTo(&object_, "    ", argument, ",\n");
    }
    if (!table.comment.empty())
      AppendTo(&object_, "    comment=", PythonText(table.comment), ",\n");
    object_.append(")\n");
  }

  void AddClass(const Table& table) {
    classes_ = true;
    AppendTo(&object_, "class ", names_.ClassFor(name_),
             "(Base):\n    __tablename__ = ", PythonText(name_), "\n    __table_args__ = {\n");
    if (!table.comment.empty()) {
      AppendTo(&object_, "        \"comment\": ", PythonText(table.comment), ",\n");
    }
    for (const std::string& argument : Arguments(table)) {
      size_t equals = argument.find('=');
      AppendTo(&object_, "        \"", argument.substr(0, equals),
               "\": ", argument.substr(equals + 1), ",\n");
    }
    object_.append("    }\n\n");
    PythonNames attributes;
    for (const Column& column : table.columns) {
      auto text = ModelColumn(table, column, /*named=*/true, &notes_);
      if (text) {
        AppendTo(&object_, "    ", attributes.VariableFor(column.name), " = Column(", *text, ")\n");
      }
    }
  }

  std::vector<std::string> Arguments(const Table& table) {
    std::vector<std::string> out;
    if (table.engine != "OLAP") out.push_back("starrocks_engine=" + PythonText(table.engine));
    if (table.key) AddKey(*table.key, &out);
    Say("partition_by", PartitionText(table.partitioning), &out);
    if (table.distribution) Say("distributed_by", PrintDistribution(*table.distribution), &out);
    if (!table.order_by.empty()) Say("order_by", PrintNames(table.order_by), &out);
    AddProperties(table.properties, &out);
    return out;
  }

  // The dialect splits the list at its commas and looks up each name.
  void AddKey(const KeyClause& key, std::vector<std::string>* out) {
    std::string_view word = kKeyWords[static_cast<size_t>(key.model)];
    if (HasPlainColumns(key)) return Say(word, Joined(key.columns), out);
    notes_.not_expressible.push_back(Cat(word, " (", PrintNames(key.columns), ")"));
  }

  static std::string PartitionText(const std::optional<Partitioning>& partitioning) {
    return partitioning ? PrintPartitioning(*partitioning) : "";
  }

  static void Say(std::string_view what, const std::string& text, std::vector<std::string>* out) {
    if (!text.empty()) out->push_back(Cat("starrocks_", what, "=", PythonLongText(text)));
  }

  void AddProperties(const Properties& properties, std::vector<std::string>* out) {
    std::string text;
    for (const auto& [key, value] : properties) {
      if (!IsPlainProperty(key, value)) {
        notes_.not_expressible.push_back(Cat("property ", key, " = ", value));
        continue;
      }
      AppendTo(&text, text.empty() ? "{" : ", ", PythonText(key), ": ", PythonText(value));
    }
    if (!text.empty()) out->push_back(Cat("starrocks_properties=", text, "}"));
  }

  void Add(const View& view) {
    views_ = true;
    std::vector<std::string> arguments;
    if (!view.security.empty()) {
      arguments.push_back("starrocks_security=" + PythonText(view.security));
    }
    AddView("View", view.query, view.columns, view.comment, arguments);
  }

  void Add(const MaterializedView& view) {
    if (view.synchronous()) {
      notes_.not_expressible.push_back(
          Cat("synchronous materialized view ", name_, " AS ", view.query));
      return;
    }
    materialized_ = true;
    std::vector<std::string> arguments;
    Say("partition_by", PartitionText(view.partitioning), &arguments);
    if (view.distribution) Say("distributed_by", PrintDistribution(*view.distribution), &arguments);
    if (!view.order_by.empty()) Say("order_by", PrintNames(view.order_by), &arguments);
    if (view.refresh) {
      constexpr std::string_view kRefresh = "REFRESH ";
      Say("refresh", PrintRefresh(*view.refresh).substr(kRefresh.size()), &arguments);
    }
    AddProperties(view.properties, &arguments);
    AddView("MaterializedView", view.query, view.columns, view.comment, arguments);
  }

  void AddView(std::string_view kind, const std::string& query,
               const std::vector<ViewColumn>& columns, const std::string& comment,
               const std::vector<std::string>& arguments) {
    AppendTo(&object_, names_.VariableFor(name_), " = ", kind, "(\n    ", PythonText(name_),
             ",\n    metadata,\n    definition=", PythonLongText(query), ",\n");
    std::string list;
    for (const ViewColumn& column : columns) {
      AppendTo(&list, list.empty() ? "" : ", ",
               column.comment.empty() ? PythonText(column.name)
                                      : Cat("{\"name\": ", PythonText(column.name),
                                            ", \"comment\": ", PythonText(column.comment), "}"));
    }
    if (!list.empty()) AppendTo(&object_, "    columns=[", list, "],\n");
    if (!comment.empty()) AppendTo(&object_, "    comment=", PythonText(comment), ",\n");
    for (const std::string& argument : arguments) AppendTo(&object_, "    ", argument, ",\n");
    object_.append(")\n");
  }

  ModelNotes notes_;
  PythonNames names_;
  std::string name_, object_, body_;
  bool columns_ = false, tables_ = false, classes_ = false, views_ = false, materialized_ = false;
};

}  // namespace

absl::StatusOr<std::string> GenerateModels(const std::vector<const Object*>& objects,
                                           WorkMeter* meter, std::vector<LeftOut>* left_out) {
  return Module().Write(objects, meter, left_out);
}

bool ModelsExpress(const Column& column) {
  ModelNotes notes;
  return column.type && ModelType(*column.type, &notes);
}

bool ModelsExpress(const KeyClause& key) { return HasPlainColumns(key); }

bool ModelsExpressProperty(const std::string& key, const std::string& value) {
  return IsPlainProperty(key, value);
}

}  // namespace stateserver::schema
