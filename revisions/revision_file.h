// SPDX-License-Identifier: Apache-2.0
//
// The file of a revision: a header in comments, and the sections `-- +upgrade`
// and `-- +downgrade`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "revisions/revision.h"

namespace stateserver::revisions {

// Limits on one file: names in a header line, and statements. Far more than a person reads.
inline constexpr size_t kMostListed = 1000;
inline constexpr size_t kMostStatements = 50'000;
inline constexpr size_t kMostStatementBytes = size_t{2}
                                              << 20;  // a message of the journal has 4 MiB

// `file` is what errors call it. REVISION_INVALID, with file and line, for a
// header without an id, a key given twice, a statement outside of the sections,
// a section that is missing, text that ends in the middle, or more than the limits above.
absl::StatusOr<Revision> ReadRevision(std::string_view file, std::string_view text);

// Reading it gives an equal revision, but for lines, file and sum.
std::string PrintRevision(const Revision& revision);

// The statement with its semicolon, on a line of its own behind a comment.
std::string Terminated(std::string_view statement);

// Twelve random hex digits, as Alembic's.
std::string NewRevisionId();

// "20261122_101530_3f2a9c81d0e4_add_age.sql": when (`created`), id and the first
// words of the message.
std::string FileName(const Revision& revision);

}  // namespace stateserver::revisions
