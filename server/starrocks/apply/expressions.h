// SPDX-License-Identifier: Apache-2.0
//
// The columns and the type of an expression.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::apply {

struct Expression {
  std::optional<DataType> type;  // absent if not known
  // True if the rules for the type were measured: columns, numbers, arithmetic and CAST.
  bool certain = false;
  bool aggregates = false;
  std::string name;               // of a column that stands alone
  std::set<std::string> columns;  // read outside aggregates, in lower case
  std::set<std::string> all;      // read anywhere, in lower case
  OutputColumn source;            // the column that stands alone
  std::string inputs;             // the columns read, with their types
};

// Names resolves what an expression refers to.
struct Names {
  // Returns the column that the name refers to through `found`.
  std::function<Verdict(const std::vector<std::string>& parts, OutputColumn* found)> column;
  // Reads a query in brackets, from SELECT or WITH on.
  std::function<Verdict(schema::TokenStream* in, std::optional<DataType>* type)> query;
};

// Reads an expression up to the first token that cannot continue it. Returns kRefused for a column
// that cannot be resolved, kUnknown for a form or a function that is not known.
Verdict ReadExpression(schema::TokenStream* in, const Names& names, Expression* out);

// Reads the whole text.
Verdict ReadExpressionText(const std::string& text, const Names& names, Expression* out);

}  // namespace stateserver::apply
