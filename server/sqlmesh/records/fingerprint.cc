// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/fingerprint.h"

#include <zlib.h>

#include <initializer_list>

namespace stateserver::state {
namespace {

std::string HashData(std::initializer_list<std::string_view> parts) {
  uLong crc = crc32_z(0, nullptr, 0);
  bool first = true;
  for (std::string_view part : parts) {
    if (!first) crc = crc32_z(crc, reinterpret_cast<const Bytef*>(";"), 1);
    first = false;
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
  }
  return std::to_string(crc);
}

}  // namespace

std::string Fingerprint::Identifier() const {
  return HashData({data_hash, metadata_hash, parent_data_hash, parent_metadata_hash});
}

std::string Fingerprint::Version() const { return HashData({data_hash, parent_data_hash}); }

}  // namespace stateserver::state
