// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/progress.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/cli/output/text.h"

namespace stateserver::client {
namespace {

constexpr int kBarWidth = 40;  // SQLMesh's PROGRESS_BAR_WIDTH
constexpr std::chrono::milliseconds kFrame{100};

std::string PadLeft(const std::string& text, size_t width) {
  size_t have = DisplayWidth(text);
  return have >= width ? text : std::string(width - have, ' ') + text;
}

std::string PadRight(const std::string& text, size_t width) {
  size_t have = DisplayWidth(text);
  return have >= width ? text : text + std::string(width - have, ' ');
}

std::string Repeat(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

ProgressBars::ProgressBars(Console& console, const std::vector<std::string>& titles)
    : console_(console) {
  for (const std::string& title : titles) {
    bars_.emplace_back();
    bars_.back().title = Printable(title);
  }
}

void ProgressBars::Start() {
  std::lock_guard lock(mutex_);
  if (started_) return;
  started_ = true;
  if (console_.animated()) Draw(false);
}

void ProgressBars::Begin(Bar& bar) {
  if (bar.begun) return;
  bar.begun = true;
  bar.running = true;
  bar.started = Clock::now();
}

void ProgressBars::Update(size_t bar, int64_t done, int64_t total) {
  std::lock_guard lock(mutex_);
  Begin(bars_[bar]);
  bars_[bar].done = done;
  bars_[bar].total = total;
  DrawSoon();
}

void ProgressBars::Complete(size_t bar, int64_t count) {
  std::lock_guard lock(mutex_);
  Bar& it = bars_[bar];
  Begin(it);
  if (!it.running) return;
  it.done = it.total = count;
  it.running = false;
  it.elapsed = Clock::now() - it.started;
  DrawSoon();
}

void ProgressBars::SetStatus(std::string_view text) {
  std::lock_guard lock(mutex_);
  status_ = Printable(text);  // a line break would spoil the count of lines
  DrawSoon();
}

void ProgressBars::Finish() {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (!started_) return;
  status_.clear();
  Draw(true);
}

void ProgressBars::DrawSoon() {
  if (!started_ || finished_ || !console_.animated()) return;
  if (Clock::now() - last_drawn_ < kFrame) return;
  Draw(false);
}

void ProgressBars::Draw(bool last) {
  if (last && !console_.animated()) {
    for (const Bar& bar : bars_) console_.talk() << Line(bar) << '\n';
    console_.talk() << std::flush;
    return;
  }
  // Move to the first line, disable wrapping (so that a narrow terminal truncates a line and the
  // line count stays correct), and clear each line to its end.
  std::string frame;
  const std::string begin = OwnControls("\r"), end = OwnControls("\x1b[K") + "\n";
  if (drawn_lines_ > 0) frame += OwnControls("\x1b[" + std::to_string(drawn_lines_) + "A");
  frame += OwnControls("\x1b[?7l");
  for (const Bar& bar : bars_) frame += begin + Line(bar) + end;
  if (!status_.empty()) frame += begin + PadLeft("", 4) + status_ + end;
  frame += OwnControls("\x1b[J\x1b[?7h");
  drawn_lines_ = bars_.size() + (status_.empty() ? 0 : 1);
  console_.talk() << frame << std::flush;
  last_drawn_ = Clock::now();
}

std::string ProgressBars::CountText(const Bar& bar) {
  if (!bar.begun) return "pending";
  return std::to_string(bar.done) + "/" + std::to_string(bar.total);
}

std::string ProgressBars::PercentText(const Bar& bar) {
  double percent =
      bar.total <= 0 ? 0.0 : 100.0 * static_cast<double>(bar.done) / static_cast<double>(bar.total);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f%%", std::min(percent, 100.0));
  return text.data();
}

std::string ProgressBars::BarText(const Bar& bar) const {
  int filled = 0;
  if (bar.begun && bar.total <= 0) {
    filled = kBarWidth;  // 0/0 is drawn full, as in SQLMesh
  } else if (bar.begun) {
    filled = static_cast<int>(std::min<int64_t>(kBarWidth, bar.done * kBarWidth / bar.total));
  }
  std::string done = Repeat("━", filled);
  if (!console_.animated()) return done + std::string(kBarWidth - filled, ' ');
  return console_.Paint(bar.running ? Colour::kBlue : Colour::kGreen, done) +
         console_.Paint(Colour::kDim, Repeat("─", kBarWidth - filled));
}

std::string ProgressBars::Line(const Bar& bar) const {
  size_t title = 0, percent = 0, count = 0;
  for (const Bar& other : bars_) {
    title = std::max(title, DisplayWidth(other.title));
    percent = std::max(percent, PercentText(other).size());
    count = std::max(count, CountText(other).size());
  }
  auto elapsed = bar.running ? Clock::now() - bar.started : bar.elapsed;
  std::string time =
      bar.begun ? FormatElapsed(std::chrono::duration_cast<std::chrono::seconds>(elapsed).count())
                : "-:--:--";
  return console_.Paint(Colour::kBlue, PadLeft(bar.title, title)) + " " + BarText(bar) + " " +
         PadRight(PercentText(bar), percent) + " • " + PadRight(CountText(bar), count) + " • " +
         time;
}

}  // namespace stateserver::client
