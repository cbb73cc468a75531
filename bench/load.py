# SPDX-License-Identifier: Apache-2.0
"""Load on the loopback: unary calls by ghz, streaming exports and imports by stateclient.

ghz (https://ghz.sh) calls GetVersions and ListEnvironments; two loops export, one merges. Prints calls, errors, rates,
percentiles, and the server's memory at the start, the end and in between. Everything is started here and ends with it.
"""

from __future__ import annotations

import json
import pathlib
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from harness.client import Client
from harness.server import Server, gateway

if TYPE_CHECKING:
    from harness.cluster import Cluster
    from harness.database import Database

UNARY = {"GetVersions": 8, "ListEnvironments": 2}  # method -> callers at once
SAMPLE_SECONDS = 5


def memory_mib(server: Server) -> float:
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found, status
    return int(found[1]) / 1024


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Loop(threading.Thread):
    """One stateclient command after the other until the time is over."""

    def __init__(self, client: Client, end: float, *command: object) -> None:
        super().__init__()
        self.client, self.end, self.command = client, end, command
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        while time.monotonic() < self.end:
            begin = time.perf_counter()
            result = self.client(*self.command, timeout=300)
            self.seconds.append(time.perf_counter() - begin)
            if result.code:
                self.errors.append(result.err[-300:])


def ghz(program: str, server: Server, method: str, callers: int, seconds: float) -> subprocess.Popen[str]:
    """It learns the protocol from the server: its parser does not know `optional`."""
    return subprocess.Popen(
        [program, "--insecure", "--call",
         f"stateserver.v1.StateService/{method}", "-c", str(callers), "-z", f"{seconds}s", "--duration-stop", "wait",
         "--rps", "200", "-O", "json", server.address], stdout=subprocess.PIPE, text=True)


def of_ghz(process: subprocess.Popen[str]) -> list[object]:
    report = json.loads(process.communicate()[0])
    times = {entry["percentage"]: entry["latency"] / 1e6 for entry in report["latencyDistribution"] or []}
    codes = {code: count for code, count in report["statusCodeDistribution"].items() if code != "OK"}
    slowest = sorted(detail["latency"] / 1e6 for detail in report.get("details") or [])
    tail = percentile(slowest, 0.999) if slowest else float("nan")
    return [report["count"], codes or "none", f"{report['rps']:.0f}", f"{times[50]:.1f} ms", f"{times[99]:.1f} ms",
            f"{tail:.1f} ms"]


def of_loops(loops: Sequence[Loop], seconds: float) -> list[object]:
    taken = [value for loop in loops for value in loop.seconds]
    errors = [error for loop in loops for error in loop.errors]
    return [len(taken), errors or "none", f"{len(taken) / seconds:.1f}", f"{statistics.median(taken) * 1000:.0f} ms",
            f"{percentile(taken, 0.99) * 1000:.0f} ms", f"{percentile(taken, 0.999) * 1000:.0f} ms"]


def load(cluster: Cluster, database: Database, state_file: pathlib.Path, part_file: pathlib.Path, seconds: float,
         program: str, table: Callable[[Sequence[object], Sequence[Sequence[object]]], None]) -> None:
    server = Server({"local": gateway(database)},
                    limits={"max_imports_per_principal": 2, "max_exports_per_principal": 8})
    try:
        client = Client(server)
        client.ok("migrate", "-y")
        client.ok("import", "-i", state_file, "-y", timeout=300)
        # What a server settles at is not what it starts with.
        for _ in range(3):
            client.ok("export", "-o", "/dev/null", "-y")
        samples = [memory_mib(server)]
        end = time.monotonic() + seconds
        loops = {"export": [Loop(client, end, "export", "-o", "/dev/null", "-y") for _ in range(2)],
                 "import": [Loop(client, end, "import", "-i", part_file, "-y")]}
        callers = {method: ghz(program, server, method, count, seconds) for method, count in UNARY.items()}
        for loop in loops["export"] + loops["import"]:
            loop.start()
        while time.monotonic() < end:
            time.sleep(SAMPLE_SECONDS)
            samples.append(memory_mib(server))
        rows = [[method, *of_ghz(process)] for method, process in callers.items()]
        for kind, made in loops.items():
            for loop in made:
                loop.join()
            rows.append([f"{kind} ({len(made)} at once)", *of_loops(made, seconds)])
        table(["what", "calls", "errors", "a second", "p50", "p99", "p99.9"], rows)
        half = samples[len(samples) // 2:]
        print(f"Memory of the server: {samples[0]:.0f} MiB at the start, {max(samples):.0f} MiB at most, "
              f"{statistics.median(samples[1:len(samples) // 2 + 1]):.0f} MiB and {statistics.median(half):.0f} MiB "
              f"(medians of the first and the second half)\n")
    finally:
        server.stop()
