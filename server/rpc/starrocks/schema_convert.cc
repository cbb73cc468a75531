// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/schema_convert.h"

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::rpc {
namespace {

// The core's enums are in the protocol's order, without UNSPECIFIED.
v1::SchemaStepClass ClassOf(schema::StepClass step_class) {
  return static_cast<v1::SchemaStepClass>(static_cast<int>(step_class) + 1);
}
static_assert(v1::SCHEMA_STEP_CLASS_METADATA == static_cast<int>(schema::StepClass::kMetadata) + 1);
static_assert(v1::SCHEMA_STEP_CLASS_COPY_SWAP ==
              static_cast<int>(schema::StepClass::kCopySwap) + 1);
static_assert(v1::SCHEMA_STEP_CLASS_DML == static_cast<int>(schema::StepClass::kDml) + 1);
static_assert(v1::REVERSIBILITY_IMPOSSIBLE ==
              static_cast<int>(schema::Reversibility::kImpossible) + 1);
static_assert(v1::SCHEMA_OBJECT_KIND_ROLLUP == static_cast<int>(schema::ObjectKind::kRollup) + 1);

std::string KeyText(const schema::Table& table) {
  if (!table.key) return "";
  constexpr std::string_view kWords[] = {"DUPLICATE KEY", "AGGREGATE KEY", "UNIQUE KEY",
                                         "PRIMARY KEY"};
  std::string names;
  for (const std::string& name : table.key->columns) {
    AppendTo(&names, names.empty() ? "" : ", ", name);
  }
  return Cat(kWords[static_cast<size_t>(table.key->model)], "(", names, ")");
}

std::string WithoutQuotes(std::string text) {
  std::erase(text, '`');
  return text;
}

std::string PartitionText(const std::optional<schema::Partitioning>& partitioning) {
  if (!partitioning) return "";
  schema::Partitioning scheme = *partitioning;
  size_t listed = scheme.partitions.size();
  scheme.partitions.clear();
  std::string text = WithoutQuotes(PrintPartitioning(scheme));
  if (text.ends_with(" ()")) text.resize(text.size() - 3);
  return listed == 0 ? text : Cat(text, ", ", listed, listed == 1 ? " partition" : " partitions");
}

std::string DistributionText(const std::optional<schema::Distribution>& distribution) {
  return distribution ? WithoutQuotes(PrintDistribution(*distribution)) : "";
}

void Fill(const schema::Table& table, v1::InspectedObject* out) {
  out->set_key(KeyText(table));
  out->set_distribution(DistributionText(table.distribution));
  out->set_partitions(PartitionText(table.partitioning));
  out->set_columns(static_cast<int32_t>(table.columns.size()));
  out->set_comment(table.comment);
}

void Fill(const schema::View& view, v1::InspectedObject* out) {
  out->set_columns(static_cast<int32_t>(view.columns.size()));
  out->set_comment(view.comment);
}

void Fill(const schema::MaterializedView& view, v1::InspectedObject* out) {
  out->set_distribution(DistributionText(view.distribution));
  out->set_partitions(PartitionText(view.partitioning));
  out->set_columns(static_cast<int32_t>(view.columns.size()));
  out->set_comment(view.comment);
  constexpr std::string_view kRefresh = "REFRESH ";
  if (view.refresh) out->set_refresh(PrintRefresh(*view.refresh).substr(kRefresh.size()));
}

}  // namespace

v1::SchemaObjectKind ToProto(schema::ObjectKind kind) {
  return static_cast<v1::SchemaObjectKind>(static_cast<int>(kind) + 1);
}

v1::EngineFacts ToProto(const schema::Engine& engine, const std::string& database) {
  v1::EngineFacts out;
  out.set_version(schema::PrintVersion(engine.version));
  out.set_shared_data(engine.run_mode == schema::RunMode::kSharedData);
  out.set_database(database);
  return out;
}

v1::SchemaStep ToProto(const schema::Step& step) {
  v1::SchemaStep out;
  out.set_object(step.object.Text());
  out.set_class_(ClassOf(step.step_class));
  out.set_statement(step.statement);
  out.set_job(step.job);
  out.set_destructive(step.destructive);
  out.set_reversibility(
      static_cast<v1::Reversibility>(static_cast<int>(step.undo.reversibility) + 1));
  for (const std::string& statement : step.undo.statements) out.add_reverse(statement);
  out.set_irreversible(step.undo.why);
  out.set_before(step.before);
  out.set_after(step.after);
  return out;
}

v1::SchemaRefusal ToProto(const schema::Refusal& refusal) {
  v1::SchemaRefusal out;
  out.set_object(refusal.object.Text());
  out.set_attribute(refusal.attribute);
  out.set_from(refusal.from);
  out.set_to(refusal.to);
  out.set_reason(refusal.reason);
  out.set_hint(refusal.hint);
  out.set_rebuild(refusal.rebuild);
  return out;
}

v1::SchemaWarning ToProto(const schema::PlanWarning& warning) {
  v1::SchemaWarning out;
  out.set_object(warning.object.Text());
  out.set_attribute(warning.attribute);
  out.set_message(warning.message);
  return out;
}

v1::UnmanagedSchemaItem ToProto(const schema::Unmanaged& item) {
  v1::UnmanagedSchemaItem out;
  out.set_object(item.object.Text());
  out.set_kind(ToProto(item.kind));
  out.set_attribute(item.attribute);
  out.set_reason(item.reason);
  return out;
}

v1::SchemaFinding ToProto(const schema::LintFinding& finding) {
  v1::SchemaFinding out;
  out.set_rule(finding.rule);
  out.set_object(finding.object.Text());
  out.set_message(finding.message);
  return out;
}

v1::SchemaProblem ToProto(const schema::Problem& problem) {
  v1::SchemaProblem out;
  out.set_file(problem.place.source);
  out.set_line(problem.place.line);
  out.set_column(problem.place.column);
  out.set_message(problem.message);
  out.set_hint(problem.hint);
  return out;
}

v1::UnreadSchemaObject ToProto(const schema::UnreadObject& unread) {
  v1::UnreadSchemaObject out;
  out.set_object(unread.name.Text());
  out.set_kind(unread.kind == "table"  ? v1::SCHEMA_OBJECT_KIND_TABLE
               : unread.kind == "view" ? v1::SCHEMA_OBJECT_KIND_VIEW
                                       : v1::SCHEMA_OBJECT_KIND_MATERIALIZED_VIEW);
  out.set_reason(unread.reason);
  return out;
}

std::vector<schema::PlanWarning> WarningsOf(const schema::Declared& declared) {
  std::vector<schema::PlanWarning> out;
  for (const schema::DeclaredWarning& one : declared.warnings) {
    out.push_back({one.object, one.attribute, one.message});
  }
  return out;
}

void EachEvent(const schema::Plan& plan, const std::vector<schema::LintFinding>& findings,
               const std::function<void(const v1::PlanEvent&)>& send) {
  v1::PlanEvent event;
  for (const auto& one : plan.steps) {
    *event.mutable_step() = ToProto(one);
    send(event);
  }
  for (const auto& one : plan.refusals) {
    *event.mutable_refusal() = ToProto(one);
    send(event);
  }
  for (const auto& one : plan.warnings) {
    *event.mutable_warning() = ToProto(one);
    send(event);
  }
  for (const auto& one : plan.unmanaged) {
    *event.mutable_unmanaged() = ToProto(one);
    send(event);
  }
  for (const auto& one : findings) {
    *event.mutable_finding() = ToProto(one);
    send(event);
  }
}

v1::InspectedObject ToProto(const schema::LiveObject& live) {
  v1::InspectedObject out;
  out.set_object(live.object.name.Text());
  out.set_kind(ToProto(KindOf(live.object)));
  out.set_statement(Print(live.object));
  std::visit([&](const auto& definition) { Fill(definition, &out); }, live.object.definition);
  if (live.activity && !live.activity->active) {
    out.set_inactive(true);
    out.set_inactive_reason(live.activity->reason);
  }
  return out;
}

}  // namespace stateserver::rpc
