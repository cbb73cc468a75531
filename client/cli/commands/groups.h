// SPDX-License-Identifier: Apache-2.0
//
// The headings of `stateclient help`.
#pragma once

#include <string_view>

namespace stateserver::client {

inline constexpr std::string_view kStateGroup = "State";
inline constexpr std::string_view kMaintenanceGroup = "Keeping a state in order";
inline constexpr std::string_view kReadGroup = "What a state holds";
inline constexpr std::string_view kHistoryGroup = "What was done";
inline constexpr std::string_view kSchemaGroup = "StarRocks schemas";
inline constexpr std::string_view kClientGroup = "This client";

}  // namespace stateserver::client
