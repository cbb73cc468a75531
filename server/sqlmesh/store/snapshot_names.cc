// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/snapshot_names.h"

#include <cctype>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::store {

std::string WithoutQuotes(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c != '"') out.push_back(c);
  }
  return out;
}

std::string WithoutQuotesSql(std::string_view column) {
  return Cat("replace(", column, ", '\"', '')");
}

namespace {

absl::Status GlobRefused(std::string message) {
  return Error(
      Reason::ARGUMENT_INVALID, message,
      "Use a shorter pattern, or list the snapshots of an environment and filter the names.",
      {{"field", "name_glob"}});
}

// Appends a run of wildcards: all its `?`, followed by one `*` if there was any. Returns the first
// byte after the run.
size_t AppendWildcards(std::string_view glob, size_t at, int* stars, std::string* regex) {
  bool any = false;
  for (; at < glob.size() && (glob[at] == '*' || glob[at] == '?'); ++at) {
    if (glob[at] == '?') *regex += '.';
    any = any || glob[at] == '*';
  }
  if (any) {
    *regex += ".*";
    ++*stars;
  }
  return at;
}

// Appends the contents of the brackets of `[…]`.
void AppendBracket(std::string_view inside, std::string* regex) {
  *regex += '[';
  for (char c : inside) {
    bool negation = c == '!' && regex->back() == '[';
    if (c == '\\' || c == '[') *regex += '\\';
    *regex += negation ? '^' : c;
  }
  *regex += ']';
}

}  // namespace

absl::StatusOr<std::string> GlobToRegex(std::string_view glob) {
  if (glob.size() > kMaxGlobBytes) {
    return GlobRefused(Cat("The name pattern has ", glob.size(), " bytes; at most ", kMaxGlobBytes,
                           " are allowed."));
  }
  std::string regex = "^";
  int stars = 0;
  for (size_t i = 0; i < glob.size();) {
    char c = glob[i];
    size_t close = c == '[' ? glob.find(']', i + 2) : std::string_view::npos;
    if (c == '*' || c == '?') {
      i = AppendWildcards(glob, i, &stars, &regex);
    } else if (close != std::string_view::npos) {
      AppendBracket(glob.substr(i + 1, close - i - 1), &regex);
      i = close + 1;
    } else {
      if (!isalnum(static_cast<unsigned char>(c)) && c != '_' && !(c & 0x80)) regex += '\\';
      regex += c;
      ++i;
    }
  }
  if (stars > kMaxGlobStars) {
    return GlobRefused(Cat("The name pattern has ", stars, " separate '*'; at most ", kMaxGlobStars,
                           " are allowed."));
  }
  return regex + "$";
}

}  // namespace stateserver::store
