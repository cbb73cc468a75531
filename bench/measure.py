# SPDX-License-Identifier: Apache-2.0
"""One run of one program: wall time, peak memory, and medians of several."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable


class Run:
    """Peaks are of the program's memory; of its server's where somebody looks."""

    def __init__(self, seconds: float, peak_kib: int) -> None:
        self.seconds, self.peak_kib, self.server_peak_kib = seconds, peak_kib, 0


def run(command: Iterable[object], environment: dict[str, str] | None = None,
        cwd: str | os.PathLike[str] = "/tmp") -> Run:
    """Runs to the end; raises with its output when it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), env=environment, cwd=cwd, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command} exited {process.returncode}:\n{output.decode()[-3000:]}")
    return Run(seconds, usage.ru_maxrss)


def interleaved(repeat: int, **acts: Callable[[], Run]) -> dict[str, Series]:
    """Runs A B A B …, so that a busy moment of the machine hits all alike.
    Returns name -> Series."""
    found: dict[str, list[Run]] = {name: [] for name in acts}
    for _ in range(repeat):
        for name, act in acts.items():
            found[name].append(act())
    return {name: Series(runs) for name, runs in found.items()}


class Series:
    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def peak_kib(self) -> int:
        return max(run.peak_kib for run in self.runs)

    def __str__(self) -> str:
        low, high = min(r.seconds for r in self.runs), max(r.seconds for r in self.runs)
        spread = f" ({low:.2f}–{high:.2f})" if len(self.runs) > 1 else ""
        return f"{self.seconds:.2f} s{spread}"
