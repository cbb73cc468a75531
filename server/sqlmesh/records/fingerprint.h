// SPDX-License-Identifier: Apache-2.0
//
// The two names SQLMesh derives from the four hashes of a fingerprint.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::state {

// Views into the document they were read from, or into the literal "0".
struct Fingerprint {
  std::string_view data_hash;
  std::string_view metadata_hash;
  std::string_view parent_data_hash = "0";
  std::string_view parent_metadata_hash = "0";

  // crc32 (decimal) of the four parts joined by ';'.
  std::string Identifier() const;
  // crc32 of data_hash and parent_data_hash: the version of a new table.
  std::string Version() const;
};

}  // namespace stateserver::state
