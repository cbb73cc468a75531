// SPDX-License-Identifier: Apache-2.0

#include "client/schema/plan_view.h"

#include <algorithm>
#include <set>

#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "common/json/text.h"
#include "common/text.h"

namespace stateserver::client {

// Return the words for the protocol's enums.
std::string StepClassWord(pb::SchemaStepClass step_class) {
  std::string word = EnumWord(step_class);
  std::replace(word.begin(), word.end(), ' ', '_');
  return word;
}

std::string ObjectKindWord(pb::SchemaObjectKind kind) {
  switch (kind) {
    case pb::SCHEMA_OBJECT_KIND_TABLE:
      return "table";
    case pb::SCHEMA_OBJECT_KIND_VIEW:
      return "view";
    case pb::SCHEMA_OBJECT_KIND_MATERIALIZED_VIEW:
      return "mv";
    case pb::SCHEMA_OBJECT_KIND_ROLLUP:
      return "rollup";
    default:
      return "unknown";
  }
}

namespace {

// The attribute of the server's warning about an inactive materialized view.
constexpr char kActivity[] = "activity";

constexpr int kFew = 5;  // number of unmanaged objects that are listed without --verbose

// Replaces control characters of a statement, except for its line breaks.
std::string Lines(std::string_view statement, std::string_view indent) {
  std::string out;
  while (!statement.empty()) {
    size_t end = std::min(statement.find('\n'), statement.size());
    AppendTo(&out, out.empty() ? "" : Cat("\n", indent), Printable(statement.substr(0, end)));
    statement.remove_prefix(std::min(end + 1, statement.size()));
  }
  return out;
}

class Text {
 public:
  Text(Console& console, const SchemaPlan& plan) : console_(console), plan_(plan) {}

  void Steps() {
    std::string object;
    for (const pb::SchemaStep& step : plan_.steps) {
      if (step.object() != object) Heading(step.object());
      object = step.object();
      Step(step);
    }
  }

  void Refusals(bool hints) {
    for (const pb::SchemaRefusal& refusal : plan_.refusals) {
      console_.out() << console_.PaintOut(Colour::kRed, "refused") << "  "
                     << What(refusal.object(), refusal.attribute()) << ": "
                     << Printable(refusal.reason()) << '\n';
      if (!refusal.from().empty() || !refusal.to().empty()) {
        console_.out() << "         " << Side(refusal.from()) << " -> " << Side(refusal.to())
                       << '\n';
      }
      if (std::string hint = RefusalHint(refusal); hints && !hint.empty()) {
        console_.out() << "         " << Printable(hint) << '\n';
      }
    }
  }

  void Warnings() {
    for (const pb::SchemaWarning& warning : plan_.warnings) {
      console_.out() << console_.PaintOut(Colour::kYellow, "warning") << "  "
                     << What(warning.object(), warning.attribute()) << ": "
                     << Printable(warning.message()) << '\n';
    }
  }

  void Unmanaged(bool verbose) {
    int count = static_cast<int>(plan_.unmanaged.size());
    if (count == 0) return;
    if (!verbose && count > kFew) {
      console_.out() << count << " items are left unchanged (--verbose lists them)\n";
      return;
    }
    for (const pb::UnmanagedSchemaItem& item : plan_.unmanaged) {
      console_.out() << console_.PaintOut(Colour::kDim, "left") << "     "
                     << What(item.object(), item.attribute()) << ": " << Printable(item.reason())
                     << '\n';
    }
  }

  // Prints "3 changes in 2 objects: 1 job, 1 destructive; 1 refused".
  void Summary() {
    int steps = static_cast<int>(plan_.steps.size()),
        refused = static_cast<int>(plan_.refusals.size());
    if (steps == 0 && refused == 0 && !HasInactiveView(plan_)) {
      console_.out() << "No differences\n";
      return;
    }
    std::set<std::string> objects;
    int jobs = 0, destructive = 0;
    for (const pb::SchemaStep& step : plan_.steps) {
      objects.insert(step.object());
      jobs += step.job() ? 1 : 0;
      destructive += step.destructive() ? 1 : 0;
    }
    console_.out() << Count(steps, "change") << " in "
                   << Count(static_cast<int64_t>(objects.size()), "object") << ": "
                   << Count(jobs, "job") << ", " << destructive << " destructive, " << refused
                   << " refused\n";
  }

  static std::string What(const std::string& object, const std::string& attribute) {
    return Printable(attribute.empty() ? object : Cat(object, " ", attribute));
  }

 private:
  static std::string Side(const std::string& text) {
    return text.empty() ? "nothing" : Lines(text, "         ");
  }

  void Heading(const std::string& object) {
    console_.out() << console_.PaintOut(Colour::kBold, Printable(object)) << '\n';
  }

  void Step(const pb::SchemaStep& step) {
    bool create = step.class_() == pb::SCHEMA_STEP_CLASS_CREATE;
    bool drop = step.destructive() || step.class_() == pb::SCHEMA_STEP_CLASS_DROP;
    Colour colour = drop ? Colour::kRed : create ? Colour::kGreen : Colour::kYellow;
    console_.out() << "  "
                   << console_.PaintOut(colour, drop     ? "-"
                                                : create ? "+"
                                                         : "~")
                   << ' ' << Lines(step.statement(), "    ") << '\n';
    std::string notes = StepClassWord(step.class_());
    notes += step.job() ? ", job" : "";
    notes += step.destructive() ? ", destructive" : "";
    switch (step.reversibility()) {
      case pb::REVERSIBILITY_LOSSLESS:
        notes += ", reversible";
        break;
      case pb::REVERSIBILITY_LOSSY:
        AppendTo(&notes, ", undone with loss: ", Printable(step.irreversible()));
        break;
      default:
        AppendTo(&notes, ", not reversible: ", Printable(step.irreversible()));
    }
    console_.out() << "      " << console_.PaintOut(Colour::kDim, Cat("-- ", notes)) << '\n';
  }

  Console& console_;
  const SchemaPlan& plan_;
};

template <typename Items, typename ToText>
std::string List(const Items& items, ToText to_text) {
  std::string list = "[";
  for (const auto& item : items) AppendTo(&list, list.size() == 1 ? "" : ",", to_text(item));
  return list + "]";
}

std::string_view ReversibilityWord(pb::Reversibility reversibility) {
  switch (reversibility) {
    case pb::REVERSIBILITY_LOSSLESS:
      return "lossless";
    case pb::REVERSIBILITY_LOSSY:
      return "lossy";
    default:
      return "impossible";
  }
}

std::string StepJson(const pb::SchemaStep& step) {
  JsonObject object;
  object.Text("object", step.object())
      .Text("class", StepClassWord(step.class_()))
      .Text("statement", step.statement())
      .Bool("job", step.job())
      .Bool("destructive", step.destructive())
      .Text("reversibility", ReversibilityWord(step.reversibility()));
  if (step.reversibility() == pb::REVERSIBILITY_IMPOSSIBLE) {
    object.Null("reverse");
  } else {
    object.Raw("reverse",
               List(step.reverse(), [](const auto& text) { return json::Quoted(text); }));
  }
  if (step.irreversible().empty()) {
    object.Null("irreversible");
  } else {
    object.Text("irreversible", step.irreversible());
  }
  return object.Finish();
}

std::string RefusalJson(pb::SchemaRefusal refusal) {
  refusal.set_hint(RefusalHint(refusal));
  return ToJson(refusal);
}

std::string UnmanagedJson(const pb::UnmanagedSchemaItem& item) {
  return JsonObject()
      .Text("object", item.object())
      .Text("kind", ObjectKindWord(item.kind()))
      .Text("attribute", item.attribute())
      .Text("reason", item.reason())
      .Finish();
}

}  // namespace

bool HasInactiveView(const SchemaPlan& plan) {
  return std::any_of(plan.warnings.begin(), plan.warnings.end(),
                     [](const auto& warning) { return warning.attribute() == kActivity; });
}

std::string RefusalHint(const pb::SchemaRefusal& refusal) {
  if (!refusal.rebuild()) return refusal.hint();
  const std::string& object = refusal.object();
  return Cat(refusal.hint(), refusal.hint().empty() ? "" : " ", "`--rebuild ",
             object.substr(object.rfind('.') + 1), "` allows it",
             refusal.attribute() == kActivity
                 ? ", and `--rebuild-dependents` rebuilds all such views."
                 : ".");
}

void PrintPlan(Console& console, const SchemaPlan& plan, bool verbose) {
  Text text(console, plan);
  text.Steps();
  text.Refusals(/*hints=*/true);
  text.Warnings();
  text.Unmanaged(verbose);
  text.Summary();
}

void PrintDifferences(Console& console, const SchemaPlan& plan, bool verbose) {
  Text text(console, plan);
  for (const pb::SchemaStep& step : plan.steps) {
    console.out() << console.PaintOut(Colour::kYellow, "differs") << "  "
                  << Printable(step.object()) << ": "
                  << Printable(step.statement().substr(0, step.statement().find('\n'))) << '\n';
  }
  for (const pb::SchemaWarning& warning : plan.warnings) {
    if (warning.attribute() != kActivity) continue;
    console.out() << console.PaintOut(Colour::kYellow, "differs") << "  "
                  << Printable(warning.object()) << ": " << Printable(warning.message()) << '\n';
  }
  text.Refusals(/*hints=*/false);
  text.Unmanaged(verbose);
  text.Summary();
}

std::string PlanToJson(const SchemaPlan& plan) {
  auto plain = [](const auto& message) { return ToJson(message); };
  return JsonObject()
      .Raw("steps", List(plan.steps, StepJson))
      .Raw("refusals", List(plan.refusals, RefusalJson))
      .Raw("warnings", List(plan.warnings, plain))
      .Raw("unmanaged", List(plan.unmanaged, UnmanagedJson))
      .Raw("findings", List(plan.findings, plain))
      .Raw("engine", ToJson(plan.engine))
      .Finish();
}

}  // namespace stateserver::client
