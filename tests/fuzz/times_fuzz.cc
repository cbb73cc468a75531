// SPDX-License-Identifier: Apache-2.0
//
// A text as each form of a time in a state: a timestamp, a time to live, a cron, rows of intervals.
#include <string>
#include <vector>

#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/time/cron.h"
#include "server/sqlmesh/time/time_like.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  namespace state = stateserver::state;
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  auto timestamp = state::TimestampMs(text);
  Check(timestamp == state::TimestampMs(text));
  if (auto ttl = state::TtlMs(text, 1'700'000'000'123)) Check(*ttl > 0);
  auto unit = state::IntervalUnitFromCron(text);
  if (auto name = state::IntervalUnitFromName(text)) {
    Check(state::IntervalUnitFromName(state::IntervalUnitName(*name)) == name);
  }
  if (unit) Check(state::IntervalUnitMs(*unit) > 0);
  std::vector<state::IntervalRow> rows;
  if (state::ParseAggregatedIntervals(text, &rows)) {
    for (const state::IntervalRow& row : rows) {
      for (const auto& part : {row.identifier, row.dev_version}) {
        if (!part || part->empty()) continue;
        Check(part->data() >= text.data() && part->data() + part->size() <= text.data() + size);
      }
    }
  }
  return 0;
}
