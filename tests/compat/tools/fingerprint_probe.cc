// SPDX-License-Identifier: Apache-2.0
//
// Answers questions about server/sqlmesh/fingerprint, for the tests that compare it with
// the real SQLMesh: one JSON object per line on stdin, one JSON value per line on
// stdout.
#include <simdjson.h>

#include <iostream>
#include <string>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/node_hasher.h"
#include "server/sqlmesh/fingerprint/parents.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::fingerprint {
namespace {

using simdjson::dom::element;

std::string Quoted(std::string_view text) {
  std::string out;
  state::AppendString(text, &out);
  return out;
}

std::string Unsupported_(std::string_view phrase) {
  return Cat("{\"unsupported\":", Quoted(phrase), "}");
}

// {"op":"hash","snapshot":{...}}: both hashes.
std::string Hash(element question, NodeHasher* hasher) {
  auto answer = hasher->Hash(question["snapshot"].value());
  if (!answer.ok()) return Cat("{\"error\":", Quoted(std::string(answer.status().message())), "}");
  if (!answer->hashes) return Unsupported_(answer->unsupported);
  return Cat("{\"data_hash\":", Quoted(answer->hashes->data_hash),
             ",\"metadata_hash\":", Quoted(answer->hashes->metadata_hash), "}");
}

// {"op":"gen","text":SQL,"dialect":NAME,"quoted":BOOL}.
std::string Gen(element question) {
  GenOptions options{.dialect = FindExpressionDialect(question["dialect"].get_string().value()),
                     .quoted = question["quoted"].get_bool().value()};
  std::string out;
  Unsupported unsupported;
  if (GenExpression(question["text"].get_string().value(), options, &out, &unsupported)) {
    return Cat("{\"gen\":", Quoted(out), "}");
  }
  return Unsupported_(unsupported.phrase());
}

bool ReadFingerprintOf(element snapshot, state::Fingerprint* fingerprint) {
  element stored;
  return snapshot["fingerprint"].get(stored) == simdjson::SUCCESS &&
         state::ReadFingerprint(stored, fingerprint);
}

// {"op":"parents","snapshot":{...},"parents":[{...}],"mapped":[NAME]}: names of
// the direct ones, or why not.
std::string Parents(element question) {
  state::Fingerprint own;
  if (!ReadFingerprintOf(question["snapshot"].value(), &own)) {
    return Unsupported_("no fingerprint");
  }
  std::vector<StoredParent> parents;
  simdjson::dom::array given = question["parents"];
  for (element each : given) {
    StoredParent& parent = parents.emplace_back();
    parent.name = each["name"];
    if (!ReadFingerprintOf(each, &parent.fingerprint)) return Unsupported_("no fingerprint");
    std::string_view kind;
    parent.embedded =
        each["node"]["kind"]["name"].get(kind) == simdjson::SUCCESS && kind == "EMBEDDED";
    simdjson::dom::array grandparents = each["parents"];
    for (element its : grandparents) parent.parents.push_back(its["name"]);
  }
  std::vector<std::string_view> mapped;
  simdjson::dom::array names = question["mapped"];
  for (element each : names) mapped.push_back(each);
  DirectAnswer answer = DirectParents(own, parents, mapped);
  if (!answer.supported) return Unsupported_(answer.unsupported);
  std::string out = "{\"direct\":[";
  for (int position : answer.direct) {
    AppendTo(&out, out.ends_with('[') ? "" : ",", Quoted(parents[position].name));
  }
  return out + "]}";
}

}  // namespace
}  // namespace stateserver::fingerprint

int main() {
  using namespace stateserver::fingerprint;
  NodeHasher hasher;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(std::cin, line);) {
    simdjson::dom::element question = parser.parse(line).value();
    std::string_view op = question["op"];
    std::cout << (op == "hash"      ? Hash(question, &hasher)
                  : op == "parents" ? Parents(question)
                                    : Gen(question))
              << "\n";
  }
}
