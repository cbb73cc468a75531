// SPDX-License-Identifier: Apache-2.0

#include "common/json/restyler.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace stateserver::json {
namespace {

constexpr Style kCompactUtf8{Layout::kCompact, Charset::kUtf8, 0};
constexpr Style kCompactAscii{Layout::kCompact, Charset::kAscii, 0};
constexpr Style kSpacedAscii{Layout::kSpaced, Charset::kAscii, 0};
constexpr Style kIndentedAscii{Layout::kIndented, Charset::kAscii, 0};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string InPieces(std::string_view json, size_t size, Style style) {
  std::string out;
  Restyler restyler(style);
  for (size_t at = 0; at < json.size(); at += size) restyler.Feed(json.substr(at, size), &out);
  EXPECT_TRUE(restyler.Finish(&out)) << json;
  return out;
}

TEST(RestylerTest, Layouts) {
  std::string_view json = " {\"a\" : [1,\t2.50, {} ,[ ]],\n\"b\":{\"c\":null,\"d\":\"x y\"}}\r\n";
  EXPECT_EQ(Restyle(json, kCompactUtf8), R"({"a":[1,2.50,{},[]],"b":{"c":null,"d":"x y"}})");
  EXPECT_EQ(Restyle(json, kSpacedAscii),
            R"({"a": [1, 2.50, {}, []], "b": {"c": null, "d": "x y"}})");
  EXPECT_EQ(Restyle(json, kIndentedAscii), R"({
  "a": [
    1,
    2.50,
    {},
    []
  ],
  "b": {
    "c": null,
    "d": "x y"
  }
})");
}

TEST(RestylerTest, StartDepthIndentsAllLinesButTheFirst) {
  EXPECT_EQ(Restyle(R"({"a":[]})", {Layout::kIndented, Charset::kAscii, 2}),
            "{\n      \"a\": []\n    }");
}

TEST(RestylerTest, AsciiIsPythonsEnsureAscii) {
  // json.dumps("\x7f\x80é☃😀\x01\b\f\n\r\t\v/\"\\")
  std::string_view json =
      "\"\x7f\xc2\x80\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80"
      R"(\u0001\b\f\n\r\t\u000b/\"\\")";
  std::string want = R"("\u007f\u0080\u00e9\u2603\ud83d\ude00\u0001\b\f\n\r\t\u000b/\"\\")";
  EXPECT_EQ(Restyle(json, kCompactAscii), want);
  // Its own output stays as it is.
  EXPECT_EQ(Restyle(want, kCompactAscii), want);
}

TEST(RestylerTest, Utf8IsPythonsWithoutEnsureAscii) {
  EXPECT_EQ(Restyle(R"("\u007f\u00E9\u2603\ud83d\ude00\u0001\b\u0008\n\u000A\/\u002f\u0022\u005c")",
                    kCompactUtf8),
            "\"\x7f\xc3\xa9\xe2\x98\x83\xf0\x9f\x98\x80\\u0001\\b\\b\\n\\n//\\\"\\\\\"");
}

TEST(RestylerTest, EqualStringsGetEqualBytes) {
  for (Style style : {kCompactUtf8, kCompactAscii}) {
    EXPECT_EQ(Restyle(R"("\u0041\u00e9\/")", style), Restyle("\"A\xc3\xa9/\"", style));
  }
}

TEST(RestylerTest, LoneSurrogatesStayEscapes) {
  for (Style style : {kCompactUtf8, kCompactAscii}) {
    EXPECT_EQ(Restyle(R"("\uD800")", style), R"("\ud800")");
    EXPECT_EQ(Restyle(R"("\ud800x\udc00")", style), R"("\ud800x\udc00")");
    EXPECT_EQ(Restyle(R"("\ud800\n\ud800\ud800\/")", style), R"("\ud800\n\ud800\ud800/")");
  }
}

TEST(RestylerTest, CutAnywhereGivesTheSame) {
  std::string json =
      R"({"k\u00e9y":["\ud83d\ude00 \ud83d! \"q\" \\","longer than sixteen bytes \/",)"
      "\"raw \xc3\xa9 \xf0\x9f\x98\x80 \x7f\",-1.5e+10,true,{},[] , null],\"\":{\"a\" : 1}}";
  for (Style style : {kCompactUtf8, kCompactAscii, kSpacedAscii, kIndentedAscii}) {
    std::string whole = Restyle(json, style);
    for (size_t size = 1; size < 40; ++size) EXPECT_EQ(InPieces(json, size, style), whole) << size;
  }
}

TEST(RestylerTest, StringsLongerThanTheBufferAndDeepNesting) {
  std::string text(100'000, 'x');
  text[50'000] = '\n';
  std::string json;
  AppendQuoted(text, Charset::kUtf8, &json);
  EXPECT_EQ(Restyle(json, kCompactAscii), json);
  std::string deep = std::string(6000, '[') + std::string(6000, ']');
  std::string indented = Restyle(deep, kIndentedAscii);
  EXPECT_EQ(Restyle(indented, kCompactUtf8), deep);
  EXPECT_LT(indented.size(), size_t{1} << 20);
}

TEST(RestylerTest, FinishTellsWhetherTheTextWasWhole) {
  for (std::string_view part : {"[", "\"a", "\"a\\", "\"a\\u00", "{\"a\":", "]", "\"\\ud83d"}) {
    std::string out;
    Restyler restyler(kCompactUtf8);
    restyler.Feed(part, &out);
    EXPECT_FALSE(restyler.Finish(&out)) << part;
    out.clear();
    restyler.Feed("{\"a\":[1]}", &out);
    EXPECT_TRUE(restyler.Finish(&out)) << part;
    EXPECT_EQ(out, "{\"a\":[1]}") << part;
  }
}

// The newest SQLMesh wrote these files with Python's json.dump(indent=2).
TEST(RestylerTest, PythonsFilesComeBackByteForByte) {
  int files = 0;
  for (const auto& folder : std::filesystem::directory_iterator(TEST_DATA_DIR "/sqlmesh")) {
    std::filesystem::path path = folder.path() / "export_all.json";
    if (!std::filesystem::exists(path)) continue;
    ++files;
    std::string text = ReadFile(path);
    std::string compact = Restyle(text, kCompactUtf8);
    EXPECT_LT(compact.size(), text.size());
    EXPECT_TRUE(Restyle(compact, kIndentedAscii) == text) << path;
    EXPECT_TRUE(InPieces(compact, 4093, kIndentedAscii) == text) << path;
  }
  EXPECT_GE(files, 5);
}

TEST(TextTest, AppendQuoted) {
  std::string out;
  AppendQuoted("a\"\xc3\xa9\n", Charset::kAscii, &out);
  AppendQuoted("a\"\xc3\xa9\n", Charset::kUtf8, &out);
  EXPECT_EQ(out, "\"a\\\"\\u00e9\\n\"\"a\\\"\xc3\xa9\\n\"");
}

TEST(TextTest, AppendQuotedReplacesWhatIsNotUtf8) {
  for (std::string_view bad : {"\xff", "\xc3", "\x80", "\xed"}) {
    std::string out;
    AppendQuoted(bad, Charset::kAscii, &out);
    EXPECT_EQ(out, "\"\\ufffd\"");
  }
}

TEST(TextTest, AppendUnescaped) {
  std::string out;
  AppendUnescaped(R"(a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00)", &out);
  EXPECT_EQ(out, "a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
  out.clear();
  AppendUnescaped(R"(\ud83dx\udc00)", &out);
  EXPECT_EQ(out, "\xef\xbf\xbdx\xef\xbf\xbd");
}

TEST(TextTest, DecodeUtf8RefusesWrongForms) {
  EXPECT_EQ(DecodeUtf8("\xc3\xa9", 2), 0xe9);
  EXPECT_EQ(DecodeUtf8("\xf4\x8f\xbf\xbf", 4), 0x10ffff);
  EXPECT_EQ(DecodeUtf8("\xf4\x90\x80\x80", 4), -1);  // too large
  EXPECT_EQ(DecodeUtf8("\xe0\x80\xaf", 3), -1);      // overlong
  EXPECT_EQ(DecodeUtf8("\xed\xa0\x80", 3), -1);      // a surrogate
  EXPECT_EQ(DecodeUtf8("\xc3(", 2), -1);             // no continuation
  EXPECT_EQ(Utf8Length(0xc1), 0);
  EXPECT_EQ(Utf8Length(0xf5), 0);
}

}  // namespace
}  // namespace stateserver::json
