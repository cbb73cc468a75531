// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/commands/schema_commands.h"
#include "client/cli/commands/schema_takeover.h"
#include "client/cli/output/json.h"
#include "client/cli/session.h"
#include "client/schema/write_file.h"
#include "common/text.h"

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
     "# Objects of others, one glob a line: neither compared nor listed.\n"
     "sqlmesh*\n"},
};

absl::Status CannotMake(const fs::path& path, const std::error_code& error) {
  return ClientError(ClientReason::OUTPUT_FAILED,
                     Cat("Cannot make the folder '", path.string(), "': ", error.message(), "."));
}

struct SchemaInitOptions {
  std::string folder;
  bool from_alembic = false;
  RevisionOptions common;
};

absl::Status RunSchemaInit(Session& session, const SchemaInitOptions& options) {
  fs::path root = options.folder.empty() ? fs::path(".") : fs::path(options.folder);
  std::string made, kept;
  auto note = [](std::string* list, const std::string& path) {
    AppendTo(list, list->empty() ? "" : ",", JsonString(path));
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
    if (fs::exists(path) || (of_schema && !fresh)) {
      if (fs::exists(path)) {
        session.talk() << "kept   " << path.string() << '\n';
        note(&kept, path.string());
      }
      continue;
    }
    RETURN_IF_ERROR(WriteWholeFile(path.string(), sample.text));
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
  return {"init", kSchemaGroup, "make the folders schema/ and revisions/, with a sample",
          [](Arguments& arguments) -> Command::Run {
            auto options = std::make_shared<SchemaInitOptions>();
            arguments.Positional("DIR", &options->folder, "where (default: here)").completes =
                Completes::kFolder;
            arguments.Flag("--from-alembic", &options->from_alembic,
                           "take over the live schema and the revision that Alembic is at");
            AddDatabaseOption(arguments, &options->common);
            return [options](Session& session) { return RunSchemaInit(session, *options); };
          }};
}

}  // namespace stateserver::client
