# SPDX-License-Identifier: Apache-2.0
"""What a run found, as a Markdown document."""

from __future__ import annotations

import dataclasses

from follow_sqlmesh.compare import Change
from follow_sqlmesh.facts import AREAS

# Lines of one area that a report shows.
SHOWN = 60


@dataclasses.dataclass
class Report:
    """Report collects what a run found and wrote."""

    before: str
    after: str
    why: str
    changes: list[Change] = dataclasses.field(default_factory=list)
    # Further sentences about what a person must decide.
    decisions: list[str] = dataclasses.field(default_factory=list)
    written: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    suites: str = ""

    @property
    def undecided(self) -> bool:
        return bool(self.decisions) or any(change.decided_in for change in self.changes)

    def render(self) -> str:
        lines = [f"# SQLMesh {self.after}, after {self.before}", "", self.why, "", "## To decide", ""]
        lines += self._to_decide() or ["Nothing."]
        lines += ["", "## What changed", ""]
        lines += self._changes() or ["Nothing."]
        for title, texts in (("Written", self.written), ("Notes", self.notes)):
            if texts:
                lines += ["", f"## {title}", "", *(f"* {text}" for text in texts)]
        if self.suites:
            lines += ["", "## Suites", "", self.suites]
        return "\n".join(lines) + "\n"

    def _to_decide(self) -> list[str]:
        areas = list(dict.fromkeys(change.area for change in self.changes if change.decided_in))
        lines = []
        for area in areas:
            of_area = [change for change in self.changes if change.area == area]
            count = f"{len(of_area)} change" + ("s" if len(of_area) > 1 else "")
            lines.append(f"* {AREAS[area]}: {count}. Decide in {of_area[0].decided_in}.")
        return lines + [f"* {text}" for text in self.decisions]

    def _changes(self) -> list[str]:
        lines: list[str] = []
        for area, title in AREAS.items():
            texts = [change.text for change in self.changes if change.area == area]
            if texts:
                lines += [*([""] if lines else []), f"### {title}", "", *(f"* {text}" for text in texts[:SHOWN])]
            if len(texts) > SHOWN:
                lines.append(f"* and {len(texts) - SHOWN} more")
        return lines
