// SPDX-License-Identifier: Apache-2.0
//
// Progress bars in SQLMesh's style, among the console's messages:
//    Exporting snapshots ━━━━━━━━━━ 100.0% • 73/73 • 0:00:01
// On a terminal they are redrawn in place at most ten times a second; otherwise they are printed
// once, when they finish.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/output/console.h"

namespace stateserver::client {

// SectionBar lists the bars of a state file, which are its sections in order.
enum SectionBar : size_t { kVersionsBar, kSnapshotsBar, kEnvironmentsBar };

class ProgressBars {
 public:
  // Does not draw anything until Start().
  ProgressBars(Console& console, const std::vector<std::string>& titles);
  ~ProgressBars() { Finish(); }
  ProgressBars(const ProgressBars&) = delete;
  ProgressBars& operator=(const ProgressBars&) = delete;

  void Start();
  // May be called from any thread. The first update of a bar starts its clock, Complete stops it.
  void Update(size_t bar, int64_t done, int64_t total);
  void Complete(size_t bar, int64_t count);
  // Sets one line below the bars, shown only on a terminal and removed at the end.
  void SetStatus(std::string_view text);
  // Leaves the bars in their current state. Idempotent; nothing is drawn afterwards.
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Bar {
    std::string title;
    int64_t done = 0;
    int64_t total = 0;
    bool running = false;
    Clock::time_point started;
    Clock::duration elapsed{};
    bool begun = false;
  };

  void Begin(Bar& bar);
  void DrawSoon();
  void Draw(bool last);
  std::string Line(const Bar& bar) const;
  static std::string CountText(const Bar& bar);
  static std::string PercentText(const Bar& bar);
  std::string BarText(const Bar& bar) const;

  Console& console_;
  std::mutex mutex_;
  std::vector<Bar> bars_;
  std::string status_;
  bool started_ = false;
  bool finished_ = false;
  size_t drawn_lines_ = 0;
  Clock::time_point last_drawn_{};
};

}  // namespace stateserver::client
