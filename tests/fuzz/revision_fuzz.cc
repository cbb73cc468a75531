// SPDX-License-Identifier: Apache-2.0
//
// Files of revisions: what is read is printed, and reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "revisions/revision_file.h"
#include "revisions/statement.h"

namespace {

using stateserver::revisions::SqlStep;

void Check(const std::vector<SqlStep>& steps, const std::vector<SqlStep>& again) {
  if (steps.size() != again.size()) std::abort();
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].statement != again[i].statement) std::abort();
    if (steps[i].notes != again[i].notes) std::abort();
    auto facts = stateserver::revisions::Describe(steps[i].statement);
    if (facts.label_at > steps[i].statement.size()) std::abort();
    if (stateserver::revisions::ClassOf(steps[i]).empty()) std::abort();
    stateserver::revisions::MayStartJob(steps[i]);
    stateserver::revisions::WithLabel(steps[i].statement, "l");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::revisions::ReadRevision;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto revision = ReadRevision("fuzz", text);
  if (!revision.ok()) return 0;
  auto again = ReadRevision("printed", stateserver::revisions::PrintRevision(*revision));
  if (!again.ok() || again->id != revision->id || again->down != revision->down) std::abort();
  Check(revision->upgrade, again->upgrade);
  Check(revision->downgrade, again->downgrade);
  return 0;
}
