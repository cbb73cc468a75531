// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/expand.h"

#include <cctype>
#include <cstdlib>

namespace stateserver::config {
namespace {

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsName(std::string_view text) {
  if (text.empty() || !IsNameStart(text[0])) return false;
  for (char c : text) {
    if (!IsNameStart(c) && !std::isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

std::string NotSet(std::string_view name) {
  return "the environment variable " + std::string(name) + " is not set";
}

// Expression evaluates the subset of Jinja's expressions that a configuration needs.
class Expression {
 public:
  Expression(std::string_view text, const Environment& environment)
      : rest_(text), environment_(environment) {}

  // Returns nullopt if this is neither a string nor a call of env_var.
  std::optional<Expansion> Evaluate() {
    if (auto text = String()) return AtEnd() ? std::optional(Expansion{*text, ""}) : std::nullopt;
    if (!Consume("env_var") || !Consume("(")) return std::nullopt;
    auto name = String();
    if (!name) return std::nullopt;
    std::optional<std::string> fallback;
    if (Consume(",")) {
      if (Consume("default")) {
        if (!Consume("=")) return std::nullopt;
      }
      fallback = StringOrNumber();
      if (!fallback) return std::nullopt;
    }
    if (!Consume(")") || !AtEnd()) return std::nullopt;
    auto value = environment_(*name);
    if (!value) value = fallback;
    if (!value) return Expansion{"", NotSet(*name)};
    return Expansion{*value, ""};
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0]))) {
      rest_.remove_prefix(1);
    }
  }

  bool AtEnd() {
    SkipSpace();
    return rest_.empty();
  }

  bool Consume(std::string_view token) {
    SkipSpace();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::optional<std::string> String() {
    SkipSpace();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::optional<std::string> StringOrNumber() {
    if (auto text = String()) return text;
    std::string digits;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0]))) {
      digits += rest_[0];
      rest_.remove_prefix(1);
    }
    if (digits.empty()) return std::nullopt;
    return digits;
  }

  std::string_view rest_;
  const Environment& environment_;
};

class Expander {
 public:
  Expander(std::string_view value, const Environment& environment)
      : rest_(value), environment_(environment) {}

  Expansion Expand() {
    while (!rest_.empty() && out_.error.empty()) Step();
    if (!out_.error.empty()) out_.text.clear();
    return std::move(out_);
  }

 private:
  void Step() {
    if (rest_.starts_with("$${")) return Copy("${", 3);
    if (rest_.starts_with("${")) return Variable();
    size_t end = rest_.starts_with("{{") ? rest_.find("}}") : std::string_view::npos;
    if (end != std::string_view::npos) return Template(end);
    Copy(rest_.substr(0, 1), 1);
  }

  void Copy(std::string_view text, size_t taken) {
    out_.text += text;
    rest_.remove_prefix(taken);
  }

  void Variable() {
    size_t end = rest_.find('}');
    std::string_view name =
        end == std::string_view::npos ? std::string_view() : rest_.substr(2, end - 2);
    if (!IsName(name)) {
      out_.error =
          "'${' does not begin a reference of the form ${NAME}; write $${ for a literal ${";
      return;
    }
    auto value = environment_(std::string(name));
    if (!value) {
      out_.error = NotSet(name);
      return;
    }
    Copy(*value, end + 1);
  }

  void Template(size_t end) {
    std::string_view body = rest_.substr(2, end - 2);
    if (body.starts_with('-')) body.remove_prefix(1);
    if (body.ends_with('-')) body.remove_suffix(1);
    auto result = Expression(body, environment_).Evaluate();
    if (!result) {
      out_.error =
          "only {{ env_var('NAME') }} and {{ env_var('NAME', 'default') }} are understood "
          "between {{ and }}; write {{ '{{' }} for a literal {{";
      return;
    }
    if (!result->error.empty()) {
      out_.error = result->error;
      return;
    }
    Copy(result->text, end + 2);
  }

  std::string_view rest_;
  const Environment& environment_;
  Expansion out_;
};

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Expansion Expand(std::string_view value, const Environment& environment) {
  return Expander(value, environment).Expand();
}

}  // namespace stateserver::config
