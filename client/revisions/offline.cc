// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/offline.h"

#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/statement.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

void PrintStep(std::ostream& out, const revisions::SqlStep& step) {
  out << '\n' << revisions::Terminated(step.statement) << '\n';
  if (!step.notes.job.value_or(revisions::MayStartJob(step))) return;
  revisions::StatementFacts facts = revisions::Describe(step.statement);
  out << "-- wait until the job of " << facts.object
      << " is FINISHED (SHOW ALTER TABLE COLUMN, OPTIMIZE or ROLLUP)\n";
}

std::string PythonText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

// Returns None, one id, or a tuple of ids.
std::string PythonIds(const std::vector<std::string>& ids) {
  if (ids.empty()) return "None";
  if (ids.size() == 1) return PythonText(ids[0]);
  std::string out = "(";
  for (const std::string& id : ids) AppendTo(&out, PythonText(id), ", ");
  return out + ")";
}

void AppendBody(std::string* out, std::string_view name,
                const std::vector<revisions::SqlStep>& steps,
                const std::vector<std::string>& irreversible) {
  AppendTo(out, "\n\ndef ", name, "() -> None:\n");
  for (const std::string& why : irreversible) {
    AppendTo(out, "    raise NotImplementedError(", PythonText(why), ")\n");
  }
  for (const revisions::SqlStep& step : steps) {
    AppendTo(out, "    op.get_bind().exec_driver_sql(", PythonText(step.statement), ")\n");
  }
  if (steps.empty() && irreversible.empty()) out->append("    pass\n");
}

}  // namespace

absl::Status PrintSql(std::ostream& out, const revisions::Graph& graph, const std::string& range,
                      bool downgrade) {
  auto found = downgrade ? graph.DowngradeRange(range) : graph.UpgradeRange(range);
  if (!found.ok()) return found.status();
  for (const revisions::Revision* revision : found->path) {
    out << "-- " << (downgrade ? "downgrade of " : "upgrade to ") << revision->id << ": "
        << revision->message << '\n';
    for (const std::string& why : revision->irreversible) {
      if (downgrade) out << "-- irreversible: " << why << '\n';
    }
    for (const auto& step : downgrade ? revision->downgrade : revision->upgrade) {
      PrintStep(out, step);
    }
    out << '\n';
  }
  return absl::OkStatus();
}

std::string AlembicScript(const revisions::Revision& revision) {
  std::string out = Cat(PythonText(Cat(revision.message, "\n\nRevision ID: ", revision.id,
                                       "\nRevises: ", revisions::JoinList(revision.down),
                                       "\nCreate Date: ", revision.created)),
                        "\n\nfrom alembic import op\n\nrevision = ", PythonText(revision.id),
                        "\ndown_revision = ", PythonIds(revision.down),
                        "\nbranch_labels = ", PythonIds(revision.branches),
                        "\ndepends_on = ", PythonIds(revision.depends_on), "\n");
  AppendBody(&out, "upgrade", revision.upgrade, {});
  AppendBody(&out, "downgrade",
             revision.irreversible.empty() ? revision.downgrade : std::vector<revisions::SqlStep>(),
             revision.irreversible);
  return out;
}

}  // namespace stateserver::client
