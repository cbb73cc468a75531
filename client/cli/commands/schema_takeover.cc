// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/schema_takeover.h"

#include <filesystem>

#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/revisions/autogenerate.h"
#include "client/revisions/folder.h"
#include "client/revisions/stamp.h"
#include "client/schema/transfer.h"
#include "client/schema/write_file.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

class TakeOver {
 public:
  TakeOver(Session& session, const std::string& root, const RevisionOptions& options)
      : session_(session), root_(root.empty() ? "." : root), options_(options) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(client_, session_.client());
    ASSIGN_OR_RETURN(folder_,
                     ReadRevisionFolder((root_ / "revisions").lexically_normal().string()));
    if (!folder_.graph.all().empty()) {
      return ClientError(ClientReason::CONFLICTING_FLAGS,
                         "There are revisions already: only a new project is taken over.",
                         "Adopt later changes with `stateclient schema check --drift --adopt`.");
    }
    ASSIGN_OR_RETURN(std::string head, AlembicHead());
    ASSIGN_OR_RETURN(filter_, Filter());
    RETURN_IF_ERROR(WriteDeclarations());
    return WriteBaseline(head);
  }

 private:
  absl::StatusOr<std::string> AlembicHead() {
    pb::GetStatusRequest request;
    *request.mutable_scope() = ScopeOf(session_, options_);
    request.set_live(true);
    ASSIGN_OR_RETURN(pb::GetStatusResponse status, client_->GetStatus(request));
    if (status.alembic_heads_size() == 1) return status.alembic_heads(0);
    return Error(Reason::VERSION_TABLE_DIFFERS,
                 status.alembic_heads().empty()
                     ? "The database has no table alembic_version with a revision in it."
                     : "The table alembic_version has several heads.",
                 status.alembic_heads().empty()
                     ? "Begin with `stateclient schema inspect --as sql` and `stateclient schema "
                       "revision --autogenerate` instead."
                     : "Merge them with Alembic first.");
  }

  static absl::StatusOr<pb::SchemaFilter> Filter() {
    pb::SchemaFilter filter;
    filter.add_exclude("alembic_version");
    ASSIGN_OR_RETURN(std::vector<std::string> ignored, ReadSchemaIgnore());
    for (const std::string& glob : ignored) filter.add_exclude(glob);
    return filter;
  }

  // Into the empty folder schema/ alone.
  absl::Status WriteDeclarations() {
    fs::path schema = root_ / "schema";
    if (!fs::is_empty(schema)) return absl::OkStatus();
    pb::GenerateBegin begin;
    begin.set_gateway(session_.gateway());
    begin.set_database(options_.database);
    begin.set_source(pb::SCHEMA_SIDE_LIVE);
    begin.set_format(pb::SCHEMA_FORMAT_SQL_FILES);
    *begin.mutable_filter() = filter_;
    ASSIGN_OR_RETURN(GeneratedSchema generated, RunGenerate(*client_, begin, SchemaSource()));
    for (const SchemaText& file : generated.files) {
      std::string path = (schema / file.name).lexically_normal().string();
      RETURN_IF_ERROR(WriteWholeFile(path, file.text));
      session_.talk() << "made   " << Printable(path) << '\n';
    }
    for (const pb::UnreadSchemaObject& unread : generated.unread) {
      session_.console().Warning(
          Cat(Printable(unread.object()), " was not read: ", Printable(unread.reason())));
    }
    return absl::OkStatus();
  }

  absl::Status WriteBaseline(const std::string& head) {
    pb::AutogenerateBegin begin;
    *begin.mutable_scope() = ScopeOf(session_, options_);
    *begin.mutable_filter() = filter_;
    begin.set_baseline(true);
    begin.set_id(head);
    begin.set_message("what Alembic has made");
    ASSIGN_OR_RETURN(pb::AutogenerateResponse answer,
                     RunAutogenerate(*client_, begin, SchemaSource(), folder_));
    ASSIGN_OR_RETURN(std::string path,
                     WriteRevision(folder_, answer.file().name(), answer.file().text()));
    ASSIGN_OR_RETURN(RevisionFolder after, ReadRevisionFolder(folder_.path));
    pb::StampBegin stamp;
    *stamp.mutable_scope() = begin.scope();
    stamp.set_operation_id(NewUuid());
    stamp.set_lock_wait_ms(-1);
    stamp.add_targets(head);
    RETURN_IF_ERROR(RunStamp(*client_, stamp, after.files).status());
    if (session_.json()) {
      session_.out() << JsonObject().Text("file", path).Text("revision", head).Finish() << '\n';
    } else {
      session_.talk() << "made   " << Printable(path) << "\nThe schema is taken over at "
                      << Printable(head) << ". Go on with: stateclient schema revision\n";
    }
    return absl::OkStatus();
  }

  Session& session_;
  const fs::path root_;
  const RevisionOptions& options_;
  Client* client_ = nullptr;
  RevisionFolder folder_;
  pb::SchemaFilter filter_;
};

}  // namespace

absl::Status TakeOverFromAlembic(Session& session, const std::string& root,
                                 const RevisionOptions& options) {
  return TakeOver(session, root, options).Run();
}

}  // namespace stateserver::client
