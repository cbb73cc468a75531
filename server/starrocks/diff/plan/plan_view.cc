// SPDX-License-Identifier: Apache-2.0
//
// Views: replaced only where they really differ, as little as may be.
#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/view_plan.h"

namespace stateserver::schema {
namespace {

bool HasComments(const View& view) {
  return !view.comment.empty() ||
         std::any_of(view.columns.begin(), view.columns.end(),
                     [](const ViewColumn& column) { return !column.comment.empty(); });
}

std::string SecurityOf(const View& view) { return view.security.empty() ? "NONE" : view.security; }

std::string SetSecurity(const ObjectName& name, const View& view) {
  return Cat("ALTER VIEW ", ShortName(name), " SET SECURITY ", SecurityOf(view));
}

std::string Replace(const ObjectName& name, const View& view) {
  std::string text = PrintView({"", name.name}, view);
  constexpr std::string_view kCreate = "CREATE ";
  return Cat("CREATE OR REPLACE ", text.substr(kCreate.size()));
}

std::string Alter(const ObjectName& name, const View& view) {
  std::vector<std::string> names;
  for (const ViewColumn& column : view.columns) names.push_back(column.name);
  return Cat("ALTER VIEW ", ShortName(name), names.empty() ? "" : Cat(" (", PrintNames(names), ")"),
             " AS ", view.query);
}

struct Difference {
  bool security = false, other = false;
};

Difference Compare(const ObjectName& name, const View& live, const View& declared) {
  Difference out;
  for (const auto& one : CompareViews(name, live, declared).differences) {
    (one.attribute == "security" ? out.security : out.other) = true;
  }
  return out;
}

// ALTER VIEW clears comments, so it will not do where there are some.
std::vector<std::string> Statements(const ObjectName& name, const View& live,
                                    const View& declared) {
  Difference difference = Compare(name, live, declared);
  std::vector<std::string> out;
  if (difference.other) {
    bool comments = HasComments(live) || HasComments(declared);
    View replacement = declared;
    replacement.security.clear();  // as it is: the replacement keeps it
    out.push_back(comments ? Replace(name, replacement) : Alter(name, declared));
  }
  if (difference.security) out.push_back(SetSecurity(name, declared));
  return out;
}

}  // namespace

void PlanView(const Object& live, const Object& declared, const Engine& engine, Plan* plan) {
  const View &there = std::get<View>(live.definition),
             &wanted = std::get<View>(declared.definition);
  const ObjectName& name = declared.name;
  View reachable = wanted;
  if (Compare(name, there, wanted).security) {
    if (auto missing = Missing(Feature::kViewSecurity, engine.version)) {
      plan->refusals.push_back({name, "security", SecurityOf(there), SecurityOf(wanted), *missing,
                                "Drop the view and create it again.", false});
      reachable.security = there.security;
    }
  }
  // Each is undone by what leads back from it; the security comes last.
  std::vector<std::string> statements = Statements(name, there, reachable);
  bool last_is_security = Compare(name, there, reachable).security;
  View now = there;
  for (size_t i = 0; i < statements.size(); ++i) {
    bool security = last_is_security && i + 1 == statements.size();
    View next = security ? now : reachable;
    next.security = security ? reachable.security : now.security;
    Step step{name, StepClass::kView, statements[i], false, false, {}};
    step.undo.statements = Statements(name, next, now);
    plan->steps.push_back(std::move(step));
    now = next;
  }
}

}  // namespace stateserver::schema
