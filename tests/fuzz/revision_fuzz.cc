// SPDX-License-Identifier: Apache-2.0
//
// Files of revisions: what is read is printed, and reads back the same.
#include "revisions/revision_file.h"
#include "revisions/statement.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
using stateserver::revisions::SqlStep;

void CheckSteps(const std::vector<SqlStep>& steps, const std::vector<SqlStep>& again) {
  Check(steps.size() == again.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    Check(steps[i].statement == again[i].statement);
    Check(steps[i].notes == again[i].notes);
    auto facts = stateserver::revisions::Describe(steps[i].statement);
    Check(facts.label_at <= steps[i].statement.size());
    Check(!stateserver::revisions::ClassOf(steps[i]).empty());
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
  Check(again.ok() && again->id == revision->id && again->down == revision->down);
  CheckSteps(revision->upgrade, again->upgrade);
  CheckSteps(revision->downgrade, again->downgrade);
  return 0;
}
