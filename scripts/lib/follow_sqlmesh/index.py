# SPDX-License-Identifier: Apache-2.0
"""The releases that the package index has."""

from __future__ import annotations

import re
import subprocess
import sys

from follow_sqlmesh.table import numbers


class NoReleases(Exception):
    """The package index did not answer."""


def parse(text: str) -> list[str]:
    """The releases in the output of `pip index versions`, oldest first; pre-releases are left out."""
    match = re.search(r"^Available versions: (.*)$", text, re.M)
    releases = match[1].split(", ") if match else []
    return sorted((each.strip() for each in releases if re.fullmatch(r"\d+(\.\d+)+", each.strip())), key=numbers)


def releases() -> list[str]:
    """Asks the index that pip is configured to use."""
    result = subprocess.run([sys.executable, "-m", "pip", "index", "versions", "sqlmesh", "--disable-pip-version-check",
                             "--no-input"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    found = parse(result.stdout)
    if not found:
        raise NoReleases(f"The package index names no releases of sqlmesh: {result.stderr.strip()[-500:]}")
    return found


def later(known: str, wanted: str | None, available: list[str]) -> list[str]:
    """The releases to add: the one after `known`, or all up to `wanted`."""
    after = [each for each in available if numbers(each) > numbers(known)]
    if wanted is None:
        return after[:1]
    if wanted not in available:
        raise ValueError(f"The package index has no release '{wanted}' of sqlmesh. Its newest is {available[-1]}.")
    return [each for each in after if numbers(each) <= numbers(wanted)]
