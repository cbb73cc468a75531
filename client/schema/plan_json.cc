// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/json.h"
#include "client/schema/plan_view.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

template <typename Items, typename ToText>
std::string List(const Items& items, ToText to_text) {
  std::string list = "[";
  for (const auto& item : items) AppendTo(&list, list.size() == 1 ? "" : ",", to_text(item));
  return list + "]";
}

std::string_view ReversibilityWord(pb::Reversibility reversibility) {
  switch (reversibility) {
    case pb::REVERSIBILITY_LOSSLESS:
      return "lossless";
    case pb::REVERSIBILITY_LOSSY:
      return "lossy";
    default:
      return "impossible";
  }
}

std::string StepJson(const pb::SchemaStep& step) {
  JsonObject object;
  object.Text("object", step.object())
      .Text("class", StepClassWord(step.class_()))
      .Text("statement", step.statement())
      .Bool("job", step.job())
      .Bool("destructive", step.destructive())
      .Text("reversibility", ReversibilityWord(step.reversibility()));
  if (step.reversibility() == pb::REVERSIBILITY_IMPOSSIBLE) {
    object.Null("reverse");
  } else {
    object.Raw("reverse", List(step.reverse(), [](const auto& text) { return JsonString(text); }));
  }
  if (step.irreversible().empty()) {
    object.Null("irreversible");
  } else {
    object.Text("irreversible", step.irreversible());
  }
  return object.Finish();
}

std::string UnmanagedJson(const pb::UnmanagedSchemaItem& item) {
  return JsonObject()
      .Text("object", item.object())
      .Text("kind", ObjectKindWord(item.kind()))
      .Text("attribute", item.attribute())
      .Text("reason", item.reason())
      .Finish();
}

}  // namespace

std::string PlanToJson(const pb::DiffResponse& plan) {
  auto plain = [](const auto& message) { return ToJson(message); };
  return JsonObject()
      .Raw("steps", List(plan.steps(), StepJson))
      .Raw("refusals", List(plan.refusals(), plain))
      .Raw("warnings", List(plan.warnings(), plain))
      .Raw("unmanaged", List(plan.unmanaged(), UnmanagedJson))
      .Raw("findings", List(plan.findings(), plain))
      .Raw("engine", ToJson(plan.engine()))
      .Finish();
}

}  // namespace stateserver::client
