// SPDX-License-Identifier: Apache-2.0
//
// Shadows gRPC's header of this name, which generated stubs include, to look at requests before
// they are parsed. A message of 4 MiB with two million empty values takes 25 times its size once
// it is parsed, and gRPC parses it before anybody has asked who calls.
#pragma once

#include <grpcpp/impl/codegen/config_protobuf.h>

#include <cstdint>

// gRPC leaves the place for other serializers: without this macro its header has none.
#undef GRPC_OPEN_SOURCE_PROTO
#include_next <grpcpp/impl/codegen/proto_utils.h>
#define GRPC_OPEN_SOURCE_PROTO

namespace stateserver {

// Whether `buffer`, about to be parsed into `message`, has at most 250,000 fields, those of the
// messages within included. Only messages named "...Request" are looked at; a damaged one is left
// to the parser. Allocates nothing.
bool FewFields(grpc::ByteBuffer* buffer, const google::protobuf::MessageLite& message);

// Returns how many messages this thread has received that could not be parsed. gRPC parses a
// message of a stream on the thread that reads it, and reports one that it cannot parse as the end
// of the stream; only this number tells the two apart.
int64_t UnreadableMessages();
void CountUnreadableMessage();

}  // namespace stateserver

namespace grpc {

template <class T>
class SerializationTraits<
    T, typename std::enable_if<std::is_base_of<grpc::protobuf::MessageLite, T>::value>::type> {
 public:
  static Status Serialize(const grpc::protobuf::MessageLite& message, ByteBuffer* buffer,
                          bool* own_buffer) {
    return GenericSerialize<ProtoBufferWriter, T>(message, buffer, own_buffer);
  }

  static Status Deserialize(ByteBuffer* buffer, grpc::protobuf::MessageLite* message) {
    if (buffer != nullptr && !stateserver::FewFields(buffer, *message)) {
      buffer->Clear();
      stateserver::CountUnreadableMessage();
      return Status(StatusCode::INTERNAL, "the message has too many fields");
    }
    Status status = GenericDeserialize<ProtoBufferReader, T>(buffer, message);
    if (!status.ok()) stateserver::CountUnreadableMessage();
    return status;
  }
};

}  // namespace grpc
