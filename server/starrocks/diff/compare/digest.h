// SPDX-License-Identifier: Apache-2.0
//
// A short text that tells two definitions of an object apart.
#pragma once

#include <string>

#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/ddl/model/object.h"

namespace stateserver::schema {

// In place of the digest of an object that is not there.
inline constexpr char kNoObject[] = "-";

// 16 hex digits of the object in its normal form, without the name of its
// database, partitions that the engine makes by itself, and a view's activity.
// Equal definitions have equal digests; so have nearly always definitions that
// the engine takes for equal. `printed`: the engine printed the object, and leaves
// out what AsPrinted writes out.
std::string ObjectDigest(const Object& object, const Engine& engine, bool printed = true);

}  // namespace stateserver::schema
