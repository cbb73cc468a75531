// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of snapshots whose definition the native code does not support. The user's own
// SQLMesh computes them in a child process, if the configuration names one (`fingerprint_worker`).
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

  // Computes one answer per document, in order. `snapshot_jsons` are stored snapshot documents in
  // the form of schema 102. Accepts any number of documents; they are sent in messages of bounded
  // size. Returns WORKER_FAILED if the process cannot be started, hangs, dies or sends an invalid
  // answer, or if its SQLMesh release is not the one that the server supports.
  virtual absl::StatusOr<std::vector<Answer>> Hash(
      const std::vector<std::string>& snapshot_jsons) = 0;
};

}  // namespace stateserver::workers

#endif  // STATESERVER_SERVER_WORKERS_FINGERPRINT_WORKER_H_
