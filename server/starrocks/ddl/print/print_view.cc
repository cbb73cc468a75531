// SPDX-License-Identifier: Apache-2.0
//
// Views and materialized views.
#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"

namespace stateserver::schema {
namespace {

std::string PrintViewColumns(const std::vector<ViewColumn>& columns) {
  if (columns.empty()) return "";
  std::string text;
  for (const ViewColumn& column : columns) {
    AppendTo(&text, text.empty() ? "\n  " : ",\n  ", QuoteName(column.name));
    if (!column.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(column.comment));
  }
  return Cat(" (", text, "\n)");
}

std::string PrintComment(const std::string& comment) {
  return comment.empty() ? "" : Cat("\nCOMMENT ", QuoteText(comment));
}

}  // namespace

std::string PrintRefresh(const Refresh& refresh) {
  std::string text = "REFRESH";
  if (refresh.moment == Refresh::Moment::kImmediate) text.append(" IMMEDIATE");
  if (refresh.moment == Refresh::Moment::kDeferred) text.append(" DEFERRED");
  if (refresh.mode == Refresh::Mode::kManual) return text + " MANUAL";
  if (refresh.mode == Refresh::Mode::kIncremental) return text + " INCREMENTAL";
  text.append(" ASYNC");
  if (!refresh.start.empty()) AppendTo(&text, " START (", QuoteText(refresh.start), ")");
  if (!refresh.every.empty()) AppendTo(&text, " EVERY (", refresh.every, ")");
  return text;
}

std::string PrintView(const ObjectName& name, const View& view) {
  std::string text = Cat("CREATE VIEW ", PrintName(name), PrintViewColumns(view.columns),
                         PrintComment(view.comment));
  if (!view.security.empty()) AppendTo(&text, "\nSECURITY ", view.security);
  return Cat(text, "\nAS ", view.query);
}

std::string PrintMaterializedView(const ObjectName& name, const MaterializedView& view) {
  std::string text = Cat("CREATE MATERIALIZED VIEW ", PrintName(name),
                         PrintViewColumns(view.columns), PrintComment(view.comment));
  if (view.partitioning) AppendTo(&text, "\nPARTITION BY ", PrintPartitioning(*view.partitioning));
  if (view.distribution) {
    AppendTo(&text, "\nDISTRIBUTED BY ", PrintDistribution(*view.distribution));
  }
  if (!view.order_by.empty()) {
    AppendTo(&text, "\nORDER BY (", PrintNames(view.order_by), ")");
  }
  if (view.refresh) AppendTo(&text, "\n", PrintRefresh(*view.refresh));
  return Cat(text, PrintPropertiesClause(view.properties), "\nAS ", view.query);
}

}  // namespace stateserver::schema
