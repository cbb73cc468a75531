// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "client/cli/commands/commands.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/folder_file.h"
#include "client/revisions/autogenerate.h"
#include "client/revisions/folder.h"
#include "client/revisions/run_call.h"
#include "client/schema/sources.h"
#include "common/json/text.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver::client {

namespace {

namespace fs = std::filesystem;

struct Sample {
  const char* path;
  const char* text;
};

constexpr Sample kSamples[] = {
    {"schema/customers.sql",
     "CREATE TABLE customers (\n"
     "  id BIGINT NOT NULL COMMENT \"number of the customer\",\n"
     "  name VARCHAR(200) NOT NULL COMMENT \"as on the invoice\",\n"
     "  country CHAR(2) NULL COMMENT \"ISO 3166-1\",\n"
     "  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP COMMENT \"of the row\"\n"
     ")\n"
     "PRIMARY KEY(id)\n"
     "COMMENT \"one row a customer\"\n"
     "DISTRIBUTED BY HASH(id) BUCKETS 4;\n"},
    {"schema/customer_names.sql",
     "CREATE VIEW customer_names (\n"
     "  id COMMENT \"number of the customer\",\n"
     "  name COMMENT \"as on the invoice\"\n"
     ")\n"
     "COMMENT \"names alone\"\n"
     "AS SELECT id, name FROM customers;\n"},
    {"schema/customers_per_country.sql",
     "CREATE MATERIALIZED VIEW customers_per_country\n"
     "COMMENT \"counts, once an hour\"\n"
     "DISTRIBUTED BY HASH(country)\n"
     "REFRESH ASYNC EVERY (INTERVAL 1 HOUR)\n"
     "AS SELECT country, count(*) AS customers FROM customers GROUP BY country;\n"},
    {".schemaignore",
     "# Objects to ignore, one glob per line: they are neither compared nor listed.\n"
     "sqlmesh*\n"},
};

absl::Status CannotMake(const fs::path& path, const std::error_code& error) {
  return ClientError(ClientReason::OUTPUT_FAILED,
                     Cat("Cannot create the folder '", path.string(), "': ", error.message(), "."));
}

struct SchemaInitOptions {
  std::string folder;
  bool from_alembic = false;
  RevisionOptions common;
};

class AlembicAdoption {
 public:
  AlembicAdoption(Session& session, const std::string& root, const RevisionOptions& options)
      : session_(session), root_(root.empty() ? "." : root), options_(options) {}

  absl::Status Adopt() {
    ASSIGN_OR_RETURN(client_, session_.client());
    ASSIGN_OR_RETURN(folder_,
                     ReadRevisionFolder((root_ / "revisions").lexically_normal().string()));
    if (!folder_.graph.all().empty()) {
      return ClientError(ClientReason::CONFLICTING_FLAGS,
                         "There are revisions already: --from-alembic needs a new project.",
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

  // Writes only into the empty folder schema/.
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
      RETURN_IF_ERROR(WriteFolderFile(schema.string(), file.name, file.text, IfExists::kFail));
      session_.talk() << "made   " << Printable(path) << '\n';
    }
    for (const pb::UnreadSchemaObject& unread : generated.unread) {
      session_.console().Warning(
          Cat(Printable(unread.object()), " was not read: ", Printable(unread.reason())));
    }
    for (const pb::SchemaWarning& one : generated.warnings) {
      session_.console().Warning(Cat(Printable(one.object()), " ", Printable(one.attribute()), ": ",
                                     Printable(one.message()), "."));
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
    ASSIGN_OR_RETURN(NewRevision answer, RunAutogenerate(*client_, begin, SchemaSource(), folder_));
    ASSIGN_OR_RETURN(std::string path, WriteRevision(folder_, answer.file.name, answer.file.text));
    ASSIGN_OR_RETURN(RevisionFolder after, ReadRevisionFolder(folder_.path));
    pb::StampBegin stamp;
    *stamp.mutable_scope() = begin.scope();
    stamp.set_operation_id(NewUuid());
    stamp.set_force(true);  // the revision was made of the live schema
    stamp.add_targets(head);
    RETURN_IF_ERROR(RunStamp(*client_, stamp, after.files).status());
    if (session_.json()) {
      session_.out() << JsonObject().Text("file", path).Text("revision", head).Finish() << '\n';
    } else {
      session_.talk() << "made   " << Printable(path) << "\nThe project starts at revision "
                      << Printable(head) << ". Continue with: stateclient schema revision\n";
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

// Writes the live schema into existing folders below `root`, as declarations and as a first
// revision with Alembic's current id, and records it as applied. Fails if a revision exists
// already, or if Alembic does not have exactly one head.
absl::Status TakeOverFromAlembic(Session& session, const std::string& root,
                                 const RevisionOptions& options) {
  return AlembicAdoption(session, root, options).Adopt();
}

absl::Status RunSchemaInit(Session& session, const SchemaInitOptions& options) {
  fs::path root = options.folder.empty() ? fs::path(".") : fs::path(options.folder);
  std::string made, kept;
  auto note = [](std::string* list, const std::string& path) {
    AppendTo(list, list->empty() ? "" : ",", json::Quoted(path));
  };
  for (const char* name : {"schema", "revisions"}) {
    std::error_code error;
    fs::create_directories(root / name, error);
    if (error) return CannotMake(root / name, error);
  }
  if (options.from_alembic) return TakeOverFromAlembic(session, root.string(), options.common);
  bool fresh = fs::is_empty(root / "schema");
  for (const Sample& sample : kSamples) {
    fs::path path = (root / sample.path).lexically_normal();
    bool of_schema = path.extension() == ".sql";
    bool exists = fs::exists(fs::symlink_status(path));
    if (exists || (of_schema && !fresh)) {
      if (exists) {
        session.talk() << "kept   " << path.string() << '\n';
        note(&kept, path.string());
      }
      continue;
    }
    RETURN_IF_ERROR(WriteFolderFile(path.parent_path().string(), path.filename().string(),
                                    sample.text, IfExists::kFail));
    session.talk() << "made   " << path.string() << '\n';
    note(&made, path.string());
  }
  if (session.json()) {
    session.out()
        << JsonObject().Raw("made", Cat("[", made, "]")).Raw("kept", Cat("[", kept, "]")).Finish()
        << '\n';
    return absl::OkStatus();
  }
  session.talk() << "Write your tables and views as files in "
                 << (root / "schema").lexically_normal().string()
                 << ", then run: stateclient schema diff\n";
  return absl::OkStatus();
}

}  // namespace

Command SchemaInitCommand() {
  return {"init", kSchemaGroup, "create the folders schema/ and revisions/, with a sample",
          [](Arguments& arguments) -> Command::Run {
            auto options = std::make_shared<SchemaInitOptions>();
            arguments.Positional("DIR", &options->folder, "where (default: here)").completes =
                Completes::kFolder;
            arguments.Flag("--from-alembic", &options->from_alembic,
                           "start from the live schema and its Alembic revision");
            AddDatabaseOption(arguments, &options->common);
            return [options](Session& session) { return RunSchemaInit(session, *options); };
          }};
}

}  // namespace stateserver::client
