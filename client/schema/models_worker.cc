// SPDX-License-Identifier: Apache-2.0

#include "client/schema/models_worker.h"

#include <optional>

#include "client/errors.h"
#include "client/transfer/local_worker.h"
#include "common/text.h"
#include "simdjson.h"

namespace stateserver::client {
namespace {

constexpr size_t kMaxLine = size_t{256} << 20;
constexpr absl::Duration kEndPatience = absl::Seconds(2);

absl::Status Failed(std::string_view sentence, std::string_view hint = "") {
  return ClientError(ClientReason::MODELS_FAILED, sentence, hint);
}

absl::Status Ended(PipedChild* child) {
  std::string end = child->End(kEndPatience), errors = child->Errors();
  if (LacksWorkers(errors)) return Failed(kNoWorkers, kInstallWorkers);
  return Failed(Cat("The models' Python ", end, errors.empty() ? "." : Cat(": ", errors)),
                "Name the Python that has your models and the package starrocks with --python.");
}

absl::StatusOr<std::string> ReadAnswer(const std::string& line) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::array statements;
  std::string_view text;
  if (parser.parse(line).get(root) != simdjson::SUCCESS)
    return Failed("The models' worker sent an invalid answer.");
  if (root["fatal"].get(text) == simdjson::SUCCESS) {
    std::string_view hint;
    if (root["hint"].get(hint) != simdjson::SUCCESS) hint = "";
    return Failed(Cat(text, text.ends_with('.') ? "" : "."), hint);
  }
  if (root["statements"].get(statements) != simdjson::SUCCESS) {
    return Failed("The models' worker sent an invalid answer.");
  }
  std::string script;
  for (simdjson::dom::element one : statements) {
    if (one["sql"].get(text) != simdjson::SUCCESS)
      return Failed("The models' worker sent an invalid answer.");
    AppendTo(&script, text, ";\n");
  }
  return script;
}

}  // namespace

absl::StatusOr<std::string> CompileModels(const std::string& name, const std::string& python,
                                          const Interrupts& interrupts) {
  SpawnOptions options;
  options.command = {python.empty() ? "python3" : python, "-m", "stateserver_workers", "models",
                     name};
  options.environment = WorkerEnvironment();
  auto child = PipedChild::Start(options, kMaxLine);
  if (!child.ok()) {
    return Failed(Cat("Cannot run the models' Python: ", MessageOf(child.status())),
                  "Check the path of --python.");
  }
  (*child)->CloseInput();
  ASSIGN_OR_RETURN(std::optional<std::string> line, WaitForLine(child->get(), interrupts));
  if (!line) return Ended(child->get());
  return ReadAnswer(*line);
}

}  // namespace stateserver::client
