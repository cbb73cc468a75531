// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/result.h"

#include <charconv>

namespace stateserver::postgres {
namespace {

pqxx::field At(const pqxx::result& rows, size_t row, size_t column) {
  return rows[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
}

}  // namespace

size_t Result::rows() const { return impl_->rows.size(); }

int64_t Result::affected_rows() const { return static_cast<int64_t>(impl_->rows.affected_rows()); }

bool Result::IsNull(size_t row, size_t column) const {
  return At(impl_->rows, row, column).is_null();
}

std::string_view Result::Text(size_t row, size_t column) const {
  pqxx::field field = At(impl_->rows, row, column);
  return {field.c_str(), field.size()};
}

std::optional<std::string_view> Result::OptionalText(size_t row, size_t column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Text(row, column);
}

int64_t Result::Int(size_t row, size_t column) const {
  int64_t value = 0;
  std::string_view text = Text(row, column);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<int64_t> Result::OptionalInt(size_t row, size_t column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Int(row, column);
}

bool Result::Bool(size_t row, size_t column) const { return Text(row, column) == "t"; }

}  // namespace stateserver::postgres
