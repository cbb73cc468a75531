// SPDX-License-Identifier: Apache-2.0
//
// The file's text as a YAML tree, with the accommodations SQLMesh's files need.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "server/platform/config/problems.h"

namespace stateserver::config {

// The file's one document, a mapping; else empty and reported. A value that
// begins with {{ without quotes, as SQLMesh's templating allows, is taken as text.
std::optional<YAML::Node> ParseDocument(const std::string& text, Problems* problems);

}  // namespace stateserver::config
