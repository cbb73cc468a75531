// SPDX-License-Identifier: Apache-2.0
//
// The normal form of a table: its declaration as the engine interprets it.
#pragma once

#include <string>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Fills in the engine's defaults and removes redundancy: nullability of columns, keys given by
// markers, the distribution, spellings of expressions and properties. The key stays absent if the
// engine would choose it. Listed partitions are unchanged.
Table NormalTable(const ObjectName& name, const Table& table, const Engine& engine);

// Adds what SHOW CREATE omits: a RANDOM table printed without a bucket_size has none, whereas a
// declaration without one gets the engine's default.
Table NormalizeLive(Table table, const Engine& engine);

// Returns an expression's text with words in lower case, except for quoted texts and names.
std::string NormalExpression(const std::string& text);

// Returns the normal expression of a generated column, without redundant parentheses.
std::string NormalGenerated(const std::string& text);

// Converts ASCII letters to lower case; names of columns are compared in this form.
std::string Folded(const std::string& name);

// Replaces the digest of an object that does not exist.
inline constexpr char kNoObject[] = "-";

// Returns 16 hex digits that identify the object in its normal form, without its database,
// automatically created partitions, and a view's activity. Equal definitions have equal digests;
// definitions that the engine considers equal almost always do too. `printed` is true if the engine
// printed the object, and thus omitted what NormalizeLive adds.
std::string ObjectDigest(const Object& object, const Engine& engine, bool printed = true);

}  // namespace stateserver::schema
