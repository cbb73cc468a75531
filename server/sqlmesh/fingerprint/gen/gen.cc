// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/gen.h"

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/parser.h"

namespace stateserver::fingerprint {
namespace {

constexpr size_t kShown = 60;

bool Refuse(std::string_view text, const std::string& problem, Unsupported* unsupported) {
  std::string shown(text.substr(0, kShown));
  if (text.size() > kShown) shown.append("...");
  return unsupported->Note(Cat("the expression ", shown, ", for ", problem));
}

bool KnowsDialect(std::string_view text, const GenOptions& options, Unsupported* unsupported) {
  if (options.dialect != nullptr) return true;
  return Refuse(text, "its dialect", unsupported);
}

bool ReadProperty(ExpressionParser* parser, Property* property) {
  const Token& name = parser->Peek();
  property->string_name = name.kind == Token::kString;
  property->quoted_name = name.kind == Token::kQuoted;
  property->name = name.text;
  std::string unused;
  // NESTED is the name of a type, but every dialect reads it as a name before `=`.
  bool nested = parser->IsWord("NESTED") && parser->IsOperator("=", 1);
  if (property->string_name || nested) {
    parser->Consume();
  } else if (!parser->Identifier(&unused)) {
    return false;
  }
  // A second `=` would belong to another property.
  return parser->NeedOperator("=") && parser->Comparison(&property->value);
}

bool ReadPropertyList(ExpressionParser* parser, std::vector<Property>* out) {
  if (!parser->ok() || !parser->NeedOperator("(")) return false;
  while (!parser->ConsumeOperator(")")) {
    if (!out->empty() && !parser->NeedOperator(",")) return false;
    if (!out->empty() && parser->ConsumeOperator(")")) break;
    if (!ReadProperty(parser, &out->emplace_back())) return false;
  }
  return parser->AtEnd() || parser->FailHere();
}

}  // namespace

bool GenExpression(std::string_view text, const GenOptions& options, std::string* out,
                   Unsupported* unsupported) {
  if (!KnowsDialect(text, options, unsupported)) return false;
  ExpressionParser parser(text, options);
  if (parser.ok() && parser.Aliased(out) && (parser.AtEnd() || parser.FailHere())) return true;
  return Refuse(text, parser.problem(), unsupported);
}

bool ReadProperties(std::string_view text, const GenOptions& options, std::vector<Property>* out,
                    Unsupported* unsupported) {
  if (!KnowsDialect(text, options, unsupported)) return false;
  ExpressionParser parser(text, options);
  return ReadPropertyList(&parser, out) || Refuse(text, parser.problem(), unsupported);
}

std::string GenProperties(const std::vector<Property>& properties) {
  std::string out = "TUPLE";
  std::string_view separator = " :expressions,";
  for (const Property& property : properties) {
    std::string_view quote = property.string_name ? "'" : property.quoted_name ? "\"" : "";
    AppendTo(&out, separator, quote, property.name, quote, " = ", property.value);
    separator = ",";
  }
  return out;
}

}  // namespace stateserver::fingerprint
