// SPDX-License-Identifier: Apache-2.0
//
// Selection of objects by name.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Filter selects objects by globs of "name" or "db.name". Without an include everything is
// selected; an exclude takes precedence.
class Filter {
 public:
  Filter(std::vector<std::string> include, std::vector<std::string> exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {}

  bool Takes(const ObjectName& name) const;

 private:
  const std::vector<std::string> include_, exclude_;
};

}  // namespace stateserver::schema
