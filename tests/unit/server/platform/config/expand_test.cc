// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/expand.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/platform/config/helpers.h"

namespace stateserver::config {
namespace {

using ::testing::HasSubstr;

Expansion Resolve(std::string_view value) {
  return Expand(value, Variables({{"A", "one"}, {"EMPTY", ""}, {"ODD", "p:#}'\"${A}{{x}}\n"}}));
}

TEST(Expand, LeavesPlainTextAlone) {
  for (const char* text : {"", "plain", "$", "$5", "$$", "a$b", "{one}", "{{", "a }} b", "$A"}) {
    EXPECT_EQ(Resolve(text).text, text);
    EXPECT_EQ(Resolve(text).error, "");
  }
}

TEST(Expand, ReplacesReferencesAnywhere) {
  EXPECT_EQ(Resolve("${A}").text, "one");
  EXPECT_EQ(Resolve("x-${A}-${A}").text, "x-one-one");
  EXPECT_EQ(Resolve("${EMPTY}").text, "");
  EXPECT_EQ(Resolve("{{ env_var('A') }}").text, "one");
  EXPECT_EQ(Resolve("{{env_var(\"A\")}}:{{- env_var( 'A' ) -}}").text, "one:one");
}

TEST(Expand, NeverLooksAtAValueAgain) { EXPECT_EQ(Resolve("${ODD}").text, "p:#}'\"${A}{{x}}\n"); }

TEST(Expand, KeepsEscapedReferences) {
  EXPECT_EQ(Resolve("$${A}").text, "${A}");
  EXPECT_EQ(Resolve("{{ '{{' }}A").text, "{{A");
}

TEST(Expand, TakesTheDefaultOnlyWhenUnset) {
  EXPECT_EQ(Resolve("{{ env_var('NONE', 'd e') }}").text, "d e");
  EXPECT_EQ(Resolve("{{ env_var('NONE', default='d') }}").text, "d");
  EXPECT_EQ(Resolve("{{ env_var('NONE', 5432) }}").text, "5432");
  EXPECT_EQ(Resolve("{{ env_var('NONE', '') }}").text, "");
  EXPECT_EQ(Resolve("{{ env_var('A', 'd') }}").text, "one");
  EXPECT_EQ(Resolve("{{ env_var('EMPTY', 'd') }}").text, "");
}

TEST(Expand, RefusesAnUnsetVariable) {
  EXPECT_EQ(Resolve("${NONE}").error, "the environment variable NONE is not set");
  EXPECT_EQ(Resolve("a{{ env_var('NONE') }}").error, "the environment variable NONE is not set");
  EXPECT_EQ(Resolve("a${NONE}").text, "");
}

TEST(Expand, RefusesMalformedReferences) {
  for (const char* text : {"${", "${}", "${A", "${1A}", "${A:-x}", "${ A }"}) {
    EXPECT_THAT(Resolve(text).error, HasSubstr("write $${ for a literal ${")) << text;
  }
  for (const char* text : {"{{ }}", "{{ A }}", "{{ env_var(A) }}", "{{ env_var('A' }}",
                           "{{ env_var('A') | int }}", "{{ env_var('A',) }}", "{{ user() }}"}) {
    EXPECT_THAT(Resolve(text).error, HasSubstr("are understood")) << text;
  }
}

}  // namespace
}  // namespace stateserver::config
