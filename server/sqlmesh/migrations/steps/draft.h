// SPDX-License-Identifier: Apache-2.0
//
// An editable JSON document. Unchanged parts keep their original text, and new text follows the
// document's own spacing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::migrations {

// Draft is one JSON value. It is movable but not copyable; `raw` must outlive it. Objects and
// arrays are parsed only on access. If a key occurs twice, the last value counts, as in Python.
class Draft {
 public:
  struct Member;

  // `raw` is one value of valid JSON text (checked by the caller), without surrounding white space.
  explicit Draft(std::string_view raw);
  Draft(Draft&&) noexcept;
  Draft& operator=(Draft&&) noexcept;
  ~Draft();

  bool IsObject() const { return raw_.front() == '{'; }
  bool IsArray() const { return raw_.front() == '['; }
  bool IsString() const { return raw_.front() == '"'; }
  bool IsNull() const { return raw_ == "null"; }
  // Returns Python's bool() of the value.
  bool Truthy();

  // Returns a string's characters, or "" for another kind.
  std::string Text() const;
  // Returns the value's original text.
  std::string_view raw() const { return raw_; }

  // Returns the members of an object, in order; empty for another kind.
  std::vector<Member>& members();
  // Returns the items of an array, in order; empty for another kind.
  std::vector<Draft>& items();
  // Returns the value of a member, or null if it is absent or this is not an object.
  Draft* Find(std::string_view key);
  // Works like Find, but returns null for a value that is not truthy: Python's `x.get(key) or …`.
  Draft* FindTruthy(std::string_view key);

  // Replaces the value by `json`.
  void Become(std::string json);
  // Replaces the member, or appends it. This must be an object.
  void Set(std::string_view key, std::string json);
  void SetText(std::string_view key, std::string_view text);
  // Removes the member. Returns false if it was absent.
  bool Remove(std::string_view key);

  // Returns true if the value or anything inside it was changed.
  bool Changed() const;
  // Appends the current text. With `spaced`, changed containers use ", " and ": ".
  void Write(bool spaced, std::string* out) const;

 private:
  std::string_view raw_;
  std::unique_ptr<const std::string> own_;  // backs raw_ after Become
  bool opened_ = false;
  bool changed_ = false;
  std::vector<Member> members_;
  std::vector<Draft> items_;

  void Open();
  void OpenObject();
  void OpenArray();
};

struct Draft::Member {
  std::string_view raw_key;  // original key with its quotes; empty for a new member
  std::string key;
  Draft value;
};

// Returns true if the first non-empty container has a space after ':' or ','.
bool IsSpaced(std::string_view json);
// Returns `text` as a JSON string in ASCII, as Python's json.dumps writes it.
std::string Quoted(std::string_view text);

}  // namespace stateserver::migrations
