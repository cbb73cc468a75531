// SPDX-License-Identifier: Apache-2.0

#include "common/json/path_splitter.h"

#include <algorithm>

#include "common/error.h"

namespace stateserver::json {

PathSplitter::PathSplitter(const std::vector<std::string>& cuts, SplitHandler* handler,
                           Remainder remainder)
    : handler_(handler), keep_(remainder == Remainder::kKeep), scanner_(this) {
  for (const std::string& cut : cuts) cuts_.push_back(Parse(cut));
  matches_.push_back(cuts_.size() >= 32 ? ~Mask{0} : (Mask{1} << cuts_.size()) - 1);
}

PathSplitter::Cut PathSplitter::Parse(std::string_view path) {
  Cut cut{{}, Each::kValue};
  if (path.ends_with("[*]")) cut.each = Each::kElement;
  if (path.ends_with("{*}")) cut.each = Each::kMember;
  if (cut.each != Each::kValue) path.remove_suffix(3);
  for (size_t at = 0; at <= path.size() && !path.empty();) {
    size_t dot = std::min(path.find('.', at), path.size());
    cut.keys.emplace_back(path.substr(at, dot - at));
    at = dot + 1;
  }
  return cut;
}

std::string PathSplitter::path() const {
  std::string text;
  for (const std::string& key : keys_) text.append(text.empty() ? "" : ".").append(key);
  if (value_ < 0 || container_ < 0) return text;
  if (cuts_[static_cast<size_t>(value_)].each == Each::kMember) return text + "." + member_;
  return text + "[" + std::to_string(index_) + "]";
}

// Returns the parent's cuts that continue with `key`.
PathSplitter::Mask PathSplitter::MatchKey(std::string_view key, int depth) const {
  Mask mask = 0;
  size_t at = static_cast<size_t>(depth) - 1;
  for (size_t i = 0; i < cuts_.size(); ++i) {
    bool open = (matches_[at] >> i & 1) != 0;
    if (open && cuts_[i].keys.size() > at && cuts_[i].keys[at] == key) mask |= Mask{1} << i;
  }
  return mask;
}

// Returns the cut that ends at the value that begins at `depth`, or -1.
int PathSplitter::FindCut(int depth) const {
  for (size_t i = 0; i < cuts_.size(); ++i) {
    bool match = (matches_.back() >> i & 1) != 0;
    if (match && cuts_[i].keys.size() == static_cast<size_t>(depth)) return static_cast<int>(i);
  }
  return -1;
}

absl::Status PathSplitter::OnKey(std::string_view key, int depth) {
  if (container_ >= 0) {
    member_ = key;
    return absl::OkStatus();
  }
  size_t at = static_cast<size_t>(depth);
  Mask mask = MatchKey(key, depth);
  matches_.resize(at);
  matches_.push_back(mask);
  keys_.resize(at - 1);
  keys_.emplace_back(key);
  return absl::OkStatus();
}

absl::Status PathSplitter::OnBegin(ValueKind kind, int depth, uint64_t offset) {
  if (depth == 0) {
    RETURN_IF_ERROR(handler_->OnRoot(kind));
    RETURN_IF_ERROR(KeepRemainder(true));
  }
  if (container_ >= 0) return BeginValue(container_, kind, depth, offset);
  int cut = FindCut(depth);
  bool container = kind == ValueKind::kObject || kind == ValueKind::kArray;
  if (cut >= 0) {
    Each each = cuts_[static_cast<size_t>(cut)].each;
    if (each == Each::kValue) return BeginValue(cut, kind, depth, offset);
    RETURN_IF_ERROR(handler_->OnContainer(static_cast<size_t>(cut), kind));
    if (kind == (each == Each::kMember ? ValueKind::kObject : ValueKind::kArray)) {
      return EnterContainer(cut, kind, depth);
    }
  }
  // Elements of an array have no keys, so no cut continues through one.
  bool deeper = container && kind == ValueKind::kObject && matches_.back() != 0;
  if (deeper) scanner_.SetEventDepth(depth + 1);
  return absl::OkStatus();
}

absl::Status PathSplitter::EnterContainer(int cut, ValueKind kind, int depth) {
  RETURN_IF_ERROR(KeepRemainder(false));
  RETURN_IF_ERROR(Remain(kind == ValueKind::kObject ? "{" : "["));
  container_ = cut;
  container_depth_ = depth;
  index_ = 0;
  scanner_.SetEventDepth(depth + 1);
  return absl::OkStatus();
}

absl::Status PathSplitter::BeginValue(int cut, ValueKind kind, int depth, uint64_t offset) {
  RETURN_IF_ERROR(KeepRemainder(false));
  bool member = cuts_[static_cast<size_t>(cut)].each == Each::kMember;
  CutValue value{static_cast<size_t>(cut), kind, member ? std::string_view(member_) : "",
                 container_ >= 0 ? index_ : 0, offset};
  value_ = cut;
  value_depth_ = depth;
  RETURN_IF_ERROR(handler_->OnValueBegin(value));
  return scanner_.SetCopy(true);
}

absl::Status PathSplitter::OnEnd(int depth, uint64_t) {
  if (value_ >= 0 && depth == value_depth_) return EndValue(depth);
  scanner_.SetEventDepth(depth);
  keys_.resize(std::min(keys_.size(), static_cast<size_t>(std::max(depth - 1, 0))));
  if (container_ >= 0 && depth == container_depth_) {
    RETURN_IF_ERROR(
        Remain(cuts_[static_cast<size_t>(container_)].each == Each::kMember ? "}" : "]"));
    container_ = -1;
    return KeepRemainder(true);
  }
  return absl::OkStatus();
}

absl::Status PathSplitter::EndValue(int depth) {
  RETURN_IF_ERROR(scanner_.SetCopy(false));
  RETURN_IF_ERROR(handler_->OnValueEnd());
  value_ = -1;
  ++index_;
  scanner_.SetEventDepth(depth);
  if (container_ >= 0) return absl::OkStatus();
  RETURN_IF_ERROR(Remain("null"));
  return KeepRemainder(true);
}

absl::Status PathSplitter::OnText(std::string_view text) {
  return value_ >= 0 ? handler_->OnValueBytes(text) : Remain(text);
}

absl::Status PathSplitter::KeepRemainder(bool on) {
  return keep_ ? scanner_.SetCopy(on) : absl::OkStatus();
}

absl::Status PathSplitter::Remain(std::string_view text) {
  if (!keep_) return absl::OkStatus();
  if (remainder_.size() + text.size() > kMaxRemainder) {
    return Error(Reason::RECORD_TOO_LARGE, "The parts outside of its lists are larger than " +
                                               std::to_string(kMaxRemainder >> 20) + " MiB");
  }
  remainder_.append(text);
  return absl::OkStatus();
}

}  // namespace stateserver::json
