// SPDX-License-Identifier: Apache-2.0
//
// A node's python_env as Python prints it: a list of (name, Executable) pairs.
#pragma once

#include <string>

#include "server/sqlmesh/fingerprint/fields.h"

namespace stateserver::fingerprint {

struct PythonEnvTexts {
  std::string all;
  // The entries without and with is_metadata.
  std::string data;
  std::string metadata;
  bool has_metadata = false;
};

PythonEnvTexts PrintPythonEnv(const Fields& node);

}  // namespace stateserver::fingerprint
