// SPDX-License-Identifier: Apache-2.0
//
// Lists of an environment in every size, whole and in pieces.
#include "common/text.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::store {
namespace {

class EnvironmentListTest : public postgres::DatabaseTest {
 protected:
  void SetUp() override {
    postgres::DatabaseTest::SetUp();
    session_ = Acquire();
    ASSERT_OK(session_->Begin(postgres::Isolation::kReadCommitted));
    ASSERT_OK(CreateState(*session_, "s", NewestVersions()));
  }

  // What is read of an environment whose list is `text`, as one array, and how
  // many arrays it came in.
  absl::StatusOr<std::string> Read(const std::string& text) {
    chunks_ = 0;
    RETURN_IF_ERROR(session_->Execute("DELETE FROM s._environments"));
    RETURN_IF_ERROR(session_
                        ->Query("INSERT INTO s._environments (name, snapshots, start_at, plan_id) "
                                "VALUES ('prod', $1, '2020-01-01', 'p')",
                                {text})
                        .status());
    ASSIGN_OR_RETURN(auto rows,
                     ReadEnvironments(*session_, "s", Layout(NewestVersions().schema_version), {}));
    std::string all;
    RETURN_IF_ERROR(ReadEnvironmentList(*session_, "s", rows.at(0), EnvironmentList::kSnapshots,
                                        [&](std::string_view array) -> absl::Status {
                                          ++chunks_;
                                          if (!failure_.ok()) return failure_;
                                          array.remove_prefix(1);
                                          array.remove_suffix(1);
                                          AppendTo(&all, all.empty() ? "" : ",", array);
                                          return absl::OkStatus();
                                        }));
    return "[" + all + "]";
  }

  // A list of `count` elements whose texts hold what could mislead a splitter.
  static std::string List(int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) {
      AppendTo(&text, i == 0 ? "" : ",", R"({"name":"\"db\".\"t)", i,
               R"(],[{\\\"","fingerprint":{"data_hash":"é🌍)", i * 7919, R"("},"n":[[1],{}]})");
    }
    return text + "]";
  }

  std::unique_ptr<postgres::Session> session_;
  absl::Status failure_;
  int chunks_ = 0;
};

TEST_F(EnvironmentListTest, AShortListComesWhole) {
  std::string text = List(3);
  auto read = Read(text);
  ASSERT_OK(read.status());
  EXPECT_EQ(*read, text);
  EXPECT_EQ(chunks_, 1);
}

TEST_F(EnvironmentListTest, ALongListComesInPiecesInOrder) {
  std::string text = List(150'000);
  ASSERT_GT(static_cast<int64_t>(text.size()), kWholeListBytes);
  auto read = Read(text);
  ASSERT_OK(read.status());
  EXPECT_TRUE(*read == text) << read->size() << " bytes of " << text.size();
  EXPECT_GT(chunks_, 10);
}

TEST_F(EnvironmentListTest, ALongListOfOneElement) {
  std::string text = "[\"" + std::string(kWholeListBytes + 10, 'x') + "\"]";
  auto read = Read(text);
  ASSERT_OK(read.status());
  EXPECT_TRUE(*read == text);
  EXPECT_EQ(chunks_, 1);
}

TEST_F(EnvironmentListTest, ALongTextThatIsNoListIsNamed) {
  std::string list = List(150'000);
  std::string cut = list.substr(0, list.size() - 20);
  std::string object = R"({"a":)" + list + "}";
  for (const std::string& text : {cut, object, list + "]"}) {
    absl::Status status = Read(text).status();
    EXPECT_EQ(ReasonOf(status), Reason::STATE_CORRUPT) << MessageOf(status);
    EXPECT_EQ(MessageOf(status), "Environment 'prod': column snapshots does not hold a JSON list");
  }
}

TEST_F(EnvironmentListTest, TheReadersErrorIsItsOwn) {
  failure_ = absl::CancelledError("enough");
  EXPECT_EQ(Read(List(150'000)).status(), failure_);
  EXPECT_EQ(chunks_, 1);
}

}  // namespace
}  // namespace stateserver::store
