# SPDX-License-Identifier: Apache-2.0
"""scripts/follow-sqlmesh: from an earlier release it finds its way back to what the project is today."""

import hashlib
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from deploy import older_tree
from harness import files, paths

sys.path.append(str(paths.ROOT / "scripts" / "lib"))

from follow_sqlmesh import compare, corpus, documents, facts, generated, index, main, observing, suites, table, writers
from follow_sqlmesh.follow import Tools

# What scripts/lib/follow_sqlmesh/probe.py printed for two releases, with fewer fingerprints and without sentences.
OBSERVED = paths.TESTS / "data" / "follow_sqlmesh"
OLD, NEW, LATER = "0.235.4", "0.236.0", "0.236.1"
FILES = ("README.md", "tests/data/sqlmesh/transcripts", "docs/*.md", "scripts/quickstart", "scripts/image-test",
         "scripts/package-test",
         "server/sqlmesh/**.inc", "tests/requirements.txt", "tests/compat/test_workers.py", "workers/pyproject.toml",
         "workers/stateserver_workers")
DUMP = """\
COPY sqlmesh._snapshots (name, identifier, snapshot) FROM stdin;
"a"."b"\t7\t{"name":"\\\\"a\\\\".\\\\"b\\\\""}
\\.
"""


def observed(release):
    """The facts of a release; one without a file differs from NEW in nothing else."""
    name = release if release in (OLD, NEW) else NEW
    made = json.loads((OBSERVED / f"{name}.json").read_text())
    made["release"] = release
    made["migrations"] = [{"module": module, "summary": f"Does {module}."} for module in made["migrations"]]
    return made


class Fakes:
    """What a run does outside the tree, in no time."""

    def __init__(self):
        self.said, self.tables, self.tasks, self.suites, self.changed = [], [], [], [], {}

    def tools(self, **others):
        given = {
            "available": lambda: ["0.235.3", OLD, NEW, LATER], "install": lambda release: f"python-of-{release}",
            "observe": self.observe, "versions": self.observe,
            "fingerprints": lambda python, stored: {"fingerprints": dict.fromkeys(stored, "1 2")},
            "generate": self.generate, "make_corpus": self.make_corpus, "suites": self.run_suites,
            "say": self.said.append}
        return Tools(**{**given, **others})

    def observe(self, release, corpus=None):
        return {**observed(release), **self.changed.get(release, {})}

    def generate(self, made, python, root):
        self.tables.append((made.path, python))
        return f"// by {python}\n"

    def make_corpus(self, root, task, scratch):
        self.tasks.append(task)
        out = scratch / task.folder
        out.mkdir()
        for name in corpus.AFTER + (corpus.BEFORE if task.folder == task.release else ()):
            (out / name).write_text(DUMP if name == "state_before.sql" else json.dumps(
                {"versions": {"sqlmesh_version": task.release}}))
        return out

    def run_suites(self, root, which, build):
        self.suites.append(which)
        return suites.Result(True, "12 passed")


@pytest.fixture
def tree(tmp_path):
    """The files that the script writes, as they were when OLD was the newest release."""
    root = older_tree.copy(tmp_path / "tree", *FILES)
    own = root / "tests/data/sqlmesh" / OLD
    own.mkdir(parents=True)
    for name in corpus.BEFORE + corpus.AFTER:
        (own / name).write_text(DUMP if name == "state_before.sql" else '{"versions": {"sqlmesh_version": "0.235.4"}}')
    older_tree.truncate(root, OLD)
    for path in [root / "README.md", *root.glob("docs/*.md"), *root.glob("tests/data/sqlmesh/transcripts/*")]:
        text = path.read_text().replace(f"0.236.0 to {paths.NEWEST}", f"0.235.2 to {OLD}")
        path.write_text(text.replace(paths.NEWEST, OLD))
    recorded = root / writers.FACTS
    recorded.parent.mkdir(parents=True, exist_ok=True)
    recorded.write_text(facts.render(facts.recorded(observed(OLD))))
    return root


def digests(root):
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}


def follow(root, fakes=None, *arguments, **others):
    """The exit code of a run."""
    return main.main(["--force", *arguments], root, (fakes or Fakes()).tools(**others))


def migrations_in(report):
    section = re.search(r"^### Migrations\n\n((?:\* .*\n)+)", report, re.M)
    return [int(number) for number in re.findall(r"^\* added (\d+) ", section[1], re.M)] if section else []


# The project as it is.

def test_the_newest_release_is_named_once():
    """Pins, facts and recipe agree with the server's table."""
    recorded = facts.load(paths.ROOT / writers.FACTS, paths.NEWEST)
    assert recorded is not None, "run scripts/follow-sqlmesh with the newest release"
    assert (recorded["schema_version"], recorded["sqlglot"], recorded["release"]) == paths.NEWEST_VERSIONS
    assert (paths.ROOT / older_tree.PINS).read_text() == older_tree.pins_of(paths.NEWEST)
    assert older_tree.table_up_to(paths.NEWEST) == (paths.ROOT / older_tree.TABLE).read_text()
    for path, pattern in writers.RECIPE_NAMES.items():
        found = set(re.findall(pattern, (paths.ROOT / path).read_text(), re.M))
        assert found == {table.major_minor(paths.NEWEST)}, path


def test_the_installed_release_answers_as_recorded():
    """Otherwise the facts must be recorded again: CONTRIBUTING.md says how."""
    recorded = facts.load(paths.ROOT / writers.FACTS, paths.NEWEST)
    stored = dict(list(documents.snapshots(paths.CORPUS, paths.NEWEST).items())[:10])
    answered = observing.probe(sys.executable, stored)
    assert recorded is not None and len(stored) == 10 and all(" " in made for made in answered["fingerprints"].values())
    assert compare.compare(recorded, {**answered, "ddl": recorded["ddl"]}) == []


def test_a_python_without_the_packages_is_told():
    result = subprocess.run([sys.executable, "-I", "-S", paths.ROOT / "scripts" / "follow-sqlmesh"],
                            capture_output=True, text=True)
    assert result.returncode == main.FAILED and "run .venv/bin/python scripts/follow-sqlmesh" in result.stderr


def test_the_table_is_in_order():
    groups = table.parse((paths.ROOT / writers.TABLE).read_text())
    releases = [table.numbers(release) for group in groups for release in group.releases]
    assert releases == sorted(set(releases)) and releases[0] == (0, 171, 0)
    schemas = [group.schema for group in groups]
    assert schemas == sorted(schemas)
    assert all((a.schema, a.sqlglot) != (b.schema, b.sqlglot) for a, b in itertools.pairwise(groups))


def test_the_corpus_is_complete():
    assert corpus.outdated(paths.ROOT, paths.NEWEST) == []


# One release forward.

def test_it_brings_the_project_one_release_forward(tree, tmp_path, capsys):
    fakes = Fakes()
    assert follow(tree, fakes, "--report", str(tmp_path / "report.md")) == main.TO_DECIDE
    assert (tree / older_tree.TABLE).read_text() == older_tree.table_up_to(NEW)
    assert (tree / older_tree.PINS).read_text() == older_tree.pins_of(NEW)
    assert 'RECIPE = "0.236."' in (tree / writers.RECIPE).read_text()
    assert "sqlmesh==0.236.*" in (tree / "workers/pyproject.toml").read_text()
    assert "SQLMesh 0.236.x" in (tree / "docs/workers.md").read_text()
    assert f"0.134.0 to {NEW}" in (tree / "README.md").read_text()
    assert f"SQLMesh version: {NEW}" in (tree / writers.TRANSCRIPTS / "import_merge_y.txt").read_text()
    report = (tmp_path / "report.md").read_text()
    assert report == capsys.readouterr().out
    assert migrations_in(report) == [102]
    assert "server/sqlmesh/migrations/steps" in report and "the next release after 0.235.4" in report
    assert "1 later: 0.236.1" in report and "12 passed" in report
    # The schema is another one, so the older corpus stays and the new one is made of the project.
    assert fakes.tasks == [corpus.Task(NEW, NEW, 102), corpus.Task(OLD, NEW, 102)]
    assert fakes.suites == ["quick"]
    recorded = json.loads((tree / writers.FACTS).read_text())
    assert recorded["release"] == NEW and recorded["migrations"][-1] == "v0102_normalize_python_env_payloads"
    assert recorded["fingerprints"][f'{NEW} "a"."b" 7'] == "1 2"


def test_twice_is_once(tree, tmp_path, capsys):
    follow(tree, None, NEW)
    before = digests(tree)
    fakes = Fakes()
    fakes.changed[NEW] = {"fingerprints": json.loads((tree / writers.FACTS).read_text())["fingerprints"]}
    assert follow(tree, fakes, NEW) == main.NOTHING
    assert digests(tree) == before and fakes.tasks == [] and fakes.tables == []


def test_a_patch_release_leaves_nothing_to_decide(tree, capsys):
    follow(tree, None, NEW)
    capsys.readouterr()
    fakes = Fakes()
    assert follow(tree, fakes) == main.NOTHING
    report = capsys.readouterr().out
    assert "## To decide\n\nNothing.\n" in report and f"SQLMesh: {NEW} -> {LATER}" in report
    assert (tree / older_tree.TABLE).read_text() == older_tree.table_up_to(LATER)
    # Its corpus continues that of the release before, whose folder it replaces.
    assert fakes.tasks[0] == corpus.Task(LATER, LATER, 102, carried=NEW)
    assert not (tree / "tests/data/sqlmesh" / NEW).exists() and (tree / "tests/data/sqlmesh" / LATER).exists()
    assert f"0.236.0 to {LATER}" in (tree / "docs/upgrade-file.md").read_text()
    assert fakes.tables == []


def test_releases_in_between_are_added(tree, capsys):
    assert follow(tree, None, LATER) == main.TO_DECIDE
    assert (tree / older_tree.TABLE).read_text() == older_tree.table_up_to(LATER)
    assert "0.236.0 came in between" in capsys.readouterr().out


def test_no_later_release(tree, capsys):
    before = digests(tree)
    assert follow(tree, available=lambda: ["0.235.3", OLD]) == main.NOTHING
    assert "no release after" in capsys.readouterr().out and digests(tree) == before


def test_facts_that_are_missing_are_observed_first(tree):
    (tree / writers.FACTS).unlink()
    fakes = Fakes()
    assert follow(tree, fakes) == main.TO_DECIDE
    assert f"No facts are recorded of SQLMesh {OLD}: observing it" in fakes.said


# What it does not do by itself.

def test_changed_fingerprints_are_a_persons(tree, capsys):
    fakes = Fakes()
    old = observed(OLD)["fingerprints"]
    key = next(key for key, value in old.items() if " " in value)
    fakes.changed[NEW] = {"fingerprints": {**old, key: "1 1"}}
    assert follow(tree, fakes) == main.TO_DECIDE
    report = capsys.readouterr().out
    assert f"1 of {len(old)} changed: {key}" in report and "server/sqlmesh/fingerprint" in report
    assert 'RECIPE = "0.235."' in (tree / writers.RECIPE).read_text()


@pytest.mark.parametrize("area, change, told", [
    ("ddl", lambda made: made["ddl"]["_snapshots"].append("colour text"), "_snapshots: added colour text"),
    ("models", lambda made: made["models"]["SqlModel"].update(colour="str = ''"), "added SqlModel.colour (str = '')"),
    ("json_schemas", lambda made: made["json_schemas"]["Snapshot"]["properties"].pop("ttl"),
     "removed Snapshot.properties.ttl"),
    ("state_sync", lambda made: made["state_sync"]["StateSync"].update(paint="abstract (self)"),
     "added StateSync.paint (abstract (self))"),
    ("gateway_keys", lambda made: made["gateway_keys"]["gateway"].append("colour"), "gateway: added colour"),
    ("migrations", lambda made: made["migrations"].pop(), "removed 102"),
], ids=["ddl", "models", "json_schemas", "state_sync", "gateway_keys", "migrations"])
def test_a_changed_fact_is_reported(area, change, told):
    before, after = facts.recorded(observed(NEW)), observed(NEW)
    assert compare.compare(before, after) == []
    change(after)
    changes = compare.compare(before, after)
    assert {each.area for each in changes} == {area} and all(each.decided_in for each in changes)
    assert any(told in each.text for each in changes), changes


def test_suites_that_fail_are_reported(tree, capsys):
    follow(tree, None, NEW)
    failed = suites.Result(False, "The server does not build:\nerror: static assertion failed")
    assert follow(tree, None, LATER, suites=lambda *_: failed) == main.TO_DECIDE
    assert "static assertion failed" in capsys.readouterr().out


def test_tables_that_are_not_generated_are_reported(tree, capsys):
    fakes = Fakes()
    assert follow(tree, fakes, "--tables", "none", "--suites", "none", "--corpus", "none") == main.TO_DECIDE
    report = capsys.readouterr().out
    assert fakes.tables == [] and fakes.suites == [] and fakes.tasks == []
    assert "expressions_proof.py" in report and f"The corpus was not made: {NEW}, {OLD}" in report


def test_tables_are_generated_when_their_sources_change(tree):
    fakes = Fakes()
    follow(tree, fakes)
    wanted = [each.path for each in generated.TABLES if each.source != "environment_names"]
    assert fakes.tables == [(path, f"python-of-{NEW}") for path in wanted]
    assert all(f"// by python-of-{NEW}\n" == (tree / path).read_text() for path in wanted)


def test_another_unicode_keeps_the_table(tree, capsys):
    names = next(each for each in generated.TABLES if each.source == "environment_names")
    before = (tree / names.path).read_text()
    follow(tree, None, "--tables", "all", generate=lambda made, python, root: re.sub(
        r"Unicode [\d.]+\.", "Unicode 99.0.0.", (root / made.path).read_text()))
    assert (tree / names.path).read_text() == before and "another Unicode" in capsys.readouterr().out


# What can go wrong.

@pytest.mark.parametrize("arguments, others, told", [
    (["0.235.3"], {}, "0.235.3 is older than 0.235.4"),
    (["0.299.0"], {}, "no release '0.299.0' of sqlmesh. Its newest is 0.236.1"),
    ([], {"observe": lambda *_: (_ for _ in ()).throw(subprocess.CalledProcessError(1, ["pip"]))}, "non-zero exit"),
])
def test_failures_leave_the_tree(tree, capsys, arguments, others, told):
    before = digests(tree)
    assert follow(tree, None, *arguments, **others) == main.FAILED
    assert told in capsys.readouterr().err and digests(tree) == before


def test_a_dry_run_writes_nothing(tree, capsys):
    before = digests(tree)
    assert follow(tree, None, "--dry-run") == main.TO_DECIDE
    assert migrations_in(capsys.readouterr().out) == [102] and digests(tree) == before


def test_a_checkout_with_changes_is_refused(tree, capsys):
    def git(*arguments):
        subprocess.run(["git", "-C", tree, "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True,
                       capture_output=True)
    git("init")
    git("add", ".")
    git("commit", "-m", "all")
    (tree / "README.md").write_text("changed")
    before = digests(tree)
    assert main.main([NEW], tree, Fakes().tools()) == main.FAILED
    assert "'README.md'" in capsys.readouterr().err and digests(tree) == before
    git("checkout", "README.md")
    assert main.main([NEW], tree, Fakes().tools()) == main.TO_DECIDE


def killed(call):
    """Runs `call` in a child process, which must be killed by itself."""
    child = os.fork()
    if child == 0:
        try:
            call()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_a_killed_run_leaves_the_tree(tree):
    before = digests(tree)

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    for where in ("observe", "generate", "make_corpus", "fingerprints"):
        killed(lambda where=where: follow(tree, None, **{where: die}))
        assert digests(tree) == before, where


@pytest.mark.parametrize("after", [0, 1, 5, 10])
def test_a_run_killed_while_it_renames_is_repeated(tree, tmp_path, monkeypatch, after):
    """The table of releases is renamed last, so the next run begins at the same release."""
    whole = tmp_path / "whole"
    subprocess.run(["cp", "-r", tree, whole], check=True)
    follow(whole)
    replace = os.replace
    done: list[pathlib.Path] = []

    def dying(source, target):
        if len(done) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(target)
        replace(source, target)
    with monkeypatch.context() as patch:
        patch.setattr("follow_sqlmesh.changeset.os.replace", dying)
        killed(lambda: follow(tree))
    assert (tree / older_tree.TABLE).read_text() == older_tree.table_up_to(OLD)
    assert follow(tree) in (main.NOTHING, main.TO_DECIDE)
    made = {path: digest for path, digest in digests(tree).items() if not path.startswith("build/")}
    assert made == {path: digest for path, digest in digests(whole).items() if not path.startswith("build/")}


# Its parts.

def test_rows_of_the_table():
    text = '// a\n{100, "27.28.1", "0.228.5"},\n{100, "28.7.0", "0.229.0"},\n// clang-format on\n'
    assert table.add(text, 100, "28.7.0", "0.229.0") == text
    assert '"0.229.0 0.229.1"},\n//' in table.add(text, 100, "28.7.0", "0.229.1")
    assert '"0.229.0"},\n{101, "28.7.0", "0.230.0"},\n//' in table.add(text, 101, "28.7.0", "0.230.0")
    for release in ("0.228.6", "0.99.0", "0.229.0"):
        with pytest.raises(ValueError, match=r"does not come after 0\.229\.0"):
            table.add(text, 101, "28.7.0", release)
    with pytest.raises(ValueError, match="line 2 of the table"):
        table.parse("// a\n{100, 27}\n")


def test_releases_of_the_index():
    text = "sqlmesh (0.236.4)\nAvailable versions: 0.236.10, 0.236.4, 0.237.0rc1, 0.99.1\n  INSTALLED: 0.236.4\n"
    assert index.parse(text) == ["0.99.1", "0.236.4", "0.236.10"]
    assert index.later("0.236.4", None, index.parse(text)) == ["0.236.10"]
    assert index.parse("ERROR: no matching distribution") == []


def test_documents_of_a_dump():
    assert list(documents.rows(DUMP, "_snapshots")) == [
        {"name": '"a"."b"', "identifier": "7", "snapshot": '{"name":"\\"a\\".\\"b\\""}'}]
    assert documents.unescape(r"a\tb\\n\nc") == "a\tb\\n\nc"


def test_numbers_in_documents():
    old = table.Group(102, "30.8.0", ("0.236.0", "0.236.4"))
    new = table.Group(103, "31.0.1", ("0.237.0",))
    text = ("Schema version: 100 -> 102\nSchema version: 102 -> 100\nSQLGlot version: 28.10.1 -> 30.8.0\n"
            "SQLMesh 0.236.4, 10.236.4, 0.236.40, 0.236.4.1\n0.236.0 to 0.236.4\n| 102 | 0.236.0 |\n(0.236.4)\n")
    assert writers.renumbered(text, old, new) == (
        "Schema version: 100 -> 103\nSchema version: 103 -> 100\nSQLGlot version: 28.10.1 -> 31.0.1\nSQLMesh 0.237.0, "
        "10.236.4, 0.236.40, 0.236.4.1\n0.237.0 to 0.237.0\n| 102 | 0.236.0 |\n(0.237.0)\n")


# Real releases.

@pytest.mark.exhaustive  # the tests above do the same with what two of these releases once answered
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("known, following, migrations", [
    ("0.230.0", "0.230.1", []), ("0.231.1", "0.232.0", []), ("0.235.4", "0.236.0", [102])])
def test_from_an_earlier_tree(tmp_path, known, following, migrations):
    """Everything later than a release is deleted; the script alone finds the next one."""
    root = older_tree.copy(tmp_path / "tree")
    older_tree.truncate(root, known)
    (paths.ROOT / ".cache").mkdir(exist_ok=True)
    (root / ".cache").symlink_to((paths.ROOT / ".cache").resolve())
    report = tmp_path / "report.md"
    # Generated tables and corpus take most of an hour.
    result = subprocess.run(
        [sys.executable, root / "scripts" / "follow-sqlmesh", "--force", "--suites", "none", "--tables", "none",
         "--corpus", "none", "--report", report], capture_output=True, text=True)
    assert result.returncode in (main.NOTHING, main.TO_DECIDE), result.stdout + result.stderr
    assert f"No facts are recorded of SQLMesh {known}" in result.stderr
    text = report.read_text()
    assert text.startswith(f"# SQLMesh {following}, after {known}\n")
    assert migrations_in(text) == migrations, text
    assert (root / older_tree.TABLE).read_text() == older_tree.table_up_to(following)
    assert (root / older_tree.PINS).read_text() == older_tree.pins_of(following)
    assert pathlib.Path(root / writers.FACTS).exists()


def make_corpus(*arguments):
    subprocess.run([sys.executable, paths.TESTS / "tools" / "make_corpus.py", *map(str, arguments)], check=True,
                   env={**os.environ, "PYTHONPATH": str(paths.TESTS)})


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_the_newest_corpus_continues_itself(tmp_path):
    """Every file of the folder is made, and none differs."""
    own = paths.CORPUS / paths.NEWEST
    make_corpus("carry", sys.executable, own, tmp_path)
    make_corpus("after", sys.executable, tmp_path)
    names = sorted(path.name for path in own.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names == sorted(corpus.BEFORE + corpus.AFTER)
    for name in set(names) - {"export_after.json"}:
        if name.endswith(".json"):
            assert (tmp_path / name).read_text() == (own / name).read_text(), name
    first, second = (files.content(json.loads((folder / "export_after.json").read_text()))
                     for folder in (own, tmp_path))
    assert files.differences(first, second) == []
    snapshots = [sorted(map(str, documents.rows((folder / "state_before.sql").read_text(), "_snapshots")))
                 for folder in (own, tmp_path)]
    assert snapshots[0] == snapshots[1]


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_a_corpus_is_made_of_the_project(tmp_path):
    make_corpus("before", sys.executable, paths.NEWEST_SCHEMA, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(corpus.BEFORE)
    ours, theirs = (json.loads((folder / "export_all.json").read_text())
                    for folder in (tmp_path, paths.CORPUS / paths.NEWEST))
    assert ours["versions"] == theirs["versions"]
    assert set(ours["environments"]) == set(theirs["environments"])
    assert {each["name"] for each in ours["snapshots"]} == {each["name"] for each in theirs["snapshots"]}
