# SPDX-License-Identifier: Apache-2.0
"""One run of one program: wall time, peak memory, and medians of several."""

import os
import statistics
import subprocess
import time


class Run:
    """Peaks are of the program's memory; of its server's where somebody looks."""

    def __init__(self, seconds, peak_kib):
        self.seconds, self.peak_kib, self.server_peak_kib = seconds, peak_kib, 0


def run(command, environment=None, cwd="/tmp"):
    """Runs to the end; raises with its output when it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), env=environment, cwd=cwd, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command} exited {process.returncode}:\n{output.decode()[-3000:]}")
    return Run(seconds, usage.ru_maxrss)


def interleaved(repeat, **acts):
    """Runs A B A B …, so that a busy moment of the machine hits all alike.
    Returns name -> Series."""
    found = {name: [] for name in acts}
    for _ in range(repeat):
        for name, act in acts.items():
            found[name].append(act())
    return {name: Series(runs) for name, runs in found.items()}


class Series:
    def __init__(self, runs):
        self.runs = runs

    @property
    def seconds(self):
        return statistics.median(run.seconds for run in self.runs)

    @property
    def peak_kib(self):
        return max(run.peak_kib for run in self.runs)

    def __str__(self):
        low, high = min(r.seconds for r in self.runs), max(r.seconds for r in self.runs)
        spread = f" ({low:.2f}–{high:.2f})" if len(self.runs) > 1 else ""
        return f"{self.seconds:.2f} s{spread}"
