# SPDX-License-Identifier: Apache-2.0
"""Brings the product forward to a later release of SQLMesh."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import tempfile
from collections.abc import Callable

from follow_sqlmesh import corpus, documents, facts, generated, index, observing, suites, table, writers
from follow_sqlmesh.changeset import Changeset
from follow_sqlmesh.compare import compare
from follow_sqlmesh.facts import Facts
from follow_sqlmesh.report import Report
from follow_sqlmesh.table import Group


class Refused(Exception):
    """The run cannot begin, or cannot go on; its text says why and what to do."""


@dataclasses.dataclass
class Options:
    """Options of the command line."""

    release: str | None = None
    dry_run: bool = False
    force: bool = False
    corpus: str = "all"
    tables: str = "auto"
    suites: str = "quick"
    build: pathlib.Path = pathlib.Path("build/tests")


@dataclasses.dataclass
class Tools:
    """Tools are what a run does outside the tree; tests replace them."""

    available: Callable[[], list[str]] = index.releases
    install: Callable[[str], str] = observing.install
    observe: Callable[[str, pathlib.Path], Facts] = observing.observe
    versions: Callable[[str], Facts] = observing.versions
    fingerprints: Callable[[str, dict[str, str]], Facts] = observing.probe
    generate: Callable[[generated.Table, str, pathlib.Path], str] = generated.generate
    make_corpus: corpus.Maker = corpus.make
    suites: Callable[[pathlib.Path, str, pathlib.Path], suites.Result] = suites.run
    say: Callable[[str], None] = print


@dataclasses.dataclass
class Run:
    """Run is one run of the script on a checkout."""

    root: pathlib.Path
    options: Options
    tools: Tools

    def follow(self) -> Report | None:
        """Returns None if there is no later release. Raises Refused."""
        known = self.newest()
        releases, why = self.choose(known.releases[-1])
        if not releases:
            return None
        if not self.options.force and not self.options.dry_run:
            check_clean(self.root)
        self.tools.say(why)
        release = releases[-1]
        recorded = self.recorded(known.releases[-1])
        self.tools.say(f"Installing and observing SQLMesh {release}")
        observed = self.tools.observe(release, self.root / writers.CORPUS)
        report = Report(known.releases[-1], release, why, compare(recorded, observed))
        changes = Changeset(self.root)
        self.write(changes, report, known, recorded, observed, releases[:-1])
        report.written = changes.paths
        if self.options.dry_run:
            report.notes.append("Nothing was written: --dry-run.")
        elif changes.paths:
            self.tools.say(f"Writing {len(changes.paths)} files")
            changes.apply()
        self.run_suites(report)
        return report

    def newest(self) -> Group:
        return table.parse((self.root / writers.TABLE).read_text(encoding="utf-8"))[-1]

    def choose(self, known: str) -> tuple[list[str], str]:
        """The releases to follow, and why these."""
        wanted = self.options.release
        if wanted == known:
            return [known], f"SQLMesh {known} is the newest known release; checking what is written for it."
        if wanted and table.numbers(wanted) < table.numbers(known):
            raise Refused(f"SQLMesh {wanted} is older than {known}, the newest known release. "
                          "Name a later one, or none.")
        self.tools.say("Asking the package index for releases of SQLMesh")
        available = self.tools.available()
        chosen = index.later(known, wanted, available)
        if not chosen:
            return [], ""
        rest = [each for each in available if table.numbers(each) > table.numbers(chosen[-1])]
        why = (f"SQLMesh {chosen[-1]} was asked for" if wanted
               else f"SQLMesh {chosen[-1]} is the next release after {known}, the newest known one")
        if len(chosen) > 1:
            why += f"; {', '.join(chosen[:-1])} came in between"
        return chosen, why + (f". The index has {len(rest)} later: {', '.join(rest)}." if rest else ".")

    def recorded(self, known: str) -> Facts:
        """The recorded facts of the newest known release; observes it if there are none."""
        found = facts.load(self.root / writers.FACTS, known)
        if found is None:
            self.tools.say(f"No facts are recorded of SQLMesh {known}: observing it")
            found = facts.recorded(self.tools.observe(known, self.root / writers.CORPUS))
        return found

    def write(self, changes: Changeset, report: Report, known: Group, recorded: Facts, observed: Facts,
              between: list[str]) -> None:
        release = observed["release"]
        self.write_recipe(changes, report, release)
        with tempfile.TemporaryDirectory(prefix="follow-sqlmesh-") as scratch:
            self.write_corpus(changes, report, known, observed, pathlib.Path(scratch))
        # They take longest, so what is more likely to fail comes first.
        self.write_tables(changes, report, recorded, observed)
        for each in between:
            self.tools.say(f"Reading the versions of SQLMesh {each}")
            writers.add_release(changes, self.tools.versions(each))
        writers.write_versions(changes, observed)
        after = table.parse(changes.text(writers.TABLE))[-1]
        if after != known:
            writers.write_documents(changes, known, after)
            # The table names the newest known release, so it is put in place last.
            changes.write(writers.TABLE, changes.text(writers.TABLE))

    def write_tables(self, changes: Changeset, report: Report, recorded: Facts, observed: Facts) -> None:
        for each in generated.TABLES:
            outdated = generated.outdated(each, recorded, observed)
            if self.options.tables == "none" or (self.options.tables == "auto" and not outdated):
                if outdated:
                    report.decisions.append(
                        f"{each.path} was not generated again, although what it depends on changed: run "
                        f"{each.proof} with the new release.")
                continue
            self.tools.say(f"Generating {each.path} (about {each.minutes} minutes)")
            text = self.tools.generate(each, self.tools.install(observed["release"]), self.root)
            if generated.same_unicode(changes.text(each.path), text):
                changes.write(each.path, text)
            else:
                report.decisions.append(f"{each.path} was not replaced: this Python has another Unicode than the "
                                        f"one that generated it. Run {each.proof} with that Python.")

    def write_recipe(self, changes: Changeset, report: Report, release: str) -> None:
        if any(change.area == "fingerprints" for change in report.changes):
            report.notes.append(f"RECIPE in {writers.RECIPE} is unchanged, because fingerprints changed.")
        elif writers.write_recipe(changes, release):
            report.notes.append("No fingerprint of the corpus changed, so the fingerprint worker now wants "
                                f"SQLMesh {table.major_minor(release)}.")

    def write_corpus(self, changes: Changeset, report: Report, known: Group, observed: Facts,
                     scratch: pathlib.Path) -> None:
        release, schema = observed["release"], observed["schema_version"]
        old = corpus.superseded(known, Group(schema, observed["sqlglot"], (release,)))
        old = "" if old == release else old
        outdated = [folder for folder in corpus.outdated(self.root, release) if folder != old]
        if self.options.corpus == "none" or self.options.dry_run:
            if outdated:
                report.decisions.append(f"The corpus was not made: {', '.join(outdated)} in {writers.CORPUS}. "
                                        "Run the script without --corpus none and --dry-run.")
            return
        has_old = old and (self.root / writers.CORPUS / old / "state_before.sql").exists()
        carried = old if has_old and same_states(report) else ""
        for folder in outdated:
            self.tools.say(f"Making the corpus of {folder} with SQLMesh {release}")
            task = corpus.Task(folder, release, schema, carried if folder == release else "")
            corpus.write(changes, folder, self.tools.make_corpus(self.root, task, scratch))
        if release in outdated and not carried:
            report.decisions.append(f"The corpus of {release} was rebuilt from the project: tests and documents that "
                                    "count its records or name its plans must follow. The suites find them.")
        if old:
            corpus.remove(changes, old)
        if outdated:
            self.fingerprint_new_corpus(observed, scratch, old)

    def fingerprint_new_corpus(self, observed: Facts, made: pathlib.Path, old: str) -> None:
        """Records the fingerprints of the corpus as it is from now on."""
        release = observed["release"]
        kept = {key: value for key, value in observed["fingerprints"].items() if key.split()[0] not in (old, release)}
        stored = documents.snapshots(made, release)
        if stored:
            kept.update(self.tools.fingerprints(self.tools.install(release), stored)["fingerprints"])
        observed["fingerprints"] = kept

    def run_suites(self, report: Report) -> None:
        if self.options.suites == "none" or self.options.dry_run:
            report.suites = "Not run."
            return
        self.tools.say(f"Running the compatibility suites ({self.options.suites})")
        result = self.tools.suites(self.root, self.options.suites, self.options.build)
        report.suites = f"{'Passed' if result.passed else 'Failed'}.\n\n```\n{result.text}\n```"
        if not result.passed:
            report.decisions.append("The compatibility suites did not pass: see the end of this report.")


def same_states(report: Report) -> bool:
    """Returns true if nothing that a state consists of changed."""
    return not any(change.area in ("ddl", "json_schemas", "models", "fingerprints") for change in report.changes)


def check_clean(root: pathlib.Path) -> None:
    """Raises Refused if tracked files differ from the last commit, or if that is not known."""
    result = subprocess.run(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"], capture_output=True,
                            text=True)
    if result.returncode:
        raise Refused(f"{root} is not a checkout of Git, so what changes could not be told apart. "
                      "Run the script in a checkout, or with --force.")
    if result.stdout:
        first = result.stdout.splitlines()[0][3:]
        raise Refused(f"The checkout has changes that are not committed, such as '{first}'. "
                      "Commit or stash them, or use --force.")
