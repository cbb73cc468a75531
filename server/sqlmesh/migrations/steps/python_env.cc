// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/python_env.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/depth.h"
#include "common/text.h"

namespace stateserver::migrations {
namespace {

// Python writes numbers with up to this many digits as it reads them.
constexpr size_t kCertainDigits = 15;

// LiteralReader accepts exactly the output of repr(); each function returns false for anything it
// is not certain of.
class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : rest_(text) {}

  PythonLiteral Read() {
    bool is_brace = rest_.starts_with('{');
    found_.certain = (is_brace ? Dictionary(0) : Value(0)) && rest_.empty();
    if (!found_.certain || !found_.dictionary) return found_;
    found_.sorted = std::is_sorted(keys_.begin(), keys_.end());
    found_.lower_case = std::all_of(keys_.begin(), keys_.end(), [](std::string_view key) {
      return std::all_of(key.begin(), key.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80 && (c < 'A' || c > 'Z');
      });
    });
    return found_;
  }

 private:
  bool Consume(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool Value(int depth) {
    if (rest_.empty() || depth > kMostDepth) return false;
    if (rest_[0] == '\'' || rest_[0] == '"') return String(nullptr);
    if (rest_[0] == '{') return Dictionary(depth);
    if (rest_[0] == '[') return Sequence(depth, ']');
    if (rest_[0] == '(') return Sequence(depth, ')');
    if (rest_[0] == '-' || absl::ascii_isdigit(rest_[0])) return Number();
    if (Consume("SqlValue(sql=")) {
      found_.has_sql_value = true;
      return String(nullptr) && Consume(")");
    }
    return Consume("True") || Consume("False") || Consume("None");
  }

  bool Sequence(int depth, char close) {
    rest_.remove_prefix(1);
    size_t count = 0;
    while (!rest_.starts_with(close)) {
      // A tuple with one element ends with a comma.
      if (count == 1 && close == ')' && Consume(",)")) return true;
      if (count > 0 && !Consume(", ")) return false;
      if (!Value(depth + 1)) return false;
      ++count;
    }
    rest_.remove_prefix(1);
    return close == ']' || count != 1;
  }

  bool Dictionary(int depth) {
    rest_.remove_prefix(1);
    std::vector<std::string_view> keys;
    std::set<std::string_view> seen;
    if (depth == 0 && rest_ == "}") found_.dictionary = true;
    while (!Consume("}")) {
      if (!keys.empty() && !Consume(", ")) return false;
      std::string_view key;
      if (!String(&key) || !Consume(": ")) return false;
      if (depth == 0) found_.dictionary = true;
      // A repeated key would be written once.
      if (!seen.insert(key).second) return false;
      keys.push_back(key);
      if (!Value(depth + 1)) return false;
    }
    if (depth == 0) keys_ = std::move(keys);
    return true;
  }

  // A requested `key` may not contain escapes.
  bool String(std::string_view* key) {
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return false;
    char quote = rest_[0];
    bool has_single = false;
    bool has_double = false;
    size_t i = 1;
    for (; i < rest_.size() && rest_[i] != quote; ++i) {
      has_single |= rest_[i] == '\'';
      has_double |= rest_[i] == '"';
      if (rest_[i] == '\\') {
        if (key != nullptr || i + 1 == rest_.size()) return false;
        char escaped = rest_[++i];
        if (std::string_view("\\nrt").find(escaped) == std::string_view::npos) return false;
      } else if (!IsPlain(&i)) {
        return false;
      }
    }
    if (i >= rest_.size()) return false;
    // repr() prefers ' and uses " only for a text with ' and without ".
    if (quote == '"' && (!has_single || has_double)) return false;
    if (key != nullptr) *key = rest_.substr(1, i - 1);
    rest_.remove_prefix(i + 1);
    return true;
  }

  // Accepts printable ASCII, or a letter or sign from U+00A1 to U+017F; `i` moves to the
  // character's last byte.
  bool IsPlain(size_t* i) const {
    auto byte = static_cast<unsigned char>(rest_[*i]);
    if (byte < 0x80) return byte >= 0x20 && byte < 0x7f;
    if (byte < 0xc2 || byte > 0xc5 || *i + 1 >= rest_.size()) return false;
    auto next = static_cast<unsigned char>(rest_[++*i]);
    if ((next & 0xc0) != 0x80) return false;
    uint32_t code = static_cast<uint32_t>(byte & 0x1f) << 6 | (next & 0x3f);
    return code >= 0xa1 && code != 0xad;
  }

  bool Number() {
    size_t i = rest_[0] == '-' ? 1 : 0;
    size_t whole = i;
    while (i < rest_.size() && absl::ascii_isdigit(rest_[i])) ++i;
    if (i == whole || (rest_[whole] == '0' && i > whole + 1)) return false;
    bool is_zero = rest_[whole] == '0';
    size_t digits = i - whole;
    if (i < rest_.size() && rest_[i] == '.') {
      size_t point = i++;
      while (i < rest_.size() && absl::ascii_isdigit(rest_[i])) ++i;
      size_t fraction = i - point - 1;
      digits += fraction;
      if (fraction == 0 || (fraction > 1 && rest_[i - 1] == '0')) return false;
      // A number below 0.0001 would be written with an exponent.
      if (is_zero && fraction > 3 && rest_.substr(point + 1, 3) == "000") return false;
    } else if (is_zero && whole == 1) {
      return false;  // -0 is 0
    }
    if (digits > kCertainDigits) return false;
    if (i < rest_.size() && (rest_[i] == 'e' || rest_[i] == 'E' || rest_[i] == 'j')) return false;
    rest_.remove_prefix(i);
    return true;
  }

  std::string_view rest_;
  std::vector<std::string_view> keys_;
  PythonLiteral found_;
};

}  // namespace

std::string EnvPath(std::string_view name) { return Cat("node.python_env['", name, "']"); }

PythonLiteral InspectLiteral(std::string_view payload) { return LiteralReader(payload).Read(); }

}  // namespace stateserver::migrations
