// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/expired_report.h"

#include "client/cli/output/format.h"
#include "client/cli/output/table.h"
#include "client/cli/output/words.h"
#include "common/text.h"

namespace stateserver::client {

void PrintExpired(std::ostream& out, const pb::ExpiredRecords& records,
                  const std::string& tables_title) {
  if (records.environments_size() > 0) {
    Table table({{"ENVIRONMENT"}, {"SNAPSHOTS", Table::Align::kRight}, {"WHY"}});
    for (const auto& it : records.environments()) {
      table.Add({it.name(), Cat(it.snapshots()), it.reason()});
    }
    table.Print(out);
    out << '\n';
  }
  if (records.snapshots_size() > 0) {
    Table table({{"SNAPSHOT"}, {"IDENTIFIER"}, {"KIND"}, {"WHY"}});
    for (const auto& it : records.snapshots()) {
      table.Add({it.name(), it.identifier(), KindWord(it.kind()), it.reason()});
    }
    table.Print(out);
    out << '\n';
  }
  if (records.tables_size() > 0) {
    Table table({{tables_title}, {"OF"}, {"GATEWAY"}});
    for (const auto& it : records.tables()) {
      table.Add({it.table(), it.is_dev() ? "development" : "production",
                 it.model_gateway().empty() ? "-" : it.model_gateway()});
    }
    table.Print(out);
    out << '\n';
  }
}

std::string ExpiredCounts(const pb::ExpiredSummary& summary) {
  return Cat(Count(summary.environments(), "environment"), ", ",
             Count(summary.snapshots(), "snapshot"), ", ",
             Count(summary.tables(), "physical table"));
}

}  // namespace stateserver::client
