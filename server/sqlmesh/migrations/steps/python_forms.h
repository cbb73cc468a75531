// SPDX-License-Identifier: Apache-2.0
//
// The Python release in whose form payloads are written. What Python's `ast.unparse` and `repr`
// print depends on it, and so do the fingerprints of models with Python code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "server/platform/workers/payload_rewriter.h"

namespace stateserver::migrations {

enum class FormSource {
  kConfigured,  // the gateway's `rewrite_python`
  kState,       // what the payloads of the state tell
  kWorker,      // the release of the rewrite worker, in the absence of the others
};

// Returns "configured", "state" or "worker".
std::string_view FormSourceName(FormSource source);

// PythonForms collects what a run wrote. Its size does not depend on the number of rows, but for
// one number per definition whose text depends on the release.
class PythonForms {
 public:
  // Maximum number of definitions that are named.
  static constexpr size_t kMaxNames = 100;

  FormSource source = FormSource::kWorker;

  // Counts the answer for the entry `name` of the model's python_env.
  void Add(const std::string& model, const std::string& name,
           const workers::PayloadRewriter::Answer& answer);

  // Returns the release, such as 3.12 or 3.11.2; empty if Python wrote nothing.
  const std::string& release() const { return release_; }
  // Returns how many definitions have a text that depends on the release, and of these, how many
  // have another text in another patch release of the same series.
  int64_t varying() const { return static_cast<int64_t>(seen_.size()); }
  int64_t varying_in_series() const { return varying_in_series_; }
  // Returns the first of the varying definitions, as "MODEL: NAME".
  const std::vector<std::string>& names() const { return names_; }
  // Returns a sentence about the varying definitions; empty if there are none.
  std::string Describe() const;

 private:
  std::string release_;
  std::unordered_set<size_t> seen_;
  int64_t varying_in_series_ = 0;
  std::vector<std::string> names_;
};

// Returns false if the payload certainly tells nothing about the Python that wrote it.
bool MayTellRelease(std::string_view payload);

// ReleaseEvidence combines what payloads tell.
class ReleaseEvidence {
 public:
  void Add(const workers::PayloadRewriter::Evidence& evidence);

  // Returns the series to write, such as "3.12", if the worker's own release contradicts the
  // payloads. Returns "" if it does not, or if the payloads contradict each other.
  std::string Release() const;

 private:
  std::optional<int> at_least_;
  std::optional<int> before_;
  std::string worker_;
};

}  // namespace stateserver::migrations
