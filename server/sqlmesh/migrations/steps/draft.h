// SPDX-License-Identifier: Apache-2.0
//
// A JSON document under change: what is not touched stays the text it was, and
// what is written follows the document's own spacing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::migrations {

// Not copyable; `raw` outlives it. Objects and arrays are opened only when
// asked for. Of a key that occurs twice the last value counts, as in Python.
class Draft {
 public:
  struct Member;

  // One value of valid JSON text (checked by the caller), without white space
  // around it.
  explicit Draft(std::string_view raw);
  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;
  ~Draft();

  bool IsObject() const { return raw_.front() == '{'; }
  bool IsArray() const { return raw_.front() == '['; }
  bool IsString() const { return raw_.front() == '"'; }
  bool IsNull() const { return raw_ == "null"; }
  // As Python's bool() of the value.
  bool Truthy();

  // A string's characters; empty for another kind.
  std::string Text() const;
  // The value's text before any change.
  std::string_view raw() const { return raw_; }

  // Of an object, in order; empty for another kind.
  std::vector<Member>& members();
  // Of an array, in order; empty for another kind.
  std::vector<Draft>& items();
  // Null when there is none, or this is no object.
  Draft* Find(std::string_view key);
  // Find, but null for a value that is not truthy: Python's `x.get(key) or …`.
  Draft* FindTruthy(std::string_view key);

  // The value becomes `json`.
  void Become(std::string json);
  // A member with this value: in place of the one there is, else at the end.
  // This is an object.
  void Set(std::string_view key, std::string json);
  void SetText(std::string_view key, std::string_view text);
  // False when there was none.
  bool Remove(std::string_view key);

  // Whether it or something inside it was changed.
  bool Changed() const;
  // The text now. `spaced`: ", " and ": " where a container has changed.
  void Write(bool spaced, std::string* out) const;

 private:
  std::string_view raw_;
  std::unique_ptr<const std::string> own_;  // what raw_ points into after Become
  bool opened_ = false;
  bool changed_ = false;
  std::vector<Member> members_;
  std::vector<Draft> items_;

  void Open();
  void OpenObject();
  void OpenArray();
};

struct Draft::Member {
  std::string_view raw_key;  // in the document, with its quotes; empty for a new member
  std::string key;
  Draft value;
};

// The document without white space around it.
std::string_view Trimmed(std::string_view json);
// Whether the first container with something in it has a space after ':' or ','.
bool IsSpaced(std::string_view json);
// `text` as a JSON string in ASCII, as Python's json.dumps writes it.
std::string Quoted(std::string_view text);

}  // namespace stateserver::migrations
