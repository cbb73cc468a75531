// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/printed.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {
namespace {

// Texts of which one follows the last quote.
using Ends = std::vector<std::string_view>;

// Returns the value of the content of a Java string, or nullopt if Java does not escape so.
std::optional<std::string> FromJava(std::string_view content) {
  constexpr std::string_view kLetters = "\\\"/bfnrt", kValues = "\\\"/\b\f\n\r\t";
  std::string out;
  for (size_t at = 0; at < content.size(); ++at) {
    if (content[at] != '\\') {
      out.push_back(content[at]);
      continue;
    }
    size_t letter = ++at < content.size() ? kLetters.find(content[at]) : kLetters.npos;
    if (letter == kLetters.npos) return std::nullopt;
    out.push_back(kValues[letter]);
  }
  return out;
}

class Requoter {
 public:
  explicit Requoter(std::string_view text)
      : text_(text), table_(text.substr(0, text.find('`')).find(" TABLE ") != text.npos) {}

  std::string Requote() {
    while (at_ < text_.size() && !AtQuery()) Step();
    out_.append(text_.substr(at_));
    return std::move(out_);
  }

 private:
  bool At(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  // The query of a view keeps its quotes.
  bool AtQuery() const { return !table_ && depth_ == 0 && (At(" AS ") || At("\nAS ")); }

  void Step() {
    if (At("COMMENT \"")) return Text("COMMENT ", AfterComment());
    if (At("COMMENT '")) return RawText("COMMENT ", {",\n", "\n)", ")"});
    if (At("DEFAULT \"")) return Default();
    if (At("\" = \"")) return Text("\" = ", {",\n", "\n)", ", \"", ")"});
    if (At("VALUES IN (")) return List();
    if (depth_ == 1 && At("\n  INDEX ")) return IndexName();
    switch (text_[at_]) {
      case '`':
      case '\'':
        return CopyTo(Closing(at_ + 1, text_[at_]) + 1);
      case '"':
        return NameOrText();
      case '(':
        ++depth_;
        break;
      case ')':
        --depth_;
        break;
      default:
        break;
    }
    CopyTo(at_ + 1);
  }

  // Copies the name of a property without its last quote, or another text.
  void NameOrText() {
    size_t end = Closing(at_ + 1, '"');
    bool name = text_.substr(end).starts_with("\" = \"");
    CopyTo(name ? end : end + 1);
  }

  const Ends& AfterComment() const {
    static const Ends kOfColumn = {",\n", "\n)"};
    static const Ends kOfViewColumn = {", `", ",\n", ")"};
    static const Ends kOfObject = {"\nPARTITION BY ",
                                   "\nDISTRIBUTED BY ",
                                   "\nORDER BY",
                                   "\nPROPERTIES (",
                                   "\nREFRESH ",
                                   "\nSECURITY ",
                                   " SECURITY ",
                                   "\nAS ",
                                   " AS "};
    if (depth_ == 0) return kOfObject;
    return table_ ? kOfColumn : kOfViewColumn;
  }

  // Returns the position of the first quote from `from` on that has no backslash before it.
  size_t Closing(size_t from, char quote) const {
    size_t at = from;
    while (at < text_.size() && text_[at] != quote) {
      at += text_[at] == '\\' && quote != '`' ? 2 : 1;
    }
    return std::min(at, text_.size());
  }

  bool IsFollowed(size_t quote, const Ends& ends) const {
    if (quote >= text_.size()) return false;
    std::string_view rest = text_.substr(quote + 1);
    if (rest.empty() || rest == ";") return true;
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return rest.starts_with(end); });
  }

  // Returns the first quote from `from` on that is followed by one of `ends`.
  size_t End(size_t from, char quote, const Ends& ends) const {
    size_t at = text_.find(quote, from);
    while (at != text_.npos && !IsFollowed(at, ends)) at = text_.find(quote, at + 1);
    return at;
  }

  // A release that escapes texts writes a backslash only before a backslash and a quote.
  static bool IsEscaped(std::string_view content) {
    for (size_t at = 0; at < content.size(); ++at) {
      if (content[at] != '\\') continue;
      if (++at == content.size() || (content[at] != '\\' && content[at] != '"')) return false;
    }
    return true;
  }

  // Copies a text in double quotes after `before`; escapes it if the engine has not.
  void Text(std::string_view before, const Ends& ends) {
    size_t begin = at_ + before.size() + 1;
    size_t end = Closing(begin, '"');
    if (IsFollowed(end, ends) && IsEscaped(text_.substr(begin, end - begin))) {
      return CopyTo(end + 1);
    }
    Escape(before, begin, End(begin, '"', ends));
  }

  // Reads a default, which the engine prints as Java writes a string. A release that prints it
  // without escapes is recognized by a quote or a backslash that Java does not write so.
  void Default() {
    const std::string_view before = "DEFAULT ";
    size_t begin = at_ + before.size() + 1;
    size_t end = Closing(begin, '"');
    const Ends ends = {" COMMENT \"", ",\n", "\n)"};
    std::optional<std::string> value;
    if (IsFollowed(end, ends)) value = FromJava(text_.substr(begin, end - begin));
    if (!value) return Escape(before, begin, End(begin, '"', ends));
    AppendTo(&out_, before, QuoteText(*value));
    at_ = end + 1;
  }

  // Escapes a text in single quotes after `before`, which the engine never does.
  void RawText(std::string_view before, const Ends& ends) {
    size_t begin = at_ + before.size() + 1;
    Escape(before, begin, End(begin, '\'', ends));
  }

  void Escape(std::string_view before, size_t begin, size_t end) {
    if (end == text_.npos) return CopyTo(at_ + before.size() + 1);
    AppendTo(&out_, before, QuoteText(text_.substr(begin, end - begin)));
    at_ = end + 1;
  }

  void List() {
    CopyTo(text_.find('(', at_) + 1);
    for (int depth = 1; depth > 0 && at_ < text_.size();) {
      if (text_[at_] == '\'') {
        RawText("", {", '", ", (", ", NULL", ")"});
        continue;
      }
      depth += static_cast<int>(text_[at_] == '(') - static_cast<int>(text_[at_] == ')');
      CopyTo(at_ + 1);
    }
  }

  // The columns of an index are always in backticks.
  void IndexName() {
    constexpr std::string_view kIndex = "\n  INDEX ";
    size_t begin = at_ + kIndex.size();
    size_t end = text_.find(" (`", begin);
    if (end == text_.npos || text_[begin] == '`') return CopyTo(begin);
    AppendTo(&out_, kIndex, QuoteName(text_.substr(begin, end - begin)));
    at_ = end;
  }

  void CopyTo(size_t end) {
    end = std::min(end, text_.size());
    out_.append(text_.substr(at_, end - at_));
    at_ = end;
  }

  const std::string_view text_;
  const bool table_;
  int depth_ = 0;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string RequotePrinted(std::string_view text) { return Requoter(text).Requote(); }

}  // namespace stateserver::schema
