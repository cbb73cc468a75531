// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/proto_buffer_reader.h"

namespace stateserver {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

constexpr int64_t kMostFields = 250'000;
// Requests are not nested deeper.
constexpr int kMostDepth = 8;
constexpr std::string_view kRequestSuffix = "Request";

thread_local int64_t unreadable_messages = 0;

// Counts the fields of one message down from `left`.
class FieldCounter {
 public:
  explicit FieldCounter(grpc::ByteBuffer* buffer) : reader_(buffer), in_(&reader_) {}

  // False where there are too many.
  bool Count(const Descriptor* type, int depth) {
    while (uint32_t tag = in_.ReadTag()) {
      if (--left_ < 0) return false;
      const auto wire_type = WireFormatLite::GetTagWireType(tag);
      // No message here has groups, and the fields of an unknown one would not be counted.
      if (wire_type == WireFormatLite::WIRETYPE_START_GROUP) return false;
      if (wire_type != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!WireFormatLite::SkipField(&in_, tag)) return true;
        continue;
      }
      int length = 0;
      if (!in_.ReadVarintSizeAsInt(&length)) return true;
      if (!CountWithin(MessageOf(type, tag, depth), length, depth)) return false;
    }
    return true;
  }

 private:
  static const Descriptor* MessageOf(const Descriptor* type, uint32_t tag, int depth) {
    if (depth >= kMostDepth) return nullptr;
    const FieldDescriptor* field = type->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    bool message = field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE;
    return message ? field->message_type() : nullptr;
  }

  bool CountWithin(const Descriptor* type, int length, int depth) {
    if (type == nullptr) {
      in_.Skip(length);
      return true;
    }
    auto limit = in_.PushLimit(length);
    bool few = Count(type, depth + 1);
    int rest = in_.BytesUntilLimit();
    if (rest > 0) in_.Skip(rest);
    in_.PopLimit(limit);
    return few;
  }

  grpc::ProtoBufferReader reader_;
  google::protobuf::io::CodedInputStream in_;
  int64_t left_ = kMostFields;
};

}  // namespace

bool FewFields(grpc::ByteBuffer* buffer, const google::protobuf::MessageLite& message) {
  const auto* full = dynamic_cast<const google::protobuf::Message*>(&message);
  if (full == nullptr || !buffer->Valid()) return true;
  const Descriptor* type = full->GetDescriptor();
  std::string_view name = type->name();
  if (name.size() < kRequestSuffix.size() ||
      name.substr(name.size() - kRequestSuffix.size()) != kRequestSuffix) {
    return true;
  }
  return FieldCounter(buffer).Count(type, 0);
}

int64_t UnreadableMessages() { return unreadable_messages; }

void CountUnreadableMessage() { ++unreadable_messages; }

}  // namespace stateserver
