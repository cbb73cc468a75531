# SPDX-License-Identifier: Apache-2.0
"""The table of docs/security.md, which `stateserver roles` prints: who may make which call."""

from __future__ import annotations

import re

from harness import access, paths

SECURITY = paths.ROOT / "docs" / "security.md"
_ROW = re.compile(r"^\| (\w+Service\.\w+) \| (.*?) ?\| (.*?) ?\| (.*?) ?\| (.*?) ?\|$", re.M)


def documented() -> dict[tuple[str, str], set[str]]:
    """{(RPC, case): the roles that may}."""
    return {(rpc, what): {role for role, mark in zip(access.ROLES[1:], marks) if mark == "yes"}
            for rpc, what, *marks in _ROW.findall(SECURITY.read_text())}


RULES = documented()
