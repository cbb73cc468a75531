// SPDX-License-Identifier: Apache-2.0
//
// A table as the engine understands its declaration.
#pragma once

#include <string>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Fills in what the engine fills in, and drops what says nothing: whether columns
// may be NULL, keys given by markers, the distribution, spellings of expressions
// and properties. The key stays absent where the engine would choose it. Listed
// partitions are left as they are.
Table NormalTable(const ObjectName& name, const Table& table, const Engine& engine);

// What SHOW CREATE leaves out, written out: a RANDOM table without a bucket_size
// has none, where a declaration without one gets the engine's.
Table NormalizeLive(Table table, const Engine& engine);

// An expression's text with words in lower case, but for quoted texts and names.
std::string NormalExpression(const std::string& text);

// That of a generated column, without parentheses that change nothing.
std::string NormalGenerated(const std::string& text);

// Lower case of ASCII letters: how names of columns compare.
std::string Folded(const std::string& name);

// In place of the digest of an object that is not there.
inline constexpr char kNoObject[] = "-";

// 16 hex digits of the object in its normal form, without the name of its
// database, partitions that the engine makes by itself, and a view's activity.
// Equal definitions have equal digests; so have nearly always definitions that
// the engine takes for equal. `printed`: the engine printed the object, and leaves
// out what NormalizeLive writes out.
std::string ObjectDigest(const Object& object, const Engine& engine, bool printed = true);

}  // namespace stateserver::schema
