// SPDX-License-Identifier: Apache-2.0
//
// Lets a deployment go on only where the StarRocks database is as the files declare it, as
// `stateclient schema check` does.
//
//   schema_gate DATABASE FOLDER     exit code 0: it is; 1: what is to be done is printed, or why
//                                   nobody could tell
#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "connection.h"
#include "stateserver/v1/schema.grpc.pb.h"

namespace pb = stateserver::v1;

namespace {

constexpr size_t kPieceBytes = 256 << 10;

struct File {
  std::string name, text;
};

std::vector<File> Declarations(const std::filesystem::path& folder) {
  std::vector<File> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".sql") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    in.exceptions(std::ios::badbit);
    std::ostringstream text;
    text << in.rdbuf();
    files.push_back({entry.path().filename().string(), text.str()});
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

using Stream = grpc::ClientReaderWriter<pb::DiffRequest, pb::DiffResponse>;

// A stream that the server has ended takes nothing more: Finish() says why.
bool Send(Stream& stream, const std::string& database, const std::vector<File>& files) {
  pb::DiffRequest begin;
  begin.mutable_begin()->set_database(database);
  if (!stream.Write(begin)) return false;
  for (const File& file : files) {
    size_t at = 0;
    do {
      pb::DiffRequest piece;
      piece.mutable_to_file()->set_name(file.name);
      piece.mutable_to_file()->set_text(file.text.substr(at, kPieceBytes));
      if (!stream.Write(piece)) return false;
      at += kPieceBytes;
    } while (at < file.text.size());
  }
  return stream.WritesDone();
}

// What has to be done, a line each; none where the database is as declared.
grpc::Status Differences(pb::SchemaService::Stub& stub, const std::string& database,
                         const std::vector<File>& files, std::vector<std::string>* lines) {
  lines->clear();
  auto context = example::NewContext();
  auto stream = stub.Diff(context.get());
  Send(*stream, database, files);
  for (pb::DiffResponse answer; stream->Read(&answer);) {
    const pb::PlanEvent& event = answer.event();
    if (event.has_step()) lines->push_back(event.step().statement());
    if (event.has_refusal()) {
      lines->push_back("refused: " + event.refusal().object() + ": " + event.refusal().reason());
    }
  }
  return stream->Finish();
}

int Run(const std::string& database, const std::string& folder) {
  std::vector<File> files = Declarations(folder);
  auto stub = pb::SchemaService::NewStub(example::Connect());
  std::vector<std::string> lines;
  grpc::Status status =
      example::Retrying([&] { return Differences(*stub, database, files, &lines); });
  if (!status.ok()) return example::Failed(status);
  for (const std::string& line : lines) std::cout << line << '\n';
  return lines.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: schema_gate DATABASE FOLDER\n";
    return 2;
  }
  try {
    return Run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
