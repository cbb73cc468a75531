// SPDX-License-Identifier: Apache-2.0
//
// The end of a log, for an error's sentence.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::postgres::embedded {

// The last `lines` lines that are not empty, joined by " | ".
std::string LastLines(std::string_view text, int lines);

// The last 16 KiB of a file; "" when it cannot be read.
std::string TailOf(const std::string& path);

}  // namespace stateserver::postgres::embedded
