// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/worker_child.h"

#include <poll.h>

#include <string_view>

#include "client/errors.h"
#include "common/process/python_package.h"

extern char** environ;

namespace stateserver::client {
namespace {

constexpr int kLookMs = 100;  // how soon an interrupt is noticed

}  // namespace

std::vector<std::string> WorkerEnvironment() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("PYTHONPATH=")) out.emplace_back(*entry);
  }
  out.push_back(PythonPathEntry());
  return out;
}

absl::StatusOr<std::optional<std::string>> WaitForLine(PipedChild* child,
                                                       const Interrupts& interrupts) {
  for (;;) {
    if (interrupts.raised()) return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
    child->Pump();
    if (auto line = child->TakeLine()) return line;
    if (child->trouble() != PipedChild::Trouble::kNone) return std::nullopt;
    std::vector<pollfd> polled;
    child->AddTo(&polled);
    poll(polled.data(), polled.size(), kLookMs);
  }
}

}  // namespace stateserver::client
