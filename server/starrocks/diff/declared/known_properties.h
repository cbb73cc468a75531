// SPDX-License-Identifier: Apache-2.0
//
// The names of properties that some StarRocks release takes.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::schema {

// Names are case-sensitive. Families ("dynamic_partition.…", "session.…") are
// known by their first part.
bool IsKnownProperty(std::string_view key);

// The known one that differs in case, or in a letter; empty: none.
std::string SimilarProperty(std::string_view key);

}  // namespace stateserver::schema
