// SPDX-License-Identifier: Apache-2.0
//
// steps_probe CONNINFO FROM REWRITER: checks and runs the schema steps on schema sqlmesh
// and commits. REWRITER is a program that reads a JSON list of [migration,
// payload, model] from the file it is given and prints a list of [payload,
// changed, warnings, error]; "-": none. Prints one JSON object: {"warnings":
// {number: [text]}, "rows": {number: count}} or {"reason": R, "error": text}.
#include <simdjson.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/shape_check.h"
#include "server/sqlmesh/migrations/steps/draft.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {
namespace {

class Program : public workers::PayloadRewriter {
 public:
  explicit Program(std::string command) : command_(std::move(command)) {}

  absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) override {
    char path[] = "/tmp/steps-probe-XXXXXX";
    int file = mkstemp(path);
    if (file < 0) return Error(Reason::INTERNAL, "no temporary file");
    close(file);
    std::ofstream out(path);
    std::string_view separator = "[";
    for (const Item& item : items) {
      out << separator << "[" << item.migration << "," << Quoted(item.payload) << ","
          << Quoted(item.model) << "]";
      separator = ",";
    }
    out << "]";
    out.close();
    std::string text = Output(Cat(command_, " ", path));
    std::remove(path);
    return Parse(text);
  }

  absl::StatusOr<std::vector<Evidence>> Inspect(const std::vector<std::string>& payloads) override {
    return std::vector<Evidence>(payloads.size());
  }

 private:
  static std::string Output(const std::string& command) {
    std::string text;
    char buffer[4096];
    FILE* pipe = popen(command.c_str(), "r");
    while (size_t n = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
    pclose(pipe);
    return text;
  }

  static absl::StatusOr<std::vector<Answer>> Parse(const std::string& text) {
    simdjson::dom::parser parser;
    std::vector<Answer> answers;
    for (simdjson::dom::element one : parser.parse(text).get_array()) {
      Answer& answer = answers.emplace_back();
      answer.payload = one.at(0).get_string().value();
      answer.changed = one.at(1).get_bool().value();
      for (simdjson::dom::element warning : one.at(2).get_array()) {
        answer.warnings.emplace_back(warning.get_string().value());
      }
      answer.error = one.at(3).get_string().value();
    }
    return answers;
  }

  std::string command_;
};

std::string Report(const std::vector<StepReport>& reports) {
  std::string warnings, rows;
  for (const StepReport& report : reports) {
    AppendTo(&rows, rows.empty() ? "" : ",", "\"", report.number, "\":", report.rows_rewritten);
    if (report.warnings.empty()) continue;
    AppendTo(&warnings, warnings.empty() ? "" : ",", "\"", report.number, "\":[");
    for (const std::string& text : report.warnings) {
      AppendTo(&warnings, &text == &report.warnings[0] ? "" : ",", Quoted(text));
    }
    warnings += "]";
  }
  return Cat("{\"warnings\":{", warnings, "},\"rows\":{", rows, "}}");
}

absl::Status Work(const std::string& conninfo, int from, const std::string& rewriter) {
  postgres::PoolOptions options;
  options.conninfo = conninfo;
  postgres::Pool pool(options);
  const CallContext context;
  ASSIGN_OR_RETURN(auto session, pool.Acquire(context));
  RETURN_IF_ERROR(session->Begin(postgres::Isolation::kReadCommitted));
  // As the runner does.
  RETURN_IF_ERROR(CheckShape(*session, "sqlmesh", from));
  Program program(rewriter);
  SchemaRun run{"sqlmesh", from, rewriter == "-" ? nullptr : &program, {}, ""};
  ASSIGN_OR_RETURN(SchemaReport report, RunSchemaSteps(*session, run));
  RETURN_IF_ERROR(session->Commit());
  std::cout << Report(report.steps) << "\n";
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  if (argc != 4) return 2;
  absl::Status status = Work(argv[1], std::stoi(argv[2]), argv[3]);
  if (status.ok()) return 0;
  std::cout << Cat("{\"reason\":", Quoted(ReasonName(ReasonOf(status))),
                   ",\"error\":", Quoted(MessageOf(status)), "}")
            << "\n";
  return 0;
}

}  // namespace
}  // namespace stateserver::migrations

int main(int argc, char** argv) { return stateserver::migrations::Main(argc, argv); }
