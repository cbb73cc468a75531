// SPDX-License-Identifier: Apache-2.0
//
// References to environment variables inside one configuration value.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stateserver::config {

// The value of an environment variable, empty when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The variables of this process.
Environment ProcessEnvironment();

struct Expansion {
  std::string text;
  // One clause without a full stop when the value could not be expanded.
  std::string error;
};

// Replaces ${NAME}, {{ env_var('NAME') }} and {{ env_var('NAME', 'default') }}
// in an already parsed value; what comes in is never looked at again, so a
// variable may hold any character. $${ gives ${ and {{ 'text' }} gives text.
// Errors: a variable that is not set and has no default, a malformed reference,
// any other {{ … }}.
Expansion Expand(std::string_view value, const Environment& environment);

}  // namespace stateserver::config
