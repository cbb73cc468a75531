// SPDX-License-Identifier: Apache-2.0

#include "client/cli/call_commands.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stateserver/v1/maintenance.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/options.pb.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {
namespace {

namespace pb = stateserver::v1;

TEST(CommandOf, TheCommandOfACallOrOfItsCase) {
  EXPECT_EQ(CommandOf("StateService.Import"), "import");
  EXPECT_EQ(CommandOf("StateService.Import (mode replace)"), "import --replace");
  EXPECT_EQ(CommandOf("StateService.Import (mode merge)"), "import (mode merge)");
  EXPECT_EQ(CommandOf("RevisionService.Upgrade (a statement destroys)"),
            "schema upgrade (a statement destroys)");
  EXPECT_EQ(CommandOf("*"), "everything");
}

TEST(CommandOf, AnUnknownCallIsReturnedAsItIs) {
  EXPECT_EQ(CommandOf("StateService.Importer"), "StateService.Importer");
  EXPECT_EQ(CommandOf("OtherService.Check (x)"), "OtherService.Check (x)");
  EXPECT_EQ(CommandOf(""), "");
}

TEST(CommandOf, EveryCallThatChangesHasOne) {
  int seen = 0;
  for (const auto* file :
       {pb::ImportRequest::descriptor()->file(), pb::RestoreRequest::descriptor()->file(),
        pb::CompactRequest::descriptor()->file(), pb::StampRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        if (!method->options().GetExtension(pb::changes)) continue;
        std::string call = file->service(s)->name() + "." + method->name();
        EXPECT_NE(CommandOf(call), call);
        ++seen;
      }
    }
  }
  EXPECT_GE(seen, 10);
}

}  // namespace
}  // namespace stateserver::client
