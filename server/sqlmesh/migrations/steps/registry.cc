// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {
namespace {

constexpr uint8_t kDdl = static_cast<uint8_t>(StepKind::kDdl);
constexpr uint8_t kJson = static_cast<uint8_t>(StepKind::kJson);
constexpr uint8_t kWarn = static_cast<uint8_t>(StepKind::kWarning);
constexpr uint8_t kPrint = static_cast<uint8_t>(StepKind::kFingerprint);
constexpr uint8_t kNone = static_cast<uint8_t>(StepKind::kNothing);

}  // namespace

const std::vector<Step>& Steps() {
  static const auto& steps = *new std::vector<Step>{
      {61, kNone, "0.138.0", "Types of MySQL's text columns"},
      {62, kPrint, "0.138.0", "Gateway of a model"},
      {63, kJson, "0.140.0", "Signals as calls"},
      {64, kJson, "0.140.0", "when_matched as one text"},
      {65, kPrint, "0.141.0", "optimize_query of a model"},
      {66, kDdl, "0.141.0", "Table of auto restatements, pending intervals"},
      {67, kPrint, "0.150.0", "Precision of T-SQL dates"},
      {68, kPrint, "0.151.0", "Unrendered query in the metadata hash"},
      {69, kJson, "0.157.0", "Dev table suffix, dev_version"},
      {70, kPrint, "0.157.0", "Grains in the metadata hash"},
      {71, kDdl | kJson, "0.161.0", "Dev version of intervals"},
      {72, kDdl, "0.163.0", "Table of environment statements"},
      {73, kJson, "0.163.0", "No disable_restatement for embedded and external models"},
      {74, kPrint, "0.163.0", "partition_by_time_column"},
      {75, kJson, "0.164.0", "No validate_query"},
      {76, kPrint, "0.166.0", "Time zone of cron"},
      {77, kPrint, "0.171.0", "Column types in the model's dialect"},
      {78, kWarn, "0.172.0", "Metadata-only macros"},
      {79, kDdl, "0.173.0", "Environments whose gateways make the views"},
      {80, kPrint, "0.176.0", "Batch size of SCD type 2 models"},
      {81, kJson, "0.177.0", "partitioned_by without parentheses"},
      {82, kWarn, "0.179.0", "Statements that stand twice"},
      {83, kPrint, "0.180.0", "Time data type of SCD type 2 models"},
      {84, kPrint, "0.199.0", "Normalized when_matched and merge_filter"},
      {85, kJson, "0.201.0", "Sorted variables"},
      {86, kWarn, "0.202.0", "Dictionaries in an order of chance"},
      {87, kJson | kWarn, "0.207.0", "Blueprint variables in lower case"},
      {88, kWarn, "0.210.0", "Unused and metadata-only variables"},
      {89, kPrint, "0.210.0", "Virtual environment mode"},
      {90, kDdl | kJson, "0.210.0", "Column forward_only"},
      {91, kPrint, "0.210.0", "on_additive_change"},
      {92, kWarn, "0.212.0", "Column types of dbt models"},
      {93, kPrint, "0.213.0", "Raw SQL in hashes"},
      {94, kDdl | kJson, "0.214.0", "Columns dev_version and fingerprint"},
      {95, kWarn, "0.215.0", "Config blocks of dbt models"},
      {96, kDdl, "0.216.0", "No table of plan DAGs"},
      {97, kPrint, "0.217.0", "dbt_name of a node"},
      {98, kJson, "0.222.0", "dbt_node_info of a node"},
      {99, kDdl, "0.224.0", "Last change of a table, of intervals"},
      {100, kPrint, "0.225.0", "Grants"},
      {101, kPrint, "0.234.0", "Arguments of own audits"},
      {102, kJson, "0.236.0", "Python definitions as Python writes them"},
  };
  return steps;
}

}  // namespace stateserver::migrations
