// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace stateserver::transport {
namespace {

// The program itself leaves SIGPIPE as the system has it: the end of the process.
TEST(EventLoop, AWriteToAPeerThatHasGoneIsAnError) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  close(ends[1]);
  ssize_t written = 0;
  int error = 0;
  EventLoop loop;
  loop.RunAndWait([&] {
    written = write(ends[0], "x", 1);
    error = errno;
  });
  EXPECT_EQ(written, -1);
  EXPECT_EQ(error, EPIPE);
  close(ends[0]);
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace stateserver::transport
