// SPDX-License-Identifier: Apache-2.0

#include "common/depth.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/gen/parser.h"

namespace stateserver::fingerprint {
namespace {

// A text or a name.
bool Name(ExpressionParser* parser, std::string* out) {
  if (parser->Peek().kind == Token::kString) {
    *out = Trim(parser->Take().text);
    return true;
  }
  *out = parser->Peek().text;
  std::string unused;
  return parser->Identifier(&unused);
}

bool Grantees(ExpressionParser* parser, int* depth, std::vector<std::string>* out) {
  DepthGuard guard(depth);
  if (guard.TooDeep()) return parser->Fail("their depth");
  std::string_view close = parser->IsOperator("[") ? "]" : ")";
  if (!parser->IsOperator("[") && !parser->IsOperator("(")) {
    return Name(parser, &out->emplace_back());
  }
  parser->Take();
  for (bool first = true; !parser->TakeOperator(close); first = false) {
    if (!first && !parser->NeedOperator(",")) return false;
    if (!Grantees(parser, depth, out)) return false;
  }
  return true;
}

bool Grants(ExpressionParser* parser, GrantList* out) {
  if (!parser->ok() || !parser->NeedOperator("(")) return false;
  while (!parser->TakeOperator(")")) {
    if (!out->empty() && !parser->NeedOperator(",")) return false;
    if (!out->empty() && parser->TakeOperator(")")) break;
    std::string name;
    std::vector<std::string> grantees;
    int depth = 0;
    if (!Name(parser, &name) || !parser->NeedOperator("=") ||
        !Grantees(parser, &depth, &grantees)) {
      return false;
    }
    out->emplace_back(std::move(name), std::move(grantees));
  }
  return parser->AtEnd() || parser->FailHere();
}

}  // namespace

bool ReadGrants(std::string_view text, const Dialect* dialect, GrantList* out,
                Unsupported* unsupported) {
  if (dialect == nullptr) return unsupported->Note("grants, for their dialect");
  ExpressionParser parser(text, {.dialect = dialect});
  return Grants(&parser, out) || unsupported->Note(Cat("grants, for ", parser.problem()));
}

}  // namespace stateserver::fingerprint
