// SPDX-License-Identifier: Apache-2.0
//
// Audits, signals, properties and grants.
#include <algorithm>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/json_dumps.h"
#include "server/sqlmesh/fingerprint/node_parts.h"

namespace stateserver::fingerprint {
namespace {

using simdjson::dom::element;

// SQLMesh's own audits; each exists with the suffix _non_blocking as well.
constexpr std::string_view kBuiltinAudits[] = {"accepted_range",
                                               "accepted_values",
                                               "at_least_one",
                                               "chi_square",
                                               "forall",
                                               "kl_divergence",
                                               "match_like_pattern_list",
                                               "match_regex_pattern_list",
                                               "mean_in_range",
                                               "mutually_exclusive_ranges",
                                               "not_accepted_values",
                                               "not_constant",
                                               "not_empty_string",
                                               "not_match_like_pattern_list",
                                               "not_match_regex_pattern_list",
                                               "not_null",
                                               "not_null_proportion",
                                               "number_of_rows",
                                               "sequential_values",
                                               "stddev_in_range",
                                               "string_length_between",
                                               "string_length_equal",
                                               "unique_combination_of_columns",
                                               "unique_values",
                                               "valid_email",
                                               "valid_http_method",
                                               "valid_url",
                                               "valid_uuid",
                                               "z_score"};

bool IsBuiltin(std::string_view name) {
  constexpr std::string_view kSuffix = "_non_blocking";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return std::find(std::begin(kBuiltinAudits), std::end(kBuiltinAudits), name) !=
         std::end(kBuiltinAudits);
}

struct Call {
  std::string name;
  std::vector<std::pair<std::string_view, std::string>> arguments;  // name, gen
};

bool ReadArguments(simdjson::dom::object object, Call* call, Unsupported* unsupported) {
  // Without the model's dialect, as SQLMesh reads them from its state.
  GenOptions options{.dialect = FindExpressionDialect("")};
  for (auto [key, value] : object) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return false;
    std::string gen;
    GenExpression(text, options, &gen, unsupported);
    call->arguments.emplace_back(key, std::move(gen));
  }
  return true;
}

bool ReadCall(element value, Call* call, Unsupported* unsupported) {
  simdjson::dom::array pair;
  std::string_view name;
  simdjson::dom::object arguments;
  if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(name) != simdjson::SUCCESS || pair.at(1).get(arguments) != simdjson::SUCCESS) {
    return false;
  }
  call->name = name;
  for (char& c : call->name) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  return ReadArguments(arguments, call, unsupported);
}

std::vector<Call> ReadCalls(const NodeView& view, std::string_view field) {
  std::vector<Call> calls;
  for (element value : view.node.Array(field)) {
    if (!ReadCall(value, &calls.emplace_back(), view.unsupported)) view.node.Refuse(field);
  }
  std::stable_sort(calls.begin(), calls.end(),
                   [](const Call& a, const Call& b) { return a.name < b.name; });
  return calls;
}

void AddAuditDefinition(const NodeView& view, const std::string& name, HashSink* sink) {
  simdjson::dom::object found;
  if (view.node.Object("audit_definitions").at_key(name).get(found) != simdjson::SUCCESS) {
    view.unsupported->Note(Cat("the audit ", name, ", which has no definition"));
    return;
  }
  Fields audit(found, "audit_definitions", view.unsupported);
  sink->Add(audit.Sql("query"));
  std::string dialect(audit.TextOr("dialect", ""));
  for (char& c : dialect) {
    if (c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  sink->Add(dialect);
  sink->Add(audit.BooleanOr("skip", false));
  sink->Add(audit.BooleanOr("blocking", true));
}

}  // namespace

void AddAudits(const NodeView& view, HashSink* sink) {
  for (const Call& call : ReadCalls(view, "audits")) {
    sink->Add(call.name);
    if (!IsBuiltin(call.name)) AddAuditDefinition(view, call.name, sink);
    for (const auto& [name, gen] : call.arguments) {
      sink->Add(name);
      sink->Add(gen);
    }
  }
}

void AddSignals(const NodeView& view, HashSink* sink) {
  for (Call& call : ReadCalls(view, "signals")) {
    sink->Add(call.name);
    std::sort(call.arguments.begin(), call.arguments.end());
    for (const auto& [name, gen] : call.arguments) sink->Add(Cat(name, ":", gen));
  }
}

void AddProperties(const NodeView& view, std::string_view field, HashSink* sink) {
  auto text = view.node.Text(field);
  if (!text) return;
  GenOptions options{.dialect = FindExpressionDialect(view.dialect)};
  std::vector<Property> list;
  ReadProperties(*text, options, &list, view.unsupported);
  for (size_t i = 0; i < list.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (list[i].name == list[j].name) view.unsupported->Note("a property given twice");
    }
    sink->Add(list[i].name);
    sink->Add(list[i].value);
  }
}

std::string GrantsJson(const NodeView& view) {
  auto text = view.node.Text("grants");
  GrantList grants;
  if (!text || !ReadGrants(*text, FindExpressionDialect(view.dialect), &grants, view.unsupported) ||
      grants.empty()) {
    return {};
  }
  std::stable_sort(grants.begin(), grants.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out = "{";
  for (size_t i = 0; i < grants.size(); ++i) {
    // Of a permission given twice the last one holds.
    if (i + 1 < grants.size() && grants[i].first == grants[i + 1].first) continue;
    if (out.size() > 1) out.append(", ");
    AppendAsciiString(grants[i].first, &out);
    out.append(": [");
    for (size_t j = 0; j < grants[i].second.size(); ++j) {
      if (j > 0) out.append(", ");
      AppendAsciiString(grants[i].second[j], &out);
    }
    out.push_back(']');
  }
  return out + "}";
}

}  // namespace stateserver::fingerprint
