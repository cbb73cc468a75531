// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_target.h"

#include "common/error.h"

namespace stateserver::rpc {

absl::StatusOr<RevisionScope> FindRevisionScope(const ServiceContext& context,
                                                const v1::WarehouseScope& scope,
                                                const Access& access, const CallContext& call,
                                                CallNotes& notes) {
  RevisionScope out;
  ASSIGN_OR_RETURN(out.schema, FindScope(context, scope.gateway(), scope.database(),
                                         /*need_warehouse=*/true, access, call, notes));
  const gateways::Gateway& gateway = *out.schema.gateway;
  RETURN_IF_ERROR(context.gateways.FindState(gateway.name).status());
  out.target.key = {gateway.name, out.schema.database};
  out.target.warehouse = *gateway.warehouse;
  out.target.pool = gateway.pool.get();
  out.target.state_schema = gateway.state_schema;
  return out;
}

absl::StatusOr<std::shared_ptr<const revisions::Graph>> GraphOf(const FileCollector& files,
                                                                const CallContext& call) {
  std::vector<revisions::RevisionText> texts;
  for (const schema::SourceFile& file : files.files()) texts.push_back({file.name, file.text});
  WorkMeter meter = MeterOf(call);
  ASSIGN_OR_RETURN(revisions::Graph graph, ReadGraph(texts, &meter));
  return std::make_shared<const revisions::Graph>(std::move(graph));
}

revisions::VersionTableOptions FromProto(const v1::VersionTable& table) {
  return {table.off(), {table.properties().begin(), table.properties().end()}};
}

}  // namespace stateserver::rpc
