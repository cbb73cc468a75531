// SPDX-License-Identifier: Apache-2.0
//
// Expansion of environment variables in one configuration value.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stateserver::config {

// Environment returns the value of a variable, or nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Returns the variables of this process.
Environment ProcessEnvironment();

struct Expansion {
  std::string text;
  // The reason if the value could not be expanded: one clause without a full stop.
  std::string error;
};

// Replaces ${NAME}, {{ env_var('NAME') }} and {{ env_var('NAME', 'default') }} in an already parsed
// value. The result is not expanded again, so a variable may hold any character. $${ yields ${ and
// {{ 'text' }} yields text. Errors: an unset variable without a default, a malformed reference, any
// other {{ … }}.
Expansion Expand(std::string_view value, const Environment& environment);

}  // namespace stateserver::config
