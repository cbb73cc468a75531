// SPDX-License-Identifier: Apache-2.0
//
// The WHEN clauses of a merge.
#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/gen/parser.h"

namespace stateserver::fingerprint {
namespace {

bool Update(ExpressionParser* parser, std::string* out) {
  out->append(",:then,UPDATE :expressions");
  if (parser->TakeOperator("*")) {
    out->append(",STAR");
    return true;
  }
  if (!parser->TakeWord("SET")) return parser->FailHere();
  do {
    out->append(",");
    if (!parser->Equality(out)) return false;
  } while (parser->TakeOperator(","));
  return true;
}

bool Tuple(ExpressionParser* parser, std::string* out) {
  std::vector<std::string> items;
  if (!parser->NeedOperator("(") || !parser->List(")", &items) || items.empty()) {
    return parser->FailHere();
  }
  out->append("TUPLE :expressions");
  for (const std::string& item : items) AppendTo(out, ",", item);
  return true;
}

bool Insert(ExpressionParser* parser, std::string* out) {
  out->append(",:then,INSERT :this,");
  if (parser->TakeOperator("*")) {
    out->append("STAR");
    return true;
  }
  if (!Tuple(parser, out) || !parser->TakeWord("VALUES")) return parser->FailHere();
  out->append(",:expression,");
  return Tuple(parser, out);
}

bool When(ExpressionParser* parser, std::string* out) {
  bool matched = !parser->TakeWord("NOT");
  if (!parser->TakeWord("MATCHED")) return parser->FailHere();
  bool source = false;
  if (parser->TakeWord("BY")) {
    source = parser->TakeWord("SOURCE");
    if (!source && !parser->TakeWord("TARGET")) return parser->FailHere();
  }
  AppendTo(out, "WHEN :matched,", matched ? "True" : "False", ",:source,",
           source ? "True" : "False");
  if (parser->TakeWord("AND")) {
    out->append(",:condition,");
    if (!parser->Expression(out)) return false;
  }
  if (!parser->TakeWord("THEN")) return parser->FailHere();
  if (parser->TakeWord("UPDATE")) return Update(parser, out);
  if (parser->TakeWord("INSERT")) return Insert(parser, out);
  if (!parser->TakeWord("DELETE")) return parser->FailHere();
  out->append(",:then,DELETE");
  return true;
}

bool Whens(ExpressionParser* parser, std::string* out) {
  if (!parser->ok()) return false;
  out->append("WHENS :expressions");
  do {
    if (!parser->TakeWord("WHEN")) return parser->FailHere();
    out->append(",");
    if (!When(parser, out)) return false;
  } while (!parser->AtEnd());
  return true;
}

}  // namespace

bool GenWhens(std::string_view text, const GenOptions& options, std::string* out,
              Unsupported* unsupported) {
  if (options.dialect == nullptr) return unsupported->Note("when_matched, for its dialect");
  // SQLMesh drops the first and the last character, whatever the last one is.
  std::string_view clauses = Trim(text);
  if (clauses.starts_with('(')) clauses = clauses.substr(1, clauses.size() - 2);
  // Its VALUES are a list of tuples, and of a tuple for one column.
  if (options.dialect->name == "clickhouse" && UpperText(clauses).find("VALUES") != clauses.npos) {
    return unsupported->Note("when_matched, for its VALUES");
  }
  ExpressionParser parser(clauses, options);
  return Whens(&parser, out) || unsupported->Note(Cat("when_matched, for ", parser.problem()));
}

}  // namespace stateserver::fingerprint
