// SPDX-License-Identifier: Apache-2.0

#include "common/sql/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"

namespace stateserver::sql {
namespace {

constexpr Dialect kPlain = {.text_quotes = "'", .name_quotes = "\"`", .inner_word_signs = "$"};

// Each token as its kind's letter and its value: "wSELECT n1 s; "; "!" follows one with a fault.
std::string Kinds(std::string_view sql, const Dialect& dialect = kStarRocks) {
  std::string out;
  Lexer lexer(sql, dialect);
  for (Token token = lexer.Next(); token.kind != Token::Kind::kEnd; token = lexer.Next()) {
    char kind = "wqtnsc"[static_cast<int>(token.kind)];
    bool comment = token.kind == Token::Kind::kComment;
    if (!out.empty()) out.push_back(' ');
    AppendTo(&out, kind, comment ? token.source : token.value,
             token.fault == Token::Fault::kNone ? "" : "!");
  }
  return out;
}

TEST(SqlLexerTest, AByteOrderMarkAndIdeographicSpaces) {
  EXPECT_EQ(Kinds("\xEF\xBB\xBF"
                  "SELECT\xE3\x80\x80"
                  "a,\xE3\x80\x80\xE3\x80\x80"
                  "b"),
            "wSELECT wa s, wb");
  EXPECT_EQ(Kinds("'\xE3\x80\x80' `a\xE3\x80\x80`"), "t\xE3\x80\x80 qa\xE3\x80\x80");
  constexpr std::string_view kMarked =
      "\xEF\xBB\xBF"
      "a\nb";
  Lexer lexer(kMarked, kStarRocks);
  Token first = lexer.Next(), second = lexer.Next();
  EXPECT_EQ(first.column, 1);
  EXPECT_EQ(second.line, 2);
  EXPECT_EQ(second.column, 1);
}

TEST(SqlLexerTest, TextsInDollars) {
  EXPECT_EQ(Kinds("AS $$ a; 'b' -- c\n$$; x"), "wAS t a; 'b' -- c\n s; wx");
  // A word of the same length, and one without an end.
  EXPECT_EQ(Kinds("$$abc$$ d"), "w$$abc$$ wd");
  EXPECT_EQ(Kinds("a $$ b; c"), "wa w$$ wb s; wc");
  EXPECT_EQ(Kinds("$$ a $$", kPlain), "s$! s$! wa s$! s$!");
}

TEST(SqlLexerTest, WordsAndSymbols) {
  EXPECT_EQ(Kinds("SELECT a.b, @@c, d$1 FROM größe;"),
            "wSELECT wa s. wb s, w@@c s, wd$1 wFROM wgröße s;");
  EXPECT_EQ(Kinds("a<=>b->>c<=d::e:=f||g"), "wa s<=> wb s->> wc s<= wd s:: we s:= wf s|| wg");
  EXPECT_EQ(Kinds("@f($1, a$b)", kPlain), "s@! wf s( s$! n1 s, wa$b s)");
  EXPECT_EQ(Kinds("\\ \x01"), "s\\! s\x01!");
  EXPECT_EQ(Kinds(" \t\r\n\f\v"), "");
}

TEST(SqlLexerTest, Numbers) {
  EXPECT_EQ(Kinds("1 1. .5 1.5e-3 1E5 1e 1-2"), "n1 n1. n.5 n1.5e-3 n1E5 w1e n1 s- n2");
  EXPECT_EQ(Kinds("1e 1a", kPlain), "n1 we n1 wa");
}

TEST(SqlLexerTest, NamesThatBeginWithDigits) {
  EXPECT_EQ(Kinds("1a 1e5a 0x1f 12_3"), "w1a w1e5a w0x1f w12_3");
  // The point is not a part of the name before or after it.
  EXPECT_EQ(Kinds("2024db.1t"), "w2024db s. w1t");
  EXPECT_EQ(Kinds("a.5"), "wa n.5");
}

TEST(SqlLexerTest, TextsAndNames) {
  EXPECT_EQ(Kinds(R"('it''s' "a\"b\n" "say ""hi""")"), "tit's ta\"b\n tsay \"hi\"");
  EXPECT_EQ(Kinds("`a b``c`"), "qa bc") << "the engine removes doubled backticks";
  EXPECT_EQ(Kinds(R"('a\' "b""c" `d``e`)", kPlain), "ta\\ qb\"c qd`e");
}

TEST(SqlLexerTest, Comments) {
  EXPECT_EQ(Kinds("a -- 'b\nc /* \"; */ d --"), "wa c-- 'b wc c/* \"; */ wd c--");
  EXPECT_EQ(Kinds("a -- b\rc"), "wa c-- b wc") << "a carriage return ends a line, too";
  EXPECT_EQ(Kinds("/*/ a */ b"), "c/*/ a */ wb");
  EXPECT_EQ(Kinds("a # b"), "wa s#! wb");
  Dialect hash = kStarRocks;
  hash.hash_comments = true;
  EXPECT_EQ(Kinds("a # 'b\nc", hash), "wa c# 'b wc");
}

TEST(SqlLexerTest, WhatHasNoEndEndsWithTheText) {
  for (std::string_view rest : {"'a", "\"a\\", "\"a\\\"", "'a''", "`a``", "/* a", "/*/"}) {
    Lexer lexer(rest, kStarRocks);
    Token token = lexer.Next();
    EXPECT_EQ(token.fault, Token::Fault::kUnterminated) << rest;
    EXPECT_EQ(token.source, rest);
    EXPECT_EQ(lexer.Next().kind, Token::Kind::kEnd);
    EXPECT_EQ(lexer.Next().kind, Token::Kind::kEnd) << "also when asked again";
  }
}

TEST(SqlLexerTest, Places) {
  Lexer lexer("a\n 'b\nc' d /* \n\n */ e", kStarRocks);
  struct Place {
    std::string source;
    size_t offset;
    int line, column;
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> places;
  for (int i = 0; i < 6; ++i) {
    Token token = lexer.Next();
    places.push_back({std::string(token.source), token.offset, token.line, token.column});
    EXPECT_EQ(token.end(), token.offset + token.source.size());
  }
  EXPECT_EQ(places, (std::vector<Place>{{"a", 0, 1, 1},
                                        {"'b\nc'", 3, 2, 2},
                                        {"d", 9, 3, 4},
                                        {"/* \n\n */", 11, 3, 6},
                                        {"e", 20, 5, 5},
                                        {"", 21, 5, 6}}));
}

}  // namespace
}  // namespace stateserver::sql
