# SPDX-License-Identifier: Apache-2.0
"""The known holes of the linked libraries: compares what is installed with a recorded list.

The list is scripts/data/known-holes.json. Its facts come from Debian's security tracker; a person adds the judgements.
`scripts/sbom` calls this program with the linked packages on stdin, as lines "package version architecture source
source-version" separated by tabs:
  known_holes.py check LIST             prints each hole of an installed version; exits 1 for one without a judgement
  known_holes.py update LIST TRACKER    replaces the facts by those of a file or URL, and keeps the judgements
  known_holes.py open LIST              prints what is open as the table of SECURITY.md; reads no packages
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import pathlib
import subprocess
import sys
import urllib.request
from typing import Any

RELEASE = "bookworm"
# Part of every version that Debian has fixed in this release.
RELEASE_MARK = "deb12u"
# The tracker says "0" for a release that never had the hole.
NEVER = "0"


class Unusable(Exception):
    """The list or the tracker's file cannot be used; the text says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Why the programs can be released with an open hole."""

    # "not reachable": the programs never run that code; "mitigated": they prevent its effect; "accepted": neither.
    verdict: str
    reason: str
    on: str

    VERDICTS = ("not reachable", "mitigated", "accepted")


@dataclasses.dataclass(frozen=True)
class Hole:
    """One hole of one Debian source package."""

    id: str
    source: str
    state: str  # of Debian: "fixed", "open", or "unimportant" for an open one without an effect in Debian's packages
    fixed: str | None  # the first version without it
    note: str  # of Debian, such as "Minor issue"
    judgement: Judgement | None

    @property
    def is_open(self) -> bool:
        return self.state != "fixed"

    def affects(self, version: str) -> bool:
        return self.fixed is None or is_older(version, self.fixed)


@dataclasses.dataclass
class Record:
    """The contents of the list."""

    read: str  # the day on which the facts were read
    tracker: str  # from where
    sources: list[str]
    holes: list[Hole]

    def of(self, source: str) -> list[Hole]:
        return [hole for hole in self.holes if hole.source == source]


@functools.cache
def is_older(version: str, other: str) -> bool:
    """Compares two Debian versions."""
    done = subprocess.run(["dpkg", "--compare-versions", version, "lt", other], capture_output=True, text=True)
    if done.returncode not in (0, 1) or done.stderr:
        raise Unusable(f"dpkg cannot compare the versions '{version}' and '{other}': {done.stderr.strip()}")
    return done.returncode == 0


def load(path: pathlib.Path) -> Record:
    """Reads the list."""
    try:
        text = json.loads(path.read_text(encoding="utf8"))
        holes = []
        for one in text["holes"]:
            judgement = Judgement(**one["judgement"]) if one["judgement"] else None
            if judgement and (judgement.verdict not in Judgement.VERDICTS or not judgement.reason):
                raise ValueError(
                    f"{one['id']}: a judgement has one of the verdicts {', '.join(Judgement.VERDICTS)}, and a reason"
                )
            if one["state"] not in ("fixed", "open", "unimportant") or (one["state"] == "fixed") != bool(one["fixed"]):
                raise ValueError(f"{one['id']}: the state is fixed (with a version), open or unimportant")
            holes.append(Hole(**{**one, "judgement": judgement}))
        return Record(text["read"], text["tracker"], text["sources"], holes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(
            f"{path} is not a list of known holes: {error}. Restore it, or write it with scripts/sbom --update."
        ) from error


def save(path: pathlib.Path, record: Record) -> None:
    """Writes the list, sorted, one hole a line, so that a change of the list is easy to review."""

    def line(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    holes = sorted(record.holes, key=lambda hole: (hole.source, hole.id))
    lines = ",\n".join("  " + line(dataclasses.asdict(hole)) for hole in holes)
    path.write_text(
        f'{{"read": {line(record.read)}, "tracker": {line(record.tracker)},\n "sources": '
        f'{line(sorted(record.sources))},\n "holes": [\n{lines}\n ]}}\n',
        encoding="utf8",
    )


def linked(lines: list[str]) -> dict[str, str]:
    """Source package -> version, of the lines on stdin."""
    found = {}
    for line in lines:
        fields = line.rstrip("\n").split("\t")
        if len(fields) != 5:
            raise Unusable(
                f"'{line.strip()}' is not a package, its version, architecture, source and source's version."
            )
        found[fields[3]] = fields[4]
    return found


def check(record: Record, installed: dict[str, str]) -> tuple[list[str], bool]:
    """Returns lines about the holes of the installed versions, and whether a release may be made."""
    lines, may_release = [], True
    for source, version in sorted(installed.items()):
        if source not in record.sources:
            lines.append(f"{source} {version}: the list does not cover it; run scripts/sbom --update")
            may_release = False
            continue
        fixes = {hole.id: hole.fixed for hole in record.of(source) if hole.fixed and hole.affects(version)}
        if fixes:
            newest = functools.reduce(lambda one, other: other if is_older(one, other) else one, fixes.values())
            lines.append(f"{source} {version}: install {newest}, which fixes {', '.join(sorted(fixes))}")
            may_release = False
        for hole in record.of(source):
            if not hole.is_open:
                continue
            start = f"{hole.id} in {source} {version}: open"
            if hole.judgement:
                lines.append(f"{start}; {hole.judgement.verdict}: {hole.judgement.reason}")
            elif hole.state == "unimportant":
                lines.append(f"{start}; Debian: unimportant{': ' + hole.note if hole.note else ''}")
            else:
                lines.append(f"{start}, without a judgement; add one to the list, or do not release")
                may_release = False
    return lines, may_release


def state_of(entry: dict[str, Any]) -> str:
    """The state of one hole in one release of the tracker."""
    if entry["status"] == "resolved":
        return "fixed"
    return "unimportant" if entry.get("urgency") == "unimportant" else "open"


def updated(record: Record, installed: dict[str, str], tracker: dict[str, Any], origin: str, day: str) -> Record:
    """The list with the facts of the tracker, about the installed packages only.

    Of the holes that are fixed, it keeps those fixed during the life of the release, or not yet in what is installed:
    older ones are in no version that can be installed.
    """
    before = {(hole.source, hole.id): hole for hole in record.holes}
    holes = []
    for source, version in sorted(installed.items()):
        for name, facts in tracker.get(source, {}).items():
            entry = facts.get("releases", {}).get(RELEASE)
            if entry is None:
                continue
            state = state_of(entry)
            fixed = entry["fixed_version"] if state == "fixed" else None
            if state == "fixed" and (not fixed or fixed == NEVER):
                continue
            if fixed and RELEASE_MARK not in fixed and not is_older(version, fixed):
                continue
            old = before.get((source, name))
            judgement = old.judgement if old and state != "fixed" else None
            holes.append(Hole(name, source, state, fixed, entry.get("nodsa") or "", judgement))
    return Record(day, origin, sorted(installed), holes)


def read_tracker(origin: str) -> dict[str, Any]:
    """The tracker's JSON: source package -> hole -> facts."""
    try:
        if origin.startswith("https://"):
            with urllib.request.urlopen(origin, timeout=300) as answer:
                text = answer.read()
        else:
            text = pathlib.Path(origin).read_bytes()
        tracker = json.loads(text)
        if not isinstance(tracker, dict) or not all(isinstance(one, dict) for one in tracker.values()):
            raise ValueError("it is not an object of source packages")
        return tracker
    except (OSError, ValueError) as error:
        raise Unusable(
            f"{origin} is not the security tracker's JSON: {error}. It is at "
            "https://security-tracker.debian.org/tracker/data/json."
        ) from error


def table(record: Record) -> str:
    """What is open, as SECURITY.md shows it."""
    lines = ["| hole | package | judgement |", "| --- | --- | --- |"]
    for hole in sorted(record.holes, key=lambda one: (one.source, one.id)):
        if not hole.is_open:
            continue
        if hole.judgement:
            words = f"{hole.judgement.verdict}: {hole.judgement.reason}"
        else:
            words = f"{hole.state} in Debian" + (f": {hole.note}" if hole.note else "")
        lines.append(f"| {hole.id} | {hole.source} | {words.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[0] not in ("check", "update", "open"):
        print(__doc__, file=sys.stderr)
        return 2
    path = pathlib.Path(arguments[1])
    try:
        if arguments[0] == "open":
            print(table(load(path)), end="")
            return 0
        installed = linked(sys.stdin.readlines())
        if arguments[0] == "check":
            record = load(path)
            lines, may_release = check(record, installed)
            print("\n".join([*lines, f"{len(installed)} linked source packages, the list is of {record.read}."]))
            return 0 if may_release else 1
        record = load(path) if path.exists() else Record("", "", [], [])
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        record = updated(
            record,
            installed,
            read_tracker(arguments[2]),
            arguments[2].split("/")[-1] if "://" not in arguments[2] else arguments[2],
            today,
        )
        save(path, record)
        unjudged = [hole.id for hole in record.holes if hole.state == "open" and not hole.judgement]
        print(
            f"{len(record.holes)} holes of {len(installed)} source packages; "
            f"{sum(hole.is_open for hole in record.holes)} are open; "
            f"without a judgement: {', '.join(unjudged) or 'none'}"
        )
        return 0
    except Unusable as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
