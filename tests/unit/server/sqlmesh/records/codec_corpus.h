// SPDX-License-Identifier: Apache-2.0
//
// The rows of a corpus dump and the documents of its exports, for codec tests.
#pragma once

#include <simdjson.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace stateserver::state::testing {

using Row = std::map<std::string, std::optional<std::string>>;

inline std::string CorpusPath(const std::string& name) {
  return std::string(TEST_DATA_DIR) + "/sqlmesh/" + name;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::optional<std::string> CopyText(const std::string& raw) {
  if (raw == "\\N") return std::nullopt;
  std::string text;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      text.push_back(raw[i]);
      continue;
    }
    char c = raw[++i];
    size_t control = std::string("bfnrtv").find(c);
    text.push_back(control == std::string::npos ? c : "\b\f\n\r\t\v"[control]);
  }
  return text;
}

inline std::vector<std::string> Split(const std::string& line, const std::string& by) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end; (end = line.find(by, start)) != line.npos; start = end + by.size()) {
    parts.push_back(line.substr(start, end - start));
  }
  parts.push_back(line.substr(start));
  return parts;
}

// The rows of one table of a pg_dump.
inline std::vector<Row> DumpRows(const std::string& dump, const std::string& table) {
  std::ifstream file(CorpusPath(dump));
  std::vector<Row> rows;
  std::vector<std::string> columns;
  for (std::string line; std::getline(file, line);) {
    if (columns.empty()) {
      size_t open = line.find(" (");
      if (!line.starts_with("COPY ") || open == line.npos) continue;
      if (!line.substr(0, open).ends_with("." + table)) continue;
      columns = Split(line.substr(open + 2, line.find(')') - open - 2), ", ");
    } else if (line == "\\.") {
      break;
    } else {
      std::vector<std::string> values = Split(line, "\t");
      Row row;
      for (size_t i = 0; i < columns.size(); ++i) row[columns[i]] = CopyText(values[i]);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

inline std::optional<int64_t> Number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return std::stoll(*text);
}

inline std::optional<bool> Boolean(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return *text == "t";
}

// The first difference of two values, keys in order; "" when they are equal.
// `depends_on` of a node is a set.
inline std::string Difference(simdjson::dom::element a, simdjson::dom::element b,
                              const std::string& path = "") {
  if (a.type() != b.type()) {
    return path + ": " + simdjson::minify(a) + " and " + simdjson::minify(b);
  }
  if (a.is_object()) {
    simdjson::dom::object left = a, right = b;
    auto other = right.begin();
    for (auto [key, value] : left) {
      if (other == right.end()) return path + ": more keys on the left, from " + std::string(key);
      if (other.key() != key) {
        return path + ": keys " + std::string(key) + " and " + std::string(other.key());
      }
      std::string found = Difference(value, other.value(), path + "." + std::string(key));
      if (!found.empty()) return found;
      ++other;
    }
    return other == right.end()
               ? ""
               : path + ": more keys on the right, from " + std::string(other.key());
  }
  if (a.is_array()) {
    simdjson::dom::array left = a, right = b;
    if (path.ends_with("node.depends_on")) {
      std::multiset<std::string> first, second;
      for (auto item : left) first.insert(simdjson::minify(item));
      for (auto item : right) second.insert(simdjson::minify(item));
      return first == second ? "" : path + ": other members";
    }
    if (left.size() != right.size()) return path + ": other length";
    for (size_t i = 0; i < left.size(); ++i) {
      std::string found =
          Difference(left.at(i).value(), right.at(i).value(), path + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  if (simdjson::minify(a) == simdjson::minify(b)) return "";
  return path + ": " + simdjson::minify(a) + " and " + simdjson::minify(b);
}

inline std::string TextDifference(const std::string& a, const std::string& b) {
  simdjson::dom::parser first, second;
  simdjson::dom::element left, right;
  if (first.parse(a).get(left) != simdjson::SUCCESS) return "left is no JSON: " + a;
  if (second.parse(b).get(right) != simdjson::SUCCESS) return "right is no JSON: " + b;
  return Difference(left, right);
}

}  // namespace stateserver::state::testing
