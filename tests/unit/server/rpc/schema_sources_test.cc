// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/schema_sources.h"

#include <memory>
#include <string>

#include "common/error.h"
#include "gtest/gtest.h"

namespace stateserver::rpc {
namespace {

v1::SchemaFile Piece(const std::string& name, size_t bytes) {
  v1::SchemaFile piece;
  piece.set_name(name);
  piece.set_text(std::string(bytes, 'x'));
  return piece;
}

TEST(FileCollector, JoinsPieces) {
  FileCollector files;
  EXPECT_EQ(ReasonOf(files.Add(Piece("", 1))), Reason::ARGUMENT_INVALID);
  EXPECT_TRUE(files.Add(Piece("a.sql", 3)).ok());
  EXPECT_TRUE(files.Add(Piece("a.sql", 2)).ok());
  EXPECT_TRUE(files.Add(Piece("b.sql", 0)).ok());
  ASSERT_EQ(files.files().size(), 2u);
  EXPECT_EQ(files.files()[0].text, "xxxxx");
}

TEST(FileCollector, JoinsPiecesOfRevisions) {
  FileCollector files;
  v1::RevisionFile piece;
  piece.set_name("0001_first.sql");
  piece.set_text("ab");
  EXPECT_TRUE(files.Add(piece).ok());
  piece.set_text("c");
  EXPECT_TRUE(files.Add(piece).ok());
  ASSERT_EQ(files.files().size(), 1u);
  EXPECT_EQ(files.files()[0].text, "abc");
}

TEST(FileCollector, CallsShareABudget) {
  FileBudget budget{10'000};
  auto first = std::make_unique<FileCollector>(budget);
  FileCollector second(budget);
  EXPECT_TRUE(first->Add(Piece("a.sql", 6'000)).ok());
  EXPECT_EQ(ReasonOf(second.Add(Piece("b.sql", 6'000))), Reason::OVERLOADED);
  first.reset();
  EXPECT_TRUE(second.Add(Piece("c.sql", 1'000)).ok()) << "what a call held is free at its end";
}

TEST(FileCollector, FilesWithoutTextCount) {
  FileBudget budget{100'000};
  FileCollector files(budget);
  absl::Status status;
  int added = 0;
  while ((status = files.Add(Piece("f" + std::to_string(added), 0))).ok()) ++added;
  EXPECT_EQ(ReasonOf(status), Reason::OVERLOADED);
  EXPECT_LT(added, 2'000);
}

}  // namespace
}  // namespace stateserver::rpc
