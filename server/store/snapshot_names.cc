#include "server/store/snapshot_names.h"

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

std::string GlobToRegex(std::string_view glob) {
  std::string regex = "^";
  for (size_t i = 0; i < glob.size(); ++i) {
    char c = glob[i];
    size_t close = c == '[' ? glob.find(']', i + 2) : std::string_view::npos;
    if (c == '*') {
      regex += ".*";
    } else if (c == '?') {
      regex += '.';
    } else if (close != std::string_view::npos) {
      regex += '[';
      for (++i; i < close; ++i) {
        bool negation = glob[i] == '!' && regex.back() == '[';
        if (glob[i] == '\\' || glob[i] == '[') regex += '\\';
        regex += negation ? '^' : glob[i];
      }
      regex += ']';
    } else {
      if (!isalnum(static_cast<unsigned char>(c)) && c != '_' && !(c & 0x80)) regex += '\\';
      regex += c;
    }
  }
  return regex + "$";
}

}  // namespace stateserver::store
