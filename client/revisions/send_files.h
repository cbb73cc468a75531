// SPDX-License-Identifier: Apache-2.0
//
// Files as messages of a stream.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "client/schema/sources.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::client {

// Calls `send(name, piece)` for each piece of each file; false once it does.
template <typename Send>
bool SendPieces(const std::vector<SchemaText>& files, Send send) {
  constexpr size_t kPiece = size_t{512} << 10;
  for (const SchemaText& file : files) {
    for (size_t at = 0; at == 0 || at < file.text.size(); at += kPiece) {
      if (!send(file.name, file.text.substr(at, kPiece))) return false;
    }
  }
  return true;
}

// As messages with a field `revision_file`, written to the stream.
template <typename Request, typename Stream>
bool SendRevisionFiles(Stream& stream, const std::vector<SchemaText>& files) {
  return SendPieces(files, [&](const std::string& name, std::string piece) {
    Request request;
    request.mutable_revision_file()->set_name(name);
    request.mutable_revision_file()->set_text(std::move(piece));
    return stream.Write(request);
  });
}

}  // namespace stateserver::client
