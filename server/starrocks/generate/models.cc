// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/models.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/generate/model_columns.h"
#include "server/starrocks/generate/python_text.h"

namespace stateserver::schema {
namespace {

constexpr std::string_view kKeyWords[] = {"duplicate_key", "aggregate_key", "unique_key",
                                          "primary_key"};

// What the dialect puts into its text as it is.
bool IsPlain(const std::string& text) {
  return text.find_first_of("`,() \"'\\") == std::string::npos;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", name);
  return text;
}

class Module {
 public:
  absl::StatusOr<std::string> Write(const std::vector<const Object*>& objects, WorkMeter* meter) {
    for (const Object* object : objects) {
      if (meter != nullptr && !meter->MayContinue(WorkMeter::kInterval)) return meter->status();
      notes_.not_expressible.clear();
      object_.clear();
      name_ = object->name.name;
      std::visit([&](const auto& definition) { Add(definition); }, object->definition);
      body_.append("\n\n");
      for (const std::string& one : notes_.not_expressible) Comment(one);
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

  // --- tables --------------------------------------------------------------------
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

  // The dialect cuts the list at its commas and looks for each name.
  void AddKey(const KeyClause& key, std::vector<std::string>* out) {
    bool plain = std::all_of(key.columns.begin(), key.columns.end(), IsPlain);
    std::string_view word = kKeyWords[static_cast<size_t>(key.model)];
    if (plain) return Say(word, Joined(key.columns), out);
    notes_.not_expressible.push_back(Cat(word, " (", PrintNames(key.columns), ")"));
  }

  static std::string PartitionText(const std::optional<Partitioning>& partitioning) {
    return partitioning ? PrintPartitioning(*partitioning) : "";
  }

  static void Say(std::string_view what, const std::string& text, std::vector<std::string>* out) {
    if (!text.empty()) out->push_back(Cat("starrocks_", what, "=", PythonLongText(text)));
  }

  // The dialect does not escape what is in them.
  void AddProperties(const Properties& properties, std::vector<std::string>* out) {
    std::string text;
    for (const auto& [key, value] : properties) {
      if ((key + value).find_first_of("\"\\") != std::string::npos) {
        notes_.not_expressible.push_back(Cat("property ", key, " = ", value));
        continue;
      }
      AppendTo(&text, text.empty() ? "{" : ", ", PythonText(key), ": ", PythonText(value));
    }
    if (!text.empty()) out->push_back(Cat("starrocks_properties=", text, "}"));
  }

  // --- views ---------------------------------------------------------------------
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
                                           WorkMeter* meter) {
  return Module().Write(objects, meter);
}

}  // namespace stateserver::schema
