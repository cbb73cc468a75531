// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/python_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/text.h"

namespace stateserver::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Rewriter = workers::PayloadRewriter;

Rewriter::Answer Written(bool varies, bool in_series = false) {
  Rewriter::Answer answer;
  answer.release = "3.12";
  answer.varies = varies;
  answer.varies_in_series = in_series;
  return answer;
}

TEST(PythonForms, SaysNothingWithoutDefinitionsThatVary) {
  PythonForms forms;
  EXPECT_EQ(forms.release(), "");
  forms.Add("m", "f", Written(false));
  EXPECT_EQ(forms.release(), "3.12");
  EXPECT_EQ(forms.varying(), 0);
  EXPECT_EQ(forms.Describe(), "");
}

TEST(PythonForms, NamesEachDefinitionOnce) {
  PythonForms forms;
  forms.source = FormSource::kConfigured;
  forms.Add("demo.a", "f", Written(true));
  forms.Add("demo.a", "f", Written(true));
  forms.Add("demo.b", "f", Written(true, true));
  EXPECT_EQ(forms.varying(), 2);
  EXPECT_THAT(forms.names(), ElementsAre("demo.a: f", "demo.b: f"));
  EXPECT_THAT(forms.Describe(),
              HasSubstr("The text of 2 Python definitions depends on the release of Python; they "
                        "are written as Python 3.12 prints them, the release that rewrite_python "
                        "names."));
  EXPECT_THAT(forms.Describe(), HasSubstr("For 1 of them even the patch releases of 3.12 differ"));
}

TEST(PythonForms, NamesAtMostAHundred) {
  PythonForms forms;
  for (int i = 0; i < 250; ++i) forms.Add("m", Cat("f", i), Written(true));
  EXPECT_EQ(forms.varying(), 250);
  EXPECT_EQ(forms.names().size(), 100U);
  EXPECT_THAT(forms.Describe(), Not(HasSubstr("patch")));
}

TEST(MayTellRelease, SeesCharactersAndFStrings) {
  for (const char* text : {"x = 'ü'", "x = '\\u20c0'", "x = '\\U0001fae8'", "f''", "F\"x\"",
                           "rf'x'", "fR\"x\"", "a(f'x')"}) {
    EXPECT_TRUE(MayTellRelease(text)) << text;
  }
  for (const char* text : {"", "x = 'u'", "r'x'", "b'x'", "\\", "'", "f = 'x'", "x = \"a\\n\""}) {
    EXPECT_FALSE(MayTellRelease(text)) << text;
  }
}

std::string ReleaseFor(std::vector<Rewriter::Evidence> all) {
  ReleaseEvidence evidence;
  for (const Rewriter::Evidence& one : all) evidence.Add(one);
  return evidence.Release();
}

TEST(ReleaseEvidence, NamesTheNearestReleaseThatFits) {
  EXPECT_EQ(ReleaseFor({}), "");
  EXPECT_EQ(ReleaseFor({{{}, {}, "3.11.2"}}), "");
  EXPECT_EQ(ReleaseFor({{12, {}, "3.11.2"}}), "3.12");
  EXPECT_EQ(ReleaseFor({{11, {}, "3.9.1"}, {12, {}, "3.9.1"}}), "3.12");
  EXPECT_EQ(ReleaseFor({{12, {}, "3.13.0"}}), "");
  EXPECT_EQ(ReleaseFor({{{}, 12, "3.13.0"}}), "3.11");
  EXPECT_EQ(ReleaseFor({{{}, 12, "3.13.0"}, {{}, 11, "3.13.0"}}), "3.10");
  EXPECT_EQ(ReleaseFor({{11, 12, "3.13.0"}}), "3.11");
}

TEST(ReleaseEvidence, SaysNothingIfPayloadsContradictEachOther) {
  EXPECT_EQ(ReleaseFor({{12, {}, "3.11.2"}, {{}, 11, "3.11.2"}}), "");
  EXPECT_EQ(ReleaseFor({{12, {}, ""}}), "");
}

}  // namespace
}  // namespace stateserver::migrations
