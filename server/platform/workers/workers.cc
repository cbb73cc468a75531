// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/workers.h"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/json/text.h"
#include "common/process/python_package.h"
#include "common/text.h"
#include "server/platform/workers/process_pool.h"

namespace stateserver::workers {
namespace {

void AppendMember(std::string_view key, std::string_view text, std::string* out) {
  AppendTo(out, "\"", key, "\":");
  json::AppendQuoted(text, json::Charset::kAscii, out);
}

// Maximum time of each part of a trial start, during which the server does not start.
constexpr absl::Duration kCheckLimit = absl::Seconds(10);

// Returns true for a decimal CRC-32.
bool IsHash(const std::string& text) {
  return !text.empty() && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::Status NoAnswer(std::string_view what) { return Error(Reason::ARGUMENT_INVALID, what); }

class Rewriter : public PayloadRewriter {
 public:
  Rewriter(WorkerOptions options, const CallContext& context)
      : pool_(std::move(options), context) {}

  absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) override {
    std::vector<Answer> answers(items.size());
    auto encode = [&](size_t index, std::string* out) { Encode(items[index], out); };
    auto take = [&](size_t index, simdjson::dom::element answer) {
      return Take(items[index], answer, &answers[index]);
    };
    RETURN_IF_ERROR(pool_.Process(items.size(), encode, take));
    return answers;
  }

 private:
  static void Encode(const Item& item, std::string* out) {
    AppendTo(out, "{\"migration\":", item.migration, ",");
    AppendMember("model", item.model, out);
    *out += ',';
    AppendMember("payload", item.payload, out);
    *out += '}';
  }

  static absl::Status Take(const Item& item, simdjson::dom::element answer, Answer* out) {
    ASSIGN_OR_RETURN(out->error, TextOf(answer, "error"));
    if (!out->error.empty()) {
      out->payload = item.payload;
      return absl::OkStatus();
    }
    std::string_view payload;
    if (answer["payload"].get(payload) != simdjson::SUCCESS) return NoAnswer("no payload");
    if (answer["changed"].get(out->changed) != simdjson::SUCCESS) {
      return NoAnswer("no information whether the payload changed");
    }
    out->payload = out->changed ? std::string(payload) : item.payload;
    simdjson::dom::array warnings;
    if (answer["warnings"].get(warnings) != simdjson::SUCCESS) return NoAnswer("no warnings");
    for (simdjson::dom::element warning : warnings) {
      std::string_view text;
      if (warning.get(text) != simdjson::SUCCESS) return NoAnswer("a warning that is not text");
      out->warnings.emplace_back(text);
    }
    return absl::OkStatus();
  }

  ProcessPool pool_;
};

class Fingerprints : public FingerprintWorker {
 public:
  Fingerprints(WorkerOptions options, const CallContext& context)
      : pool_(std::move(options), context) {}

  absl::StatusOr<std::vector<Answer>> Hash(
      const std::vector<std::string>& snapshot_jsons) override {
    std::vector<Answer> answers(snapshot_jsons.size());
    auto encode = [&](size_t index, std::string* out) {
      *out += '{';
      AppendMember("snapshot", snapshot_jsons[index], out);
      *out += '}';
    };
    auto take = [&](size_t index, simdjson::dom::element answer) {
      return Take(answer, &answers[index]);
    };
    RETURN_IF_ERROR(pool_.Process(snapshot_jsons.size(), encode, take));
    return answers;
  }

 private:
  static absl::Status Take(simdjson::dom::element answer, Answer* out) {
    ASSIGN_OR_RETURN(out->error, TextOf(answer, "error"));
    if (!out->error.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(out->data_hash, TextOf(answer, "data_hash"));
    ASSIGN_OR_RETURN(out->metadata_hash, TextOf(answer, "metadata_hash"));
    bool valid = IsHash(out->data_hash) && IsHash(out->metadata_hash);
    return valid ? absl::OkStatus() : NoAnswer("a hash that is not a decimal number");
  }

  ProcessPool pool_;
};

// Returns the variables of the server's environment that a worker receives: no passwords, no
// tokens.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> out = {
      "LC_ALL=C.UTF-8",    "PYTHONHASHSEED=0",       "PYTHONDONTWRITEBYTECODE=1",
      "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS=true",
      PythonPathEntry()};
  for (const char* name : {"PATH", "HOME", "TZ", "LD_LIBRARY_PATH", "TMPDIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) out.push_back(Cat(name, "=", value));
  }
  return out;
}

}  // namespace

WorkerOptions Workers::Common(std::string role, std::vector<std::string> command) const {
  WorkerOptions options;
  options.role = std::move(role);
  options.command = std::move(command);
  options.timeout = options_.timeout;
  options.memory_bytes = options_.memory_bytes;
  options.log = options_.log;
  options.environment = CleanEnvironment();
  options.launch = [launcher = options_.launcher, command = options.command,
                    environment = options.environment, files = options_.files,
                    timeout = options.timeout] {
    return launcher->Prepare(command, environment, files, timeout);
  };
  return options;
}

std::unique_ptr<PayloadRewriter> Workers::Rewriter(const CallContext& context) const {
  std::vector<std::string> command = options_.rewrite_command;
  if (command.empty()) command = {"python3", "-m", "stateserver_workers", "rewrite"};
  return std::make_unique<workers::Rewriter>(Common("rewrite", std::move(command)), context);
}

std::unique_ptr<FingerprintWorker> Workers::Fingerprints(const CallContext& context,
                                                         Admit admit) const {
  if (options_.fingerprint_command.empty()) return nullptr;
  WorkerOptions options = Common("fingerprint", options_.fingerprint_command);
  options.admit = std::move(admit);
  options.batch_items = 16;
  options.processes = options_.fingerprint_processes > 0
                          ? options_.fingerprint_processes
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::make_unique<workers::Fingerprints>(std::move(options), context);
}

std::optional<SandboxCheck> Workers::CheckFingerprints() const {
  if (options_.fingerprint_command.empty()) return std::nullopt;
  return options_.launcher->Check(options_.fingerprint_command, CleanEnvironment(), options_.files,
                                  std::min(options_.timeout, kCheckLimit));
}

}  // namespace stateserver::workers
