// Fingerprints through the user's own SQLMesh.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::workers {

class FingerprintWorker {
 public:
  virtual ~FingerprintWorker() = default;
  struct Answer {
    std::string data_hash;
    std::string metadata_hash;
    std::string error;
  };
  // `snapshot_jsons`: stored documents in the form of schema 102. One answer per
  // document: hashes, or an error sentence.
  virtual absl::StatusOr<std::vector<Answer>> Hash(
      const std::vector<std::string>& snapshot_jsons) = 0;
};

}  // namespace stateserver::workers
