// SPDX-License-Identifier: Apache-2.0

#include "server/operations/refusal_limit.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "common/uuid.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

constexpr int kMostRefusals = 20;
constexpr absl::Duration kRefusalWindow = absl::Minutes(1);
constexpr size_t kMostPrincipals = 2'000;
constexpr absl::Duration kRecordLimit = absl::Seconds(10);
constexpr char kOtherPrincipals[] = "(others)";
// Separates the parts of a key. No name of a gateway or principal contains it, and the principal is
// last.
constexpr char kSeparator = '\x1e';

std::string KeyOf(std::string_view gateway, std::string_view method, std::string_view principal) {
  return Cat(gateway, kSeparator, method, kSeparator, principal);
}

RefusalLimit::LeftOut FromKey(std::string_view key, int64_t count) {
  size_t method = key.find(kSeparator) + 1;
  size_t principal = key.find(kSeparator, method) + 1;
  return {std::string(key.substr(0, method - 1)), std::string(key.substr(principal)),
          std::string(key.substr(method, principal - 1 - method)), count};
}

}  // namespace

RefusalLimit::RefusalLimit(std::function<void(std::string_view)> left_out)
    : left_out_(std::move(left_out)), limit_(kMostRefusals, kRefusalWindow, kMostPrincipals) {}

bool RefusalLimit::Admit(const OperationRequest& request) {
  std::string key = KeyOf(request.gateway, request.method, request.principal);
  std::string fallback = KeyOf(request.gateway, "", kOtherPrincipals);
  if (limit_.Admit(key, fallback, SteadyNow())) return true;
  if (left_out_) left_out_(request.gateway);
  return false;
}

std::vector<RefusalLimit::LeftOut> RefusalLimit::TakeLeftOut() {
  std::vector<LeftOut> taken;
  for (const OccurrenceLimit::LeftOut& one : limit_.TakeLeftOut(SteadyNow())) {
    taken.push_back(FromKey(one.key, one.count));
  }
  return taken;
}

void RecordLeftOut(postgres::Pool& pool, const std::string& state_schema,
                   const RefusalLimit::LeftOut& left_out) {
  CallContext context;
  context.deadline = SteadyNow() + kRecordLimit;
  auto session = pool.Acquire(context);
  if (!session.ok()) return;
  auto exists = SchemaExists(**session);
  if (!exists.ok() || !*exists) return;
  if (!EnsureSchema(**session).ok()) return;
  std::string error = Cat(left_out.count, " more refused calls of '", left_out.principal,
                          "' were counted and not recorded one by one");
  (void)(*session)->QueryPrepared(
      Cat("INSERT INTO stateserver.audit (state_schema, operation_id, kind, gateway, principal,"
          " arguments, details, error, error_reason, at_ts, method, peer, trace_id, event)"
          " VALUES ($1, $2::uuid, 'refused calls', $3, $4,"
          " jsonb_build_object('not_recorded', $5::bigint), '', $6, '', ",
          kNowMs, ", $7, '', '', 'refused')"),
      {state_schema, NewUuid(), left_out.gateway, left_out.principal, Cat(left_out.count), error,
       left_out.method});
}

}  // namespace stateserver::operations
