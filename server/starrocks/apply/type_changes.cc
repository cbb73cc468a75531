// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/type_changes.h"

#include <string_view>

#include "common/text.h"

namespace stateserver::apply {
namespace {

enum class TypeChange { kRefused, kByLength, kAlways };

struct Conversion {
  std::string_view from, to;
  TypeChange value, key;
};

constexpr Conversion kConversions[] = {
#include "server/starrocks/apply/type_changes_table.inc"
};

TypeChange FindChange(const DataType& from, const DataType& to, bool key) {
  for (const Conversion& one : kConversions) {
    if (one.from == from.name && one.to == to.name) return key ? one.key : one.value;
  }
  return TypeChange::kRefused;
}

Verdict CanNotChange(const DataType& from, const DataType& to) {
  return Refused(Cat("Can not change ", MessageType(from), " to ", MessageType(to)), kMeasured402);
}

Verdict CheckDecimal(const DataType& from, const DataType& to) {
  int scale = to.scale.value_or(0), old_scale = from.scale.value_or(0);
  int whole = to.precision.value_or(0) - scale, old_whole = from.precision.value_or(0) - old_scale;
  return scale < old_scale || whole < old_whole ? CanNotChange(from, to) : Taken();
}

// Below the precision, texts are refused; with room for sign, point and a leading zero, they are
// accepted. In between nothing was recorded.
Verdict CheckDecimalAsText(const DataType& from, const DataType& to) {
  constexpr int kSigns = 3;
  int length = to.length.value_or(1), precision = from.precision.value_or(0);
  if (length < precision) return CanNotChange(from, to);
  if (length >= precision + kSigns) return Taken();
  return Unknown(
      Cat("whether ", MessageType(from), " can become a text of ", length, " characters"));
}

Verdict CheckLength(const DataType& from, const DataType& to) {
  constexpr int kLeastForJson = 1024;
  if (from.name == "DECIMAL") {
    return to.name == "DECIMAL" ? CheckDecimal(from, to) : CheckDecimalAsText(from, to);
  }
  if (from.name == "JSON") {
    if (to.length.value_or(1) >= kLeastForJson) return Taken();
    return Refused("JSON needs minimum length of 1024", kMeasured402);
  }
  if (to.length.value_or(1) >= from.length.value_or(1)) return Taken();
  return Refused("Cannot shorten string length", kMeasured402);
}

}  // namespace

Verdict CheckTypeChange(const DataType& from, const DataType& to, bool key) {
  if (from == to) return Taken();
  // Only fields are changed, by ADD FIELD and DROP FIELD.
  if (IsNested(from) || IsNested(to)) return CanNotChange(from, to);
  switch (FindChange(from, to, key)) {
    case TypeChange::kAlways:
      return Taken();
    case TypeChange::kByLength:
      return CheckLength(from, to);
    case TypeChange::kRefused:
      break;
  }
  // VARBINARY with and without a length was not compared.
  if (from.name == to.name) {
    return Unknown(Cat("whether ", MessageType(from), " can become ", MessageType(to)));
  }
  return CanNotChange(from, to);
}

}  // namespace stateserver::apply
