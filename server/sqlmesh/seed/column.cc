// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/seed/column.h"

#include "absl/strings/string_view.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/sqlmesh/seed/number.h"

namespace stateserver::state {
namespace {

constexpr std::string_view kDefaultMissing[] = {
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};
constexpr int64_t kMaxExact = int64_t{1} << 53;

std::optional<bool> ParseBool(std::string_view field) {
  if (EqualIgnoringCase(field, "true")) return true;
  if (EqualIgnoringCase(field, "false")) return false;
  return std::nullopt;
}

// Survey holds the common properties of all fields of a column that are not missing.
struct Survey {
  bool any_missing = false;
  bool any_present = false;
  bool all_integers = true;
  bool all_numbers = true;
  bool all_bools = true;
  bool uncertain = false;  // some number is uncertain
  bool endless = false;    // some integer has too many digits
  bool all_exact = true;   // all integers are at most 2^53
};

Survey Inspect(const std::vector<std::string>& fields, const MissingValues& missing) {
  Survey survey;
  for (const std::string& field : fields) {
    if (missing.Contains(field)) {
      survey.any_missing = true;
      continue;
    }
    survey.any_present = true;
    const ParsedNumber number = ParseNumber(field);
    survey.uncertain |= number.kind == NumberKind::kUncertain;
    survey.endless |=
        number.kind == NumberKind::kUncertain && field.find_first_of(".eEiI") == std::string::npos;
    survey.all_integers &= number.kind == NumberKind::kInteger;
    survey.all_numbers &= number.kind != NumberKind::kNone;
    survey.all_exact &= number.integer <= kMaxExact && number.integer >= -kMaxExact;
    survey.all_bools &= ParseBool(field).has_value();
  }
  return survey;
}

// Writes Python's ASCII JSON, except that pandas escapes the slash and does not escape DEL.
void AppendText(std::string_view field, std::string* json) {
  constexpr std::string_view kDifferent = "/\x7f";
  if (field.find_first_of(kDifferent) == std::string_view::npos) {
    json::AppendQuoted(field, json::Charset::kAscii, json);
    return;
  }
  std::string plain;
  *json += '"';
  while (!field.empty()) {
    const size_t length = field.find_first_of(kDifferent);
    plain.clear();
    json::AppendQuoted(field.substr(0, length), json::Charset::kAscii, &plain);
    json->append(plain, 1, plain.size() - 2);
    if (length == std::string_view::npos) break;
    *json += field[length] == '/' ? "\\/" : "\x7f";
    field.remove_prefix(length + 1);
  }
  *json += '"';
}

// Writes {"0":…,"1":…} with null for missing fields.
template <typename AppendField>
std::string ToJson(const std::vector<std::string>& fields, const MissingValues& missing,
                   AppendField append) {
  std::string json = "{";
  for (size_t row = 0; row < fields.size(); ++row) {
    if (row > 0) json += ',';
    json += '"' + std::to_string(row) + "\":";
    if (missing.Contains(fields[row])) {
      json += "null";
    } else {
      append(fields[row], &json);
    }
  }
  return json + "}";
}

void AppendInteger(std::string_view field, std::string* json) {
  *json += std::to_string(ParseNumber(field).integer);
}

void AppendNumber(std::string_view field, std::string* json) {
  AppendReal(ParseNumber(field).real, json);
}

void AppendBool(std::string_view field, std::string* json) {
  *json += *ParseBool(field) ? "true" : "false";
}

}  // namespace

std::optional<MissingValues> MissingValues::From(const CsvSettings& settings, std::string* reason) {
  MissingValues missing;
  if (settings.keep_default_na.value_or(true)) {
    for (std::string_view text : kDefaultMissing) missing.texts_.insert(std::string(text));
  }
  for (const std::string& text : settings.na_values.value_or(std::vector<std::string>())) {
    // pandas adds other spellings of a number, and compares them as numbers.
    const bool number_like = text.find_first_of("0123456789") != std::string::npos ||
                             ParseNumber(text).kind != NumberKind::kNone;
    if (number_like) {
      *reason = "csv_settings.na_values with a number";
      return std::nullopt;
    }
    missing.texts_.insert(text);
  }
  if (settings.na_values_not_texts) {
    *reason = "csv_settings.na_values with values other than texts";
    return std::nullopt;
  }
  return missing;
}

std::optional<SeedColumn> InferColumn(const std::vector<std::string>& fields,
                                      const MissingValues& missing, std::string* reason) {
  const Survey survey = Inspect(fields, missing);
  if (survey.endless || (survey.uncertain && survey.all_numbers)) {
    *reason = "a number of too many digits, or infinity";
    return std::nullopt;
  }
  if (fields.empty()) return SeedColumn{"text", "{}"};
  if (survey.all_integers && survey.any_present && !survey.any_missing) {
    return SeedColumn{"bigint", ToJson(fields, missing, AppendInteger)};
  }
  if (survey.all_numbers) {
    // Integers with gaps become floats, and so does an empty column.
    if (!survey.all_exact) {
      *reason = "a large integer in a column of floats";
      return std::nullopt;
    }
    return SeedColumn{"double", ToJson(fields, missing, AppendNumber)};
  }
  if (survey.all_bools) {
    return SeedColumn{survey.any_missing ? "text" : "boolean", ToJson(fields, missing, AppendBool)};
  }
  return SeedColumn{"text", ToJson(fields, missing, AppendText)};
}

}  // namespace stateserver::state
