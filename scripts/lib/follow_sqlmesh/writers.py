# SPDX-License-Identifier: Apache-2.0
"""Writes what follows from a new release without any decision."""

from __future__ import annotations

import re

from follow_sqlmesh import facts as recording
from follow_sqlmesh import table
from follow_sqlmesh.changeset import Changeset
from follow_sqlmesh.facts import Facts
from follow_sqlmesh.table import Group, major_minor

TABLE = "server/sqlmesh/store/releases_table.inc"
PINS = "tests/requirements.txt"
FACTS = "tests/data/follow_sqlmesh/facts.json"
CORPUS = "tests/data/sqlmesh"
TRANSCRIPTS = "tests/data/sqlmesh/transcripts"
RECIPE = "workers/stateserver_workers/fingerprint.py"
# Where the recipe's releases are named: the pattern of the number within each.
RECIPE_NAMES = {
    RECIPE: r'^RECIPE = "([\d.]+)\."$',
    "workers/stateserver_workers/sqlmesh_release.py": r"sqlmesh==([\d.]+)\.\*",
    "workers/pyproject.toml": r"sqlmesh==([\d.]+)\.\*",
    "docs/workers.md": r"SQLMesh ([\d.]+)\.x",
    "tests/compat/test_workers.py": r"fingerprints need SQLMesh ([\d.]+)\.x",
}
# Documents whose numbers do not follow: first releases of steps, measurements, and what is generated.
OTHER_DOCUMENTS = ("docs/migration-steps.md", "docs/performance.md", "docs/rpcs.md")
SCRIPTS = ("scripts/image-test", "scripts/package-test", "scripts/quickstart")
# Words that stand before the number of the newest schema version in documents.
SCHEMA_WORDS = (r"Schema version: \d+ -> ", r"migration version: ", r'"schema_version":', r"schema version ",
                r"to version ", r"newest schema \(", r"newer than ", r"Schema steps: \d+ to ")


def write_versions(changes: Changeset, facts: Facts) -> None:
    """The pins of the tests, and the server's table, which names the newest known release: it comes last."""
    pins = changes.text(PINS)
    for package, version in (("sqlmesh", facts["release"]), ("sqlglot", facts["sqlglot"])):
        pins, found = re.subn(rf"^{package}==.*$", f"{package}=={version}", pins, flags=re.M)
        if found != 1:
            raise ValueError(f"{PINS} pins {package} {found} times instead of once")
    changes.write(PINS, pins)
    changes.write(FACTS, recording.render(recording.recorded(facts)))
    add_release(changes, facts)


def add_release(changes: Changeset, facts: Facts) -> None:
    rows = table.add(changes.text(TABLE), facts["schema_version"], facts["sqlglot"], facts["release"])
    changes.write(TABLE, rows)


def write_recipe(changes: Changeset, release: str) -> bool:
    """Lets the fingerprint worker accept the releases of `release`'s minor version. Returns whether that is new."""
    changed = False
    for path, pattern in RECIPE_NAMES.items():
        if (changes.root / path).exists():
            before = changes.text(path)
            changes.write(path, replace_group(pattern, major_minor(release), before))
            changed |= changes.text(path) != before
        elif path == RECIPE:
            raise ValueError(f"{RECIPE}, which names the releases of the recipe, does not exist")
    return changed


def replace_group(pattern: str, new: str, text: str) -> str:
    """Replaces the first group of every match."""
    def replaced(match: re.Match[str]) -> str:
        start, end = match.start(1) - match.start(), match.end(1) - match.start()
        return match[0][:start] + new + match[0][end:]
    return re.sub(pattern, replaced, text, flags=re.M)


def write_documents(changes: Changeset, before: Group, after: Group) -> None:
    """Replaces the newest release's numbers in documents, in the scripts that use its corpus, and in what SQLMesh's
    commands print about the corpus."""
    found = [*sorted((changes.root / "docs").glob("*.md")), *sorted((changes.root / TRANSCRIPTS).glob("*.txt"))]
    for path in ["README.md", *(each.relative_to(changes.root).as_posix() for each in found), *SCRIPTS]:
        if path not in OTHER_DOCUMENTS and (changes.root / path).exists():
            changes.write(path, renumbered(changes.text(path), before, after))


def renumbered(text: str, before: Group, after: Group) -> str:
    """`before` and `after` are the newest groups; their last releases are the newest ones."""
    old, new = before.releases[-1], after.releases[-1]
    parts = text.split(f"{before.releases[0]} to {old}")
    parts = [re.sub(rf"(?<![\d.]){re.escape(old)}(?![\d]|\.\d)", new, part) for part in parts]
    text = f"{after.releases[0]} to {new}".join(parts)
    if before.sqlglot != after.sqlglot:
        text = re.sub(rf"(?<![\d.]){re.escape(before.sqlglot)}(?![\d]|\.\d)", after.sqlglot, text)
        text = text.replace(f"sqlglot {major_minor(before.sqlglot)} ", f"sqlglot {major_minor(after.sqlglot)} ")
    if before.schema != after.schema:
        text = re.sub(rf"({'|'.join(SCHEMA_WORDS)}){before.schema}\b", rf"\g<1>{after.schema}", text)
        text = re.sub(rf"(Schema version: ){before.schema}( -> )", rf"\g<1>{after.schema}\g<2>", text)
    return text
