// SPDX-License-Identifier: Apache-2.0
//
// The workers that migrations use, as configured.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/platform/call_context.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/platform/workers/launcher.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/platform/workers/worker_options.h"

namespace stateserver::workers {

// Admit decides whether a process with this confinement may run the macros of a state. It is called
// before the process gets any text; see WorkerOptions.
using Admit = std::function<absl::Status(Confinement)>;

struct WorkersOptions {
  // If empty, python3 with the package that is installed next to the server.
  std::vector<std::string> rewrite_command;
  // Further Python interpreters, in the order in which they are tried for payloads that the first
  // cannot parse.
  std::vector<std::string> rewrite_pythons;
  // If empty, there is no fingerprint worker.
  std::vector<std::string> fingerprint_command;
  absl::Duration timeout = absl::Seconds(60);
  int64_t memory_bytes = int64_t{2} << 30;
  // Files that processes may read in addition to those of their Python, and files that they may
  // never read.
  SandboxFiles files;
  // Starts the processes; shared by all workers of a server.
  std::shared_ptr<Launcher> launcher = std::make_shared<Launcher>();
  // Maximum concurrent fingerprint processes; 0 means one for each processor.
  int fingerprint_processes = 0;
  std::function<void(const std::string&)> log = [](const std::string&) {};
};

// Workers is a value type that creates workers on request. A worker starts its processes on first
// use, belongs to one thread, and must not outlive `context`. Its processes are confined as far as
// the kernel allows.
class Workers {
 public:
  Workers() = default;
  explicit Workers(WorkersOptions options) : options_(std::move(options)) {}

  std::unique_ptr<PayloadRewriter> Rewriter(const CallContext& context) const;
  // Returns null if none is configured. Snapshots are sent only to processes that `admit` admits.
  std::unique_ptr<FingerprintWorker> Fingerprints(const CallContext& context, Admit admit) const;

  // Returns how fingerprint processes are confined, after a trial start the first time; nullopt if
  // no fingerprint worker is configured.
  std::optional<SandboxCheck> CheckFingerprints() const;

 private:
  WorkerOptions Common(std::string role, std::vector<std::string> command) const;

  WorkersOptions options_;
};

}  // namespace stateserver::workers
