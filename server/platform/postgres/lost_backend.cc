// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/lost_backend.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/steady_time.h"

namespace stateserver::postgres {
namespace {

constexpr absl::Duration kBackendGoneWithin = absl::Seconds(3);
constexpr absl::Duration kAskGoneEvery = absl::Milliseconds(20);

constexpr char kTerminate[] =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid = $1::integer AND extract(epoch FROM backend_start)::text = $2";
constexpr char kIsThere[] =
    "SELECT FROM pg_stat_activity"
    " WHERE pid = $1::integer AND extract(epoch FROM backend_start)::text = $2";

}  // namespace

void EndLostBackend(Session& session, const Session& lost) {
  if (!lost.lost() || lost.backend_start().empty()) return;
  const Parameters backend = {absl::StrCat(lost.backend_pid()), lost.backend_start()};
  if (!session.Query(kTerminate, backend).ok()) return;
  for (absl::Time end = SteadyNow() + kBackendGoneWithin; SteadyNow() < end;
       absl::SleepFor(kAskGoneEvery)) {
    auto there = session.Query(kIsThere, backend);
    if (!there.ok() || there->rows() == 0) return;
  }
}

}  // namespace stateserver::postgres
