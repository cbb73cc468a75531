// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/json_output.h"

namespace stateserver::state {
namespace {

void Key(std::string_view name, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendTo(out, "\"", name, "\":");
}

void Text(std::string_view name, const std::optional<std::string>& value, std::string* out) {
  if (!value) return;
  Key(name, out);
  AppendString(*value, out);
}

void Number(std::string_view name, std::optional<int64_t> value, std::string* out) {
  if (!value) return;
  Key(name, out);
  AppendInteger(*value, out);
}

void Flag(std::string_view name, bool value, std::string* out) {
  Key(name, out);
  out->append(value ? "true" : "false");
}

}  // namespace

void AppendEnvironmentHead(const EnvironmentRow& row, std::string* out) {
  out->push_back('{');
  Text("name", row.name, out);
  Text("start_at", row.start_at, out);
  Text("end_at", row.end_at, out);
  Text("plan_id", row.plan_id, out);
  Text("previous_plan_id", row.previous_plan_id, out);
  Number("expiration_ts", row.expiration_ts, out);
  Number("finalized_ts", row.finalized_ts, out);
  Text("suffix_target", row.suffix_target.value_or("schema"), out);
  Text("catalog_name_override", row.catalog_name_override, out);
  Flag("normalize_name", row.normalize_name.value_or(true), out);
  Flag("gateway_managed", row.gateway_managed.value_or(false), out);
}

absl::Status AppendEnvironmentTail(const EnvironmentRow& row, std::string* out) {
  std::string_view text = row.requirements ? std::string_view(*row.requirements) : "{}";
  simdjson::dom::parser parser;
  simdjson::dom::element requirements;
  std::string what = Cat("The column requirements of the environment '", row.name, "'");
  RETURN_IF_ERROR(ParseDocument(&parser, text.empty() ? "{}" : text, Reason::STATE_CORRUPT, what,
                                &requirements));
  if (!requirements.is_object() && !requirements.is_null()) {
    return Error(Reason::STATE_CORRUPT, Cat(what, " is not a JSON object."), "",
                 {{"environment", row.name}});
  }
  out->append(",\"requirements\":");
  if (requirements.is_null()) {
    out->append("{}");
  } else {
    AppendValue(requirements, out);
  }
  out->push_back('}');
  return absl::OkStatus();
}

}  // namespace stateserver::state
