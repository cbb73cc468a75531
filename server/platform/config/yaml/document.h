// SPDX-License-Identifier: Apache-2.0
//
// Parsing of the file as a YAML tree, with the exceptions that SQLMesh's files need.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "server/platform/config/problems.h"

namespace stateserver::config {

// Returns the file's single document, a mapping. Otherwise reports the problem and returns nullopt.
// An unquoted value that begins with {{, as SQLMesh's templating allows, is read as text.
std::optional<YAML::Node> ParseDocument(const std::string& text, Problems* problems);

}  // namespace stateserver::config
