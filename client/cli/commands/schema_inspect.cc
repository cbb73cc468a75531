// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/connection/answer_limit.h"
#include "client/folder_file.h"
#include "client/schema/plan_view.h"
#include "client/schema/sources.h"
#include "common/regular_file.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

struct SchemaInspectOptions {
  std::string as, output, database;
  bool one_file = false, force = false;
  std::vector<std::string> include, exclude;
};

absl::StatusOr<pb::SchemaFilter> Filter(const SchemaInspectOptions& options) {
  pb::SchemaFilter filter;
  for (const std::string& glob : options.include) filter.add_include(glob);
  for (const std::string& glob : options.exclude) filter.add_exclude(glob);
  ASSIGN_OR_RETURN(std::vector<std::string> ignored, ReadSchemaIgnore());
  for (const std::string& glob : ignored) filter.add_exclude(glob);
  return filter;
}

void WarnUnread(Session& session, const pb::UnreadSchemaObject& unread) {
  session.console().Warning(
      Cat(Printable(unread.object()), " was not read: ", Printable(unread.reason())));
}

struct Inspected {
  pb::EngineFacts engine;
  std::vector<pb::InspectedObject> objects;
  std::vector<pb::UnreadSchemaObject> unread;
};

absl::StatusOr<Inspected> Inspect(Session& session, const SchemaInspectOptions& options) {
  pb::InspectRequest request;
  request.set_gateway(session.gateway());
  request.set_database(options.database);
  ASSIGN_OR_RETURN(*request.mutable_filter(), Filter(options));
  ASSIGN_OR_RETURN(Client * client, session.client());
  auto stream = client->Inspect(request);
  Inspected out;
  AnswerLimit limit;
  pb::InspectResponse response;
  while (stream->Read(&response)) {
    RETURN_IF_ERROR(limit.Count(response.ByteSizeLong()));
    if (response.has_engine()) out.engine = response.engine();
    if (response.has_object()) out.objects.push_back(response.object());
    if (response.has_unread()) out.unread.push_back(response.unread());
  }
  RETURN_IF_ERROR(stream->Finish());
  return out;
}

std::string ListedJson(const Inspected& listed) {
  std::string objects, unread;
  for (const pb::InspectedObject& one : listed.objects) {
    AppendTo(&objects, objects.empty() ? "" : ",", ToJson(one));
  }
  for (const pb::UnreadSchemaObject& one : listed.unread) {
    AppendTo(&unread, unread.empty() ? "" : ",", ToJson(one));
  }
  return JsonObject()
      .Raw("engine", ToJson(listed.engine))
      .Raw("objects", Cat("[", objects, "]"))
      .Raw("unread", Cat("[", unread, "]"))
      .Finish();
}

absl::Status ShowTables(Session& session, const SchemaInspectOptions& options) {
  ASSIGN_OR_RETURN(Inspected listed, Inspect(session, options));
  if (session.json()) {
    session.out() << ListedJson(listed) << '\n';
    return absl::OkStatus();
  }
  Table table({{"NAME"},
               {"KIND"},
               {"COLUMNS", Table::Align::kRight},
               {"KEY OR REFRESH"},
               {"DISTRIBUTION"},
               {"PARTITIONS"},
               {"COMMENT"}});
  for (const pb::InspectedObject& one : listed.objects) {
    std::string key = one.key().empty() ? one.refresh() : one.key();
    if (one.inactive()) key += " (inactive)";
    table.Add({one.object(), ObjectKindWord(one.kind()),
               one.columns() == 0 ? "-" : Cat(one.columns()), OrDash(key),
               OrDash(one.distribution()), OrDash(one.partitions()), OrDash(one.comment())});
  }
  table.Print(session.out());
  session.talk() << Count(static_cast<int64_t>(listed.objects.size()), "object") << " in "
                 << Printable(listed.engine.database()) << ", StarRocks "
                 << Printable(listed.engine.version())
                 << (listed.engine.shared_data() ? ", shared data" : "") << '\n';
  for (const pb::InspectedObject& one : listed.objects) {
    if (one.inactive()) {
      session.console().Warning(
          Cat(Printable(one.object()), " is inactive: ", Printable(one.inactive_reason())));
    }
  }
  for (const pb::UnreadSchemaObject& unread : listed.unread) WarnUnread(session, unread);
  return absl::OkStatus();
}

absl::StatusOr<GeneratedSchema> Make(Session& session, const SchemaInspectOptions& options,
                                     pb::SchemaFormat format) {
  pb::GenerateBegin begin;
  begin.set_gateway(session.gateway());
  begin.set_database(options.database);
  begin.set_format(format);
  ASSIGN_OR_RETURN(*begin.mutable_filter(), Filter(options));
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(GeneratedSchema made, RunGenerate(*client, begin, {}));
  for (const pb::UnreadSchemaObject& unread : made.unread) WarnUnread(session, unread);
  for (const pb::SchemaWarning& one : made.warnings) {
    session.console().Warning(Cat(Printable(one.object()), " ", Printable(one.attribute()), ": ",
                                  Printable(one.message()), "."));
  }
  return made;
}

// Returns whether `path` is a regular file, or a link to one, with exactly this text.
bool HasText(const fs::path& path, const std::string& text) {
  auto content = ReadRegularFile(path.string(), text.size());
  return content.ok() && *content == text;
}

// Returns whether a file, or a link, is in the way of a file with this text.
bool Differs(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return false;
  return !fs::is_regular_file(status) || !HasText(path, text);
}

// Writes nothing if an existing file has different contents.
absl::Status WriteFolder(Session& session, const SchemaInspectOptions& options,
                         const GeneratedSchema& made) {
  fs::path folder = options.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return ClientError(
        ClientReason::OUTPUT_FAILED,
        Cat("Cannot create the folder '", options.output, "': ", error.message(), "."));
  }
  for (const SchemaText& file : made.files) {
    fs::path path = folder / file.name;
    if (options.force || !Differs(path, file.text)) continue;
    return ClientError(
        ClientReason::OUTPUT_FAILED,
        Cat("'", path.string(), "' exists with different contents; nothing was written."),
        "Choose another folder, or give --force to overwrite.");
  }
  for (const SchemaText& file : made.files) {
    RETURN_IF_ERROR(WriteFolderFile(folder.string(), file.name, file.text, IfExists::kReplace));
  }
  session.talk() << Count(static_cast<int64_t>(made.files.size()), "file") << " in '"
                 << options.output << "'\n";
  return absl::OkStatus();
}

absl::Status WriteOne(Session& session, const SchemaInspectOptions& options,
                      const GeneratedSchema& made) {
  std::string text = made.files.empty() ? "" : made.files.front().text;
  if (options.output.empty() || options.output == "-") {
    session.file() << text;
    return absl::OkStatus();
  }
  if (!options.force && fs::exists(options.output) && !HasText(options.output, text)) {
    return ClientError(
        ClientReason::OUTPUT_FAILED,
        Cat("'", options.output, "' exists with different contents; nothing was written."),
        "Choose another name, or give --force to overwrite.");
  }
  return WriteWholeFile(options.output, text);
}

absl::Status RunSchemaInspect(Session& session, const SchemaInspectOptions& options) {
  if (options.as.empty() || options.as == "tables") {
    if (!options.output.empty()) {
      return UsageError("schema inspect", "'-o' needs '--as sql' or '--as models'.");
    }
    return ShowTables(session, options);
  }
  if (options.as == "models") {
    ASSIGN_OR_RETURN(GeneratedSchema made, Make(session, options, pb::SCHEMA_FORMAT_MODELS));
    return WriteOne(session, options, made);
  }
  if (options.as != "sql") {
    return UsageError("schema inspect",
                      Cat("'", options.as, "' is not one of 'sql', 'models', 'tables'."));
  }
  bool folder = !options.one_file && !options.output.empty() && options.output != "-";
  ASSIGN_OR_RETURN(
      GeneratedSchema made,
      Make(session, options, folder ? pb::SCHEMA_FORMAT_SQL_FILES : pb::SCHEMA_FORMAT_SQL));
  return folder ? WriteFolder(session, options, made) : WriteOne(session, options, made);
}

}  // namespace

Command SchemaInspectCommand() {
  return {"inspect", kSchemaGroup,
          "the contents of the database: a table, SQL files, or SQLAlchemy models",
          [](Arguments& arguments) -> Command::Run {
            auto options = std::make_shared<SchemaInspectOptions>();
            arguments
                .Option("--as", "sql|models|tables", &options->as, "the form (default: tables)")
                .completes = Completes::kChoice;
            arguments
                .Option("-o,--output", "PATH", &options->output,
                        "a folder for --as sql, a file otherwise (default: standard output)")
                .completes = Completes::kFile;
            arguments.Flag("--one-file", &options->one_file, "--as sql into one file");
            arguments.Flag("--force", &options->force, "overwrite files with different contents");
            arguments.Option("--database", "NAME", &options->database,
                             "the database (default: that of the gateway)");
            arguments.List("--include", "GLOB", &options->include, "only these objects");
            arguments.List("--exclude", "GLOB", &options->exclude, "all but these objects");
            return [options](Session& session) { return RunSchemaInspect(session, *options); };
          }};
}

}  // namespace stateserver::client
