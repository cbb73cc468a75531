// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/server/starrocks/query/engine_views.h"

#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/print.h"
#include "server/starrocks/query/rewrite.h"
#include "server/starrocks/query/same.h"
#include "server/starrocks/query/tree_compare.h"

namespace stateserver::schema::query {
namespace {

using testing::EngineView;
using testing::EngineViews;
using testing::kDatabase;

TEST(EngineViewsTest, EveryQueryIsParsed) {
  EngineViews views;
  EXPECT_EQ(views.views().size(), 152);
  for (const EngineView& view : views.views()) {
    if (view.shown.empty()) continue;
    for (const std::string& text : {view.query, view.shown, view.definition}) {
      ParsedQuery parsed = ParseQuery(text);
      EXPECT_FALSE(parsed.error) << text << "\n" << parsed.error->Message();
    }
  }
}

TEST(EngineViewsTest, APrintedTreeIsParsedToTheSameTree) {
  EngineViews views;
  for (const EngineView& view : views.views()) {
    for (const std::string& text : {view.query, view.shown}) {
      ParsedQuery parsed = ParseQuery(text);
      if (parsed.error) continue;
      std::string printed = PrintTree(*parsed.query);
      ParsedQuery again = ParseQuery(printed);
      ASSERT_FALSE(again.error) << printed << "\n" << again.error->Message();
      EXPECT_TRUE(IsSameTree(*parsed.query, *again.query)) << text << "\n" << printed;
    }
  }
}

TEST(EngineViewsTest, ADeclaredQueryIsWhatTheEnginePrints) {
  EngineViews views;
  size_t equal = 0, refused = 0;
  for (const EngineView& view : views.views()) {
    if (view.shown.empty()) {
      ++refused;
      continue;
    }
    for (const std::string& printed : {view.shown, view.definition}) {
      std::optional<bool> same = IsPrintedAs(printed, view.query, kDatabase, &views.source());
      EXPECT_EQ(same, std::optional(true)) << view.query << "\n" << printed;
      equal += static_cast<size_t>(same.value_or(false));
    }
  }
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(equal, 2 * (views.views().size() - refused));
}

TEST(EngineViewsTest, NoQueryIsWhatTheEnginePrintsForAnother) {
  EngineViews views;
  const std::vector<EngineView>& all = views.views();
  for (size_t i = 0; i < all.size(); ++i) {
    // Neighbours are alike.
    for (size_t j = i + 1; j < std::min(all.size(), i + 12); ++j) {
      if (all[i].shown.empty() || all[j].shown.empty() || all[i].shown == all[j].shown) continue;
      std::optional<bool> same =
          IsPrintedAs(all[i].shown, all[j].query, kDatabase, &views.source());
      EXPECT_EQ(same, std::optional(false)) << all[i].shown << "\n" << all[j].query;
    }
  }
}

// Returns the queries that differ from `query` in one token.
std::vector<std::string> Mutations(const std::string& query) {
  std::vector<std::string> out;
  ParsedQuery parsed = ParseQuery(query);
  auto replace = [&](const Token& token, std::string_view by) {
    std::string text = query;
    out.push_back(text.replace(token.offset, token.source.size(), by));
  };
  for (const Token& token : parsed.tokens) {
    const std::string word = Upper(token.value);
    if (token.kind == Token::Kind::kNumber) replace(token, "77");
    if (token.kind == Token::Kind::kText) replace(token, "'other'");
    if (token.IsSymbol("=")) replace(token, "<=");
    if (token.IsSymbol(">")) replace(token, "<");
    if (token.IsSymbol("+")) replace(token, "-");
    if (word == "AND" && query.find("BETWEEN") == query.npos) replace(token, "OR");
    if (word == "LEFT" && query.find("JOIN") != query.npos) replace(token, "RIGHT");
    if (word == "DESC") replace(token, "ASC");
    if (word == "DISTINCT") replace(token, "");
    if (word == "UNION" || word == "INTERSECT")
      replace(token, word == "UNION" ? "EXCEPT" : "UNION");
    if (word == "MAX") replace(token, "min");
    if (word == "COUNT") replace(token, "sum");
    if (word == "ID") replace(token, "nowhere");
    if (word == "PIER") replace(token, "depth");
    if (word == "SHIP") replace(token, "boat");
    if (word == "SHUFFLE") replace(token, "BROADCAST");
  }
  return out;
}

TEST(EngineViewsTest, AChangedQueryIsNotWhatTheEnginePrints) {
  EngineViews views;
  size_t mutations = 0;
  for (const EngineView& view : views.views()) {
    if (view.shown.empty()) continue;
    for (const std::string& changed : Mutations(view.query)) {
      if (changed == view.query || ParseQuery(changed).error) continue;
      ++mutations;
      EXPECT_FALSE(IsPrintedAs(view.shown, changed, kDatabase, &views.source()).value_or(false))
          << view.shown << "\n"
          << changed;
    }
  }
  EXPECT_GT(mutations, 300);
}

TEST(EngineViewsTest, TypesAreThoseOfTheEngineOrUnknown) {
  EngineViews views;
  size_t known = 0, all = 0;
  for (const EngineView& view : views.views()) {
    if (view.shown.empty()) continue;
    OutputColumns columns = OutputTypes(view.query, kDatabase, &views.source());
    ASSERT_NE(columns, nullptr) << view.query;
    ASSERT_EQ(columns->size(), view.columns.size()) << view.query;
    for (size_t i = 0; i < columns->size(); ++i) {
      const OutputColumn& column = (*columns)[i];
      EXPECT_EQ(Lower(column.name), Lower(view.columns[i].first)) << view.query;
      ++all;
      if (column.type == nullptr) continue;
      ++known;
      std::string type, recorded;
      for (char c : Lower(PrintType(*column.type))) type += c == ' ' ? "" : std::string(1, c);
      for (char c : view.columns[i].second) recorded += c == ' ' ? "" : std::string(1, c);
      if (type == "string") type = "varchar(65533)";
      if (type.starts_with("struct")) continue;  // printed with widths
      EXPECT_EQ(type, recorded) << view.query;
    }
  }
  EXPECT_GE(known * 100, all * 80) << known << " of " << all;
}

TEST(EngineViewsTest, RelationsOfEveryQuery) {
  EngineViews views;
  const std::set<std::string> tables = {"berth", "ship", "order"};
  for (const EngineView& view : views.views()) {
    std::optional<Analysis> declared = AnalyzeText(view.query, kDatabase, nullptr);
    if (!declared || view.shown.empty()) continue;
    std::optional<Analysis> shown = AnalyzeText(view.shown, kDatabase, nullptr);
    ASSERT_TRUE(shown) << view.shown;
    EXPECT_EQ(declared->relations, shown->relations) << view.query;
    EXPECT_EQ(declared->relations.empty(), view.shown.find("FROM") == std::string::npos);
    for (const ObjectName& name : declared->relations) {
      EXPECT_TRUE(name.database == kDatabase && tables.contains(name.name)) << view.query;
    }
  }
}

// Compares each view of one side of a case with what the engine showed for it. Returns the number.
size_t CompareShownViews(simdjson::dom::element line, std::string_view side) {
  simdjson::dom::array statements;
  simdjson::dom::object shown;
  if (line[side].get(statements) != simdjson::SUCCESS ||
      line[Cat("engine_", side)]["shown"].get(shown) != simdjson::SUCCESS) {
    return 0;
  }
  std::string script;
  for (simdjson::dom::element one : statements) {
    AppendTo(&script, std::string_view(one), ";\n");
  }
  ParsedScript declared = ParseScript(script, "case", kDatabase);
  SchemaColumns source;
  for (const Object& object : declared.objects) source.Add(object);
  size_t compared = 0;
  for (const Object& object : declared.objects) {
    const auto* view = std::get_if<View>(&object.definition);
    std::string_view text;
    if (view == nullptr || shown[object.name.name].get(text) != simdjson::SUCCESS) continue;
    ParsedScript printed = ParseScript(testing::WithDatabase(text), "shown", kDatabase);
    if (!printed.errors.empty()) continue;
    const auto& live = std::get<View>(printed.objects.at(0).definition);
    EXPECT_EQ(IsPrintedAs(live.query, view->query, kDatabase, &source), std::optional(true))
        << text << "\n"
        << view->query;
    ++compared;
  }
  return compared;
}

TEST(EngineViewsTest, AViewOfEveryCaseIsWhatTheEnginePrints) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_cases.jsonl");
  simdjson::dom::parser parser;
  size_t compared = 0;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value();
    compared += CompareShownViews(line, "from") + CompareShownViews(line, "to");
  }
  EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace stateserver::schema::query
