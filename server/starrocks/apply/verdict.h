// SPDX-License-Identifier: Apache-2.0
//
// What the engine is expected to say to a statement.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/text.h"

namespace stateserver::apply {

// Evidence for a rule: the release on which its answers were recorded, or the release whose
// documentation states it ("documented 3.3").
inline constexpr std::string_view kMeasured402 = "measured 4.0.2";
inline constexpr std::string_view kMeasured40 = "measured 4.0";

struct [[nodiscard]] Verdict {
  enum class Kind {
    kTaken,    // the engine accepts the statement
    kRefused,  // the engine refuses it; `words` is its message without positions
    kUnknown,  // no rule covers it; `words` says what is not known
  };
  Kind kind = Kind::kTaken;
  std::string words;
  std::string evidence;  // set for kRefused

  bool taken() const { return kind == Kind::kTaken; }
  bool refused() const { return kind == Kind::kRefused; }
  bool unknown() const { return kind == Kind::kUnknown; }
};

inline Verdict Taken() { return {}; }

inline Verdict Refused(std::string words, std::string_view evidence = kMeasured40) {
  return {Verdict::Kind::kRefused, std::move(words), std::string(evidence)};
}

// Refusals of the engine's analyzer and parser, which put words around the message.
inline Verdict RefusedByAnalysis(std::string_view detail, std::string_view evidence = kMeasured40) {
  return Refused(Cat("Getting analyzing error. Detail message: ", detail, "."), evidence);
}
inline Verdict RefusedBySyntax(std::string_view detail, std::string_view evidence = kMeasured40) {
  return Refused(Cat("Getting syntax error. Detail message: ", detail, "."), evidence);
}

// `what` is a phrase such as "the function f".
inline Verdict Unknown(std::string what) { return {Verdict::Kind::kUnknown, std::move(what), ""}; }

}  // namespace stateserver::apply

// Returns the verdict of `expression` from the current function unless it is kTaken.
#define RETURN_UNLESS_TAKEN(expression)                           \
  do {                                                            \
    ::stateserver::apply::Verdict verdict_of_rule = (expression); \
    if (!verdict_of_rule.taken()) return verdict_of_rule;         \
  } while (false)
