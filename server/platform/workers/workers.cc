// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/workers.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
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

absl::Status ReadFlag(simdjson::dom::element answer, const char* key, bool* out) {
  simdjson::dom::element value;
  if (answer[key].get(value) != simdjson::SUCCESS) return absl::OkStatus();
  if (value.get(*out) != simdjson::SUCCESS) return NoAnswer(Cat("'", key, "' that is not a flag"));
  return absl::OkStatus();
}

absl::Status ReadMinor(simdjson::dom::element answer, const char* key, std::optional<int>* out) {
  simdjson::dom::element value;
  if (answer[key].get(value) != simdjson::SUCCESS) return absl::OkStatus();
  int64_t minor = 0;
  if (value.get(minor) != simdjson::SUCCESS || minor < 0 || minor > 1000) {
    return NoAnswer(Cat("'", key, "' that is not a minor release"));
  }
  *out = static_cast<int>(minor);
  return absl::OkStatus();
}

// Rewriter sends an item that the first Python cannot parse to the next one.
class Rewriter : public PayloadRewriter {
 public:
  // `options` describes the worker and then the other interpreters; never empty.
  Rewriter(const std::vector<WorkerOptions>& options, const CallContext& context) {
    for (const WorkerOptions& each : options) {
      pools_.push_back(std::make_unique<ProcessPool>(each, context));
    }
  }

  absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) override {
    std::vector<Answer> answers(items.size());
    auto encode = [&](size_t index, std::string* out) {
      // The form is that of the first Python, whichever parses the payload.
      const Item& item = items[index];
      EncodeItem(item, item.release.empty() ? answers[index].release : item.release, out);
    };
    auto take = [&](size_t index, simdjson::dom::element answer) {
      return Take(items[index], answer, &answers[index]);
    };
    auto is_unread = [&](size_t index) { return answers[index].unread; };
    RETURN_IF_ERROR(Process(items.size(), encode, take, is_unread));
    return answers;
  }

  absl::StatusOr<std::vector<Evidence>> Inspect(const std::vector<std::string>& payloads) override {
    std::vector<Evidence> found(payloads.size());
    std::vector<bool> unread(payloads.size());
    auto encode = [&](size_t index, std::string* out) {
      *out += '{';
      AppendMember("inspect", payloads[index], out);
      *out += '}';
    };
    auto take = [&](size_t index, simdjson::dom::element answer) -> absl::Status {
      bool is_unread = false;
      RETURN_IF_ERROR(ReadFlag(answer, "unread", &is_unread));
      unread[index] = is_unread;
      RETURN_IF_ERROR(ReadMinor(answer, "at_least", &found[index].at_least));
      RETURN_IF_ERROR(ReadMinor(answer, "before", &found[index].before));
      if (!found[index].release.empty()) return absl::OkStatus();
      ASSIGN_OR_RETURN(found[index].release, TextOf(answer, "python"));
      return absl::OkStatus();
    };
    auto is_unread = [&](size_t index) { return unread[index]; };
    RETURN_IF_ERROR(Process(payloads.size(), encode, take, is_unread));
    return found;
  }

 private:
  // Sends all items to the first pool, and those that it could not read to the others.
  absl::Status Process(size_t count, const ProcessPool::Encode& encode, const TakeAnswer& take,
                       const std::function<bool(size_t)>& is_unread) {
    std::vector<size_t> left(count);
    std::iota(left.begin(), left.end(), 0);
    for (const auto& pool : pools_) {
      RETURN_IF_ERROR(pool->Process(
          left.size(), [&](size_t i, std::string* out) { encode(left[i], out); },
          [&](size_t i, simdjson::dom::element answer) { return take(left[i], answer); }));
      std::erase_if(left, [&](size_t index) { return !is_unread(index); });
      if (left.empty()) break;
    }
    return absl::OkStatus();
  }

  static void EncodeItem(const Item& item, const std::string& release, std::string* out) {
    AppendTo(out, "{\"migration\":", item.migration, ",");
    AppendMember("model", item.model, out);
    *out += ',';
    AppendMember("python", release, out);
    *out += ',';
    AppendMember("payload", item.payload, out);
    *out += '}';
  }

  static absl::Status Take(const Item& item, simdjson::dom::element answer, Answer* out) {
    Answer taken;
    ASSIGN_OR_RETURN(taken.error, TextOf(answer, "error"));
    ASSIGN_OR_RETURN(taken.release, TextOf(answer, "python"));
    RETURN_IF_ERROR(ReadFlag(answer, "unread", &taken.unread));
    if (taken.error.empty()) {
      RETURN_IF_ERROR(TakeText(item, answer, &taken));
    } else {
      taken.payload = item.payload;
      // If several Pythons cannot parse it, keep the error of the first one.
      if (out->unread && taken.unread) taken.error = out->error;
    }
    *out = std::move(taken);
    return absl::OkStatus();
  }

  static absl::Status TakeText(const Item& item, simdjson::dom::element answer, Answer* out) {
    std::string_view payload;
    if (answer["payload"].get(payload) != simdjson::SUCCESS) return NoAnswer("no payload");
    if (answer["changed"].get(out->changed) != simdjson::SUCCESS) {
      return NoAnswer("no information whether the payload changed");
    }
    out->payload = out->changed ? std::string(payload) : item.payload;
    RETURN_IF_ERROR(ReadFlag(answer, "varies", &out->varies));
    RETURN_IF_ERROR(ReadFlag(answer, "varies_in_series", &out->varies_in_series));
    simdjson::dom::array warnings;
    if (answer["warnings"].get(warnings) != simdjson::SUCCESS) return NoAnswer("no warnings");
    for (simdjson::dom::element warning : warnings) {
      std::string_view text;
      if (warning.get(text) != simdjson::SUCCESS) return NoAnswer("a warning that is not text");
      out->warnings.emplace_back(text);
    }
    return absl::OkStatus();
  }

  std::vector<std::unique_ptr<ProcessPool>> pools_;
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
  std::vector<WorkerOptions> all = {Common("rewrite", std::move(command))};
  for (const std::string& python : options_.rewrite_pythons) {
    all.push_back(Common("rewrite", {python, "-m", "stateserver_workers", "rewrite"}));
  }
  return std::make_unique<workers::Rewriter>(all, context);
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
