// SPDX-License-Identifier: Apache-2.0
//
// What the kind of a model adds to its hashes.
#include "common/text.h"
#include "server/sqlmesh/fingerprint/node_parts.h"
#include "server/sqlmesh/records/python_repr.h"

namespace stateserver::fingerprint {
namespace {

GenOptions KindOptions(const NodeView& view) {
  return {.dialect = FindExpressionDialect(view.kind_dialect), .quoted = true};
}

void AddTextOrNone(const NodeView& view, std::string_view field, HashSink* sink) {
  sink->Add(view.kind.TextOr(field, ""));
}

void AddColumnText(const NodeView& view, std::string_view field, std::string_view absent,
                   HashSink* sink) {
  auto text = view.kind.Text(field);
  // The default is a bare name, which is then normalised and quoted like any other.
  AddGen(text.value_or(absent), KindOptions(view), sink, view.unsupported);
}

void AddUniqueKey(const NodeView& view, HashSink* sink) {
  for (std::string_view key : view.kind.Texts("unique_key")) {
    AddGen(key, KindOptions(view), sink, view.unsupported);
  }
}

void AddTimeRange(const NodeView& view, HashSink* sink) {
  Fields column(view.kind.Object("time_column"), "kind.time_column", view.unsupported);
  if (!column.Text("column")) column.Refuse("column");
  AddGen(column.TextOr("column", ""), KindOptions(view), sink, view.unsupported);
  sink->Add(column.TextOr("format", ""));
}

void AddMerge(const NodeView& view, HashSink* sink) {
  GenOptions options = KindOptions(view);
  options.merge_aliases = true;
  std::string whens;
  if (auto text = view.kind.Text("when_matched")) {
    GenWhens(*text, options, &whens, view.unsupported);
  }
  sink->Add(whens);
  std::string filter;
  if (auto text = view.kind.Text("merge_filter")) {
    GenExpression(*text, options, &filter, view.unsupported);
  }
  sink->Add(filter);
}

void AddCsvSettings(const NodeView& view, HashSink* sink) {
  Fields settings(view.kind.Object("csv_settings"), "kind.csv_settings", view.unsupported);
  for (std::string_view field :
       {"delimiter", "quotechar", "doublequote", "escapechar", "skipinitialspace", "lineterminator",
        "encoding", "na_values", "keep_default_na"}) {
    auto value = settings.Find(field);
    if (!value) continue;
    std::string text = state::PythonStr(*value);
    for (char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80 && !value->is_string()) settings.Refuse(field);
    }
    sink->Add(text);
  }
}

void AddScdColumns(const NodeView& view, HashSink* sink) {
  auto columns = view.kind.Find("columns");
  if (!columns) return view.kind.Refuse("columns");
  std::string_view single;
  if (columns->get(single) == simdjson::SUCCESS) {
    if (single != "*") return view.kind.Refuse("columns");
    return sink->Add("STAR");
  }
  for (std::string_view column : view.kind.Texts("columns")) {
    AddGen(column, KindOptions(view), sink, view.unsupported);
  }
}

void AddScd(const NodeView& view, HashSink* sink) {
  sink->Add(view.kind_dialect);
  AddUniqueKey(view, sink);
  AddColumnText(view, "valid_from_name", "valid_from", sink);
  AddColumnText(view, "valid_to_name", "valid_to", sink);
  sink->Add(view.kind.BooleanOr("invalidate_hard_deletes", false));
  AddType(view.kind_dialect, view.kind.TextOr("time_data_type", "TIMESTAMP"), sink,
          view.unsupported);
  AddOptional(view.kind.Integer("batch_size"), sink);
  if (view.kind_name != "SCD_TYPE_2_BY_COLUMN") {
    AddColumnText(view, "updated_at_name", "updated_at", sink);
    sink->Add(view.kind.BooleanOr("updated_at_as_valid_from", false));
    return;
  }
  AddScdColumns(view, sink);
  sink->Add(view.kind.BooleanOr("execution_time_as_valid_from", false));
  if (view.kind.Find("updated_at_name")) {
    AddColumnText(view, "updated_at_name", "", sink);
  } else {
    sink->AddNone();
  }
}

void AddCustom(const NodeView& view, HashSink* sink) {
  AddTextOrNone(view, "materialization", sink);
  std::string properties;
  if (auto text = view.kind.Text("materialization_properties")) {
    std::vector<Property> list;
    // Stored and read back without the model's dialect.
    GenOptions options{.dialect = FindExpressionDialect("")};
    if (ReadProperties(*text, options, &list, view.unsupported)) properties = GenProperties(list);
  }
  sink->Add(properties);
  AddOptional(view.kind.Integer("lookback"), sink);
}

bool IsScd(std::string_view name) { return name.starts_with("SCD_TYPE_2"); }

void AddCustomMetadata(const NodeView& view, HashSink* sink) {
  AddOptional(view.kind.Integer("batch_size"), sink);
  AddOptional(view.kind.Integer("batch_concurrency"), sink);
  sink->Add(view.kind.BooleanOr("forward_only", false));
  sink->Add(view.kind.BooleanOr("disable_restatement", false));
  AddTextOrNone(view, "auto_restatement_cron", sink);
  AddOptional(view.kind.Integer("auto_restatement_intervals"), sink);
}

}  // namespace

void AddKindData(const NodeView& view, HashSink* sink) {
  std::string_view name = view.kind_name;
  sink->Add(name);
  if (name == "INCREMENTAL_BY_TIME_RANGE" || name == "INCREMENTAL_BY_UNIQUE_KEY") {
    sink->Add(view.kind_dialect);
    AddOptional(view.kind.Integer("lookback"), sink);
    if (name == "INCREMENTAL_BY_TIME_RANGE") return AddTimeRange(view, sink);
    AddUniqueKey(view, sink);
    AddMerge(view, sink);
  } else if (name == "INCREMENTAL_UNMANAGED") {
    sink->Add(view.kind.BooleanOr("insert_overwrite", false));
  } else if (name == "VIEW") {
    sink->Add(view.kind.BooleanOr("materialized", false));
  } else if (name == "SEED") {
    AddCsvSettings(view, sink);
  } else if (IsScd(name)) {
    AddScd(view, sink);
  } else if (name == "CUSTOM") {
    AddCustom(view, sink);
  } else if (name == "DBT_CUSTOM") {
    AddTextOrNone(view, "materialization", sink);
    AddTextOrNone(view, "definition", sink);
    sink->Add(view.kind.TextOr("adapter", "default"));
    sink->Add(view.kind_dialect);
  }
}

void AddKindMetadata(const NodeView& view, HashSink* sink) {
  std::string_view name = view.kind_name;
  bool incremental = name.starts_with("INCREMENTAL");
  if (incremental || IsScd(name)) {
    sink->Add(Cat("OnDestructiveChange.", view.kind.TextOr("on_destructive_change", "ERROR")));
    sink->Add(Cat("OnAdditiveChange.", view.kind.TextOr("on_additive_change", "ALLOW")));
    AddTextOrNone(view, "auto_restatement_cron", sink);
  }
  if (name == "INCREMENTAL_BY_TIME_RANGE" || name == "INCREMENTAL_BY_UNIQUE_KEY") {
    AddOptional(view.kind.Integer("batch_size"), sink);
    sink->Add(view.kind.BooleanOr("forward_only", false));
    sink->Add(view.kind.BooleanOr("disable_restatement", false));
    if (name == "INCREMENTAL_BY_TIME_RANGE") {
      sink->Add(view.kind.BooleanOr("partition_by_time_column", true));
      AddOptional(view.kind.Integer("auto_restatement_intervals"), sink);
    }
  } else if (incremental || IsScd(name)) {
    sink->Add(view.kind.BooleanOr("forward_only", true));
    sink->Add(view.kind.BooleanOr("disable_restatement", name != "INCREMENTAL_BY_PARTITION"));
  } else if (name == "SEED") {
    AddOptional(view.kind.Integer("batch_size").value_or(1000), sink);
  } else if (name == "CUSTOM") {
    AddCustomMetadata(view, sink);
  }
}

}  // namespace stateserver::fingerprint
