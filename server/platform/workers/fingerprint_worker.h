// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of the snapshots whose definition is outside the rules of the native code: computed
// by the user's own SQLMesh in a child process, when the configuration names one
// (`fingerprint_worker`).
#ifndef STATESERVER_SERVER_WORKERS_FINGERPRINT_WORKER_H_
#define STATESERVER_SERVER_WORKERS_FINGERPRINT_WORKER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::workers {

class FingerprintWorker {
 public:
  virtual ~FingerprintWorker() = default;

  struct Answer {
    std::string data_hash;  // decimal CRC-32, as SQLMesh stores it
    std::string metadata_hash;
    std::string error;  // one sentence; the hashes are then empty
  };

  // `snapshot_jsons`: stored snapshot documents in the form schema 102 has. One answer per
  // document, in their order. Any number of documents; they travel in bounded messages. Errors:
  // WORKER_FAILED when the process cannot be started, hangs, dies or answers nonsense, and when its
  // SQLMesh is not of the release whose recipe the server knows.
  virtual absl::StatusOr<std::vector<Answer>> Hash(
      const std::vector<std::string>& snapshot_jsons) = 0;
};

}  // namespace stateserver::workers

#endif  // STATESERVER_SERVER_WORKERS_FINGERPRINT_WORKER_H_
