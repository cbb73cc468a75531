# SPDX-License-Identifier: Apache-2.0
"""Prints a syntax tree as `ast.unparse` of a given Python release prints it, on any Python.

`releases` knows in what the releases differ, `strings` the literals, `expressions` and `statements` the
rest of the language, `evidence` what a text tells about the release that wrote it.
"""

from __future__ import annotations

from stateserver_workers.printer.releases import FIRST_OF_FORMS, Release
from stateserver_workers.printer.statements import unparse

__all__ = ["FIRST_OF_FORMS", "Release", "unparse"]
