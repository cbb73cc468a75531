// SPDX-License-Identifier: Apache-2.0
//
// The syntax tree of a query.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema::query {

struct Node;
using NodePtr = std::unique_ptr<Node>;
// A shared type; null if it is not known. A type may be large, and many columns may have it.
using TypePtr = std::shared_ptr<const DataType>;

// Node is a part of a query. The layout of each kind says what the members hold; members that it
// does not name are empty. Chains of operators, joins and set operations are one node each, so that
// the height of a tree is at most a small multiple of kMostDepth.
struct Node {
  enum class Kind : uint8_t {
    // Expressions.
    kName,       // parts: `db`.`t`.`c`, followed by fields of a struct
    kVariable,   // text: @x, @@x
    kText,       // text
    kNumber,     // text, as written, with a sign after canonicalization
    kWord,       // text: NULL, TRUE, FALSE, a unit of time, … in upper case
    kStar,       // parts: qualifier; children: kName, excluded columns
    kChain,      // parts: operators of one precedence, one fewer than children
    kUnary,      // text: -, +, ~, !, NOT; children: operand
    kBetween,    // negated; children: value, lower, upper
    kIn,         // negated; children: value, then its items or one kSubquery
    kLike,       // text: LIKE, REGEXP, MATCH, …; negated; children: value, pattern
    kIs,         // text: NULL, TRUE, FALSE; negated; children: value
    kExists,     // children: kQuery
    kTuple,      // children
    kSubquery,   // children: kQuery
    kCall,       // parts: name; distinct; text: IGNORE NULLS; children: arguments, then any of
                 // kOrder, kSeparator, kFilter, kWindow
    kSeparator,  // text
    kFilter,     // children: condition
    kWindow,     // children: kList of partition expressions, kOrder or null; text: the frame
    kCase,       // children: operand or null, ELSE or null, then WHEN and THEN in turn
    kCast,       // text: CAST, TRY_CAST; type; children: value
    kInterval,   // text: unit; children: value
    kArray,      // type if given; children
    kMap,        // type if given; children: key and value in turn
    kLambda,     // parts: parameters; children: body
    kSubscript,  // children: value, index, and the end of a slice
    kField,      // text: name; children: value
    kArrow,      // text: ->, ->>; children: value, path
    kNamed,      // text: name; children: value of a named argument
    // Queries.
    kQuery,    // children: kWith or null, body, kOrder or null, kLimit or null
    kWith,     // text: RECURSIVE; children: kCte
    kCte,      // text: name; parts: columns; children: kQuery
    kSelect,   // distinct; children: kList of kItem and kStar, then or null: kList of relations,
               // WHERE, kGroup, HAVING, QUALIFY
    kSets,     // parts: UNION, UNION ALL, EXCEPT, INTERSECT; children: kQuery, kSelect, kValues
    kValues,   // children: kTuple
    kItem,     // text: alias; children: expression
    kGroup,    // text: ROLLUP, CUBE, GROUPING SETS; children
    kOrder,    // children: kSortKey
    kSortKey,  // text: ASC, DESC; parts: FIRST or LAST if given; children: expression
    kLimit,    // children: limit, offset or null
    kList,     // children
    // Relations; `text` is the alias.
    kTable,     // parts: name; children: kColumns or null, then kDetail
    kFunction,  // parts: name; children: kColumns or null, then arguments
    kDerived,   // children: kColumns or null, kQuery
    kJoined,    // children: relation, then kJoin
    kJoin,      // text: INNER, LEFT, LEFT SEMI, …; parts: hint; children: relation, condition,
                // kColumns of USING or null
    kPivot,     // parts: its text; children: kColumns or null, relation
    kColumns,   // parts: names
    kDetail,    // text: PARTITION (p), FOR VERSION AS OF 3, …
  };
  // Members of kSelect.
  enum : size_t { kItems, kFrom, kWhere, kGroupBy, kHaving, kQualify };
  // Members of kQuery.
  enum : size_t { kWithClause, kBody, kOrderBy, kLimitClause };

  explicit Node(Kind node_kind, std::string node_text = "")
      : kind(node_kind), text(std::move(node_text)) {}

  Kind kind;
  bool negated = false;
  bool distinct = false;
  uint32_t token = 0;  // position of its first token, for names and relations
  std::string text;
  std::vector<std::string> parts;
  std::vector<NodePtr> children;
  TypePtr type;
};

inline NodePtr NewNode(Node::Kind kind, std::string text = "") {
  return std::make_unique<Node>(kind, std::move(text));
}

// Returns a copy of the tree; null for null.
NodePtr Clone(const Node* node);

// Calls `visit` with each child that is not null.
template <typename Visit>
void ForEachChild(const Node& node, Visit visit) {
  for (const NodePtr& child : node.children) {
    if (child != nullptr) visit(*child);
  }
}

}  // namespace stateserver::schema::query
