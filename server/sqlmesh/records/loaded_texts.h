// SPDX-License-Identifier: Apache-2.0
//
// The SQL texts of a node as SQLMesh writes them after it has loaded them, and the node of an older
// release in these texts.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "server/sqlmesh/records/column_types.h"
#include "server/sqlmesh/records/notes.h"

namespace stateserver::state {

// Appends an expression of partitioned_by and its like. `rules` may be null. Text that is certainly
// the dialect's own output needs no rule.
void AppendLoadedField(const DialectRules* rules, std::string_view dialect, std::string_view text,
                       std::string* out, EncodeNotes* notes);

// Returns the clauses of when_matched, a part of `text`. They are stored as "(WHEN ...)"; SQLMesh
// reads them without the parentheses and keeps the text between the first and last token.
std::string_view LoadedWhenMatched(std::string_view dialect, SqlglotRelease sqlglot,
                                   std::string_view text, EncodeNotes* notes);

// Appends the stored node of a state that an older release works with, as that release exports it:
// the members in their order, none added, with the texts above in its spelling.
void AppendOlderNode(simdjson::dom::element node, int schema_version, SqlglotRelease sqlglot,
                     std::string* out, EncodeNotes* notes);

}  // namespace stateserver::state
