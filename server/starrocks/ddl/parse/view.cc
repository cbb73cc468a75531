// SPDX-License-Identifier: Apache-2.0
//
// CREATE VIEW and CREATE MATERIALIZED VIEW.
#include "common/text.h"
#include "server/starrocks/ddl/parse/clauses.h"

namespace stateserver::schema {
namespace {

bool Query(TokenStream* in, std::string* out) {
  if (!in->NeedWord("AS")) return false;
  if (!in->IsWord("SELECT") && !in->IsWord("WITH") && !in->IsSymbol("("))
    return in->Fail("a query");
  return in->Rest("a query", out);
}

bool Every(TokenStream* in, std::string* out) {
  return in->NeedSymbol("(") && in->Expression("INTERVAL, a number and a unit", {}, out) &&
         in->NeedSymbol(")");
}

bool ParseRefresh(TokenStream* in, Refresh* out) {
  if (in->TakeWord("IMMEDIATE")) out->moment = Refresh::Moment::kImmediate;
  if (in->TakeWord("DEFERRED")) out->moment = Refresh::Moment::kDeferred;
  if (in->TakeWord("MANUAL")) {
    out->mode = Refresh::Mode::kManual;
    return true;
  }
  if (in->TakeWord("INCREMENTAL")) {
    out->mode = Refresh::Mode::kIncremental;
    return true;
  }
  if (!in->TakeWord("ASYNC") && !in->TakeWord("SCHEDULE")) {
    return in->Fail("ASYNC, SCHEDULE, MANUAL or INCREMENTAL");
  }
  if (in->TakeWord("START") &&
      (!in->NeedSymbol("(") || !in->Text("a time in quotes", &out->start) ||
       !in->NeedSymbol(")"))) {
    return false;
  }
  return !in->TakeWord("EVERY") || Every(in, &out->every);
}

// One clause of a materialized view, which come in any order. False with no
// error in the stream: there is none.
bool Clause(TokenStream* in, MaterializedView* out, bool* found) {
  *found = true;
  if (!out->partitioning && in->TakeWords({"PARTITION", "BY"})) {
    return ParsePartitioning(in, &out->partitioning.emplace());
  }
  if (!out->distribution && in->TakeWords({"DISTRIBUTED", "BY"})) {
    return ParseDistribution(in, &out->distribution.emplace());
  }
  if (out->order_by.empty() && in->TakeWords({"ORDER", "BY"})) {
    return ParseOrderBy(in, &out->order_by);
  }
  if (!out->refresh && in->TakeWord("REFRESH")) return ParseRefresh(in, &out->refresh.emplace());
  if (out->properties.empty() && in->TakeWord("PROPERTIES")) {
    return ParseProperties(in, &out->properties);
  }
  *found = false;
  return true;
}

}  // namespace

bool ParseView(TokenStream* in, View* out) {
  if (in->IsSymbol("(") && !ParseViewColumns(in, &out->columns)) return false;
  if (!TakeComment(in, &out->comment)) return false;
  if (in->TakeWord("SECURITY")) {
    if (in->TakeWord("NONE")) {
      out->security = "NONE";
    } else if (in->TakeWord("INVOKER")) {
      out->security = "INVOKER";
    } else {
      return in->Fail("NONE or INVOKER");
    }
  }
  return Query(in, &out->query);
}

bool ParseMaterializedView(TokenStream* in, MaterializedView* out) {
  if (in->IsSymbol("(") && !ParseViewColumns(in, &out->columns)) return false;
  if (!TakeComment(in, &out->comment)) return false;
  for (bool found = true; found;) {
    if (!Clause(in, out, &found)) return false;
  }
  if (!in->IsWord("AS")) {
    return in->Fail(
        "PARTITION BY, DISTRIBUTED BY, ORDER BY, REFRESH, PROPERTIES (each once) or AS");
  }
  return Query(in, &out->query);
}

}  // namespace stateserver::schema
