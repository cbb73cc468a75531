# SPDX-License-Identifier: Apache-2.0
"""What one process holds, from /proc."""

import os
import pathlib
import re


def _status(pid: int, field: str) -> int:
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+)", text, re.MULTILINE)
    assert found, f"/proc/{pid}/status has no {field}"
    return int(found[1])


def resident_mib(pid: int) -> int:
    return _status(pid, "VmRSS") // 1024


def peak_mib(pid: int) -> int:
    return _status(pid, "VmHWM") // 1024


def threads(pid: int) -> int:
    return _status(pid, "Threads")


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
