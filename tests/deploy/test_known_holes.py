# SPDX-License-Identifier: Apache-2.0
"""The list of known holes of linked libraries: scripts/sbom --check, --update and --open."""

import json
import os
import re
import subprocess
import sys

import pytest

from harness import paths

PROGRAM = paths.ROOT / "scripts" / "lib" / "known_holes.py"
LIST = paths.ROOT / "scripts" / "data" / "known-holes.json"
TRACKER = paths.ROOT / "tests" / "data" / "known_holes" / "tracker.json"
ZLIB = "zlib1g\t{0}\tamd64\tzlib\t{0}\n"
ARES = "libc-ares2\t1.18.1-3\tamd64\tc-ares\t1.18.1-3\n"
OLD, NEW = "1:1.2.13.dfsg-1", "1:1.2.13.dfsg-1+deb12u1"
JUDGEMENT = {"verdict": "not reachable", "reason": "nobody inflates there", "on": "2099-01-02"}


def run(*arguments, packages=""):
    return subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, arguments)], input=packages, capture_output=True, text=True
    )


def hole(name, state="open", fixed=None, judgement=None, note=""):
    return {"id": name, "source": "zlib", "state": state, "fixed": fixed, "note": note, "judgement": judgement}


@pytest.fixture
def made_up(tmp_path):
    """Returns a function that writes a list of the holes, and its path."""

    def write(*holes, sources=("zlib",)):
        path = tmp_path / "holes.json"
        path.write_text(
            json.dumps({"read": "2099-01-01", "tracker": "made up", "sources": list(sources), "holes": list(holes)})
        )
        return path

    return write


def test_a_fixed_hole_counts_only_in_versions_before_the_fix(made_up):
    path = made_up(hole("CVE-2099-0001", "fixed", NEW))
    affected = run("check", path, packages=ZLIB.format(OLD))
    assert affected.returncode == 1
    assert affected.stdout.splitlines()[0] == f"zlib {OLD}: install {NEW}, which fixes CVE-2099-0001"
    fixed = run("check", path, packages=ZLIB.format(NEW))
    assert fixed.returncode == 0 and "CVE-" not in fixed.stdout
    newer = made_up(hole("CVE-2099-0001", "fixed", NEW), hole("CVE-2099-0008", "fixed", "1:1.2.13.dfsg-1+deb12u10"))
    both = run("check", newer, packages=ZLIB.format(OLD))
    assert "install 1:1.2.13.dfsg-1+deb12u10, which fixes CVE-2099-0001, CVE-2099-0008" in both.stdout
    # An epoch, and not the first letter that differs, decides.
    assert run("check", path, packages=ZLIB.format("2:0.1-1")).returncode == 0


def test_an_open_hole_needs_a_judgement(made_up):
    unjudged = run("check", made_up(hole("CVE-2099-0002")), packages=ZLIB.format(OLD))
    assert unjudged.returncode == 1 and "without a judgement; add one" in unjudged.stdout
    judged = run("check", made_up(hole("CVE-2099-0002", judgement=JUDGEMENT)), packages=ZLIB.format(OLD))
    assert judged.returncode == 0
    assert f"CVE-2099-0002 in zlib {OLD}: open; not reachable: nobody inflates there" in judged.stdout
    by_debian = run("check", made_up(hole("CVE-2099-0003", "unimportant")), packages=ZLIB.format(OLD))
    assert by_debian.returncode == 0 and "Debian: unimportant" in by_debian.stdout


def test_a_library_that_the_list_does_not_cover(made_up):
    done = run("check", made_up(sources=("zlib",)), packages=ZLIB.format(OLD) + ARES)
    assert done.returncode == 1 and "c-ares 1.18.1-3: the list does not cover it" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"read": "x"}',
        json.dumps({"read": "x", "tracker": "x", "sources": [], "holes": [hole("CVE-1", "fixed")]}),
        json.dumps({"read": "x", "tracker": "x", "sources": [], "holes": [hole("CVE-1", "gone")]}),
        json.dumps(
            {
                "read": "x",
                "tracker": "x",
                "sources": [],
                "holes": [hole("CVE-1", judgement={"verdict": "fine", "reason": "", "on": ""})],
            }
        ),
    ],
)
def test_a_damaged_list_is_refused(tmp_path, text):
    path = tmp_path / "holes.json"
    path.write_text(text)
    done = run("check", path, packages=ZLIB.format(OLD))
    assert done.returncode == 1 and "is not a list of known holes" in done.stderr and "Traceback" not in done.stderr


def test_an_update_takes_the_facts_and_keeps_the_judgements(made_up):
    path = made_up(
        hole("CVE-2099-0001", judgement=JUDGEMENT),
        hole("CVE-2099-0002", judgement=JUDGEMENT),
        hole("CVE-2099-0099", judgement=JUDGEMENT),
    )
    done = run("update", path, TRACKER, packages=ZLIB.format(OLD) + ARES)
    assert done.returncode == 0, done.stderr
    assert "without a judgement: CVE-2099-0006" in done.stdout
    updated = json.loads(path.read_text())
    assert updated["sources"] == ["c-ares", "zlib"] and updated["tracker"] == "tracker.json"
    assert {
        (one["id"], one["state"], one["fixed"], one["note"], one["judgement"] is not None) for one in updated["holes"]
    } == {
        ("CVE-2099-0001", "fixed", NEW, "", False),  # nothing is left to judge
        ("CVE-2099-0002", "open", None, "Minor issue", True),
        ("CVE-2099-0003", "unimportant", None, "", False),
        ("CVE-2099-0006", "open", None, "", False),
    }
    again = path.read_text()
    assert run("update", path, TRACKER, packages=ZLIB.format(OLD) + ARES).returncode == 0
    assert path.read_text() == again


@pytest.mark.parametrize("text", ["", "[]", '{"zlib": 7}'])
def test_an_update_from_something_else_changes_nothing(made_up, tmp_path, text):
    path, before = made_up(), made_up().read_text()
    (tmp_path / "tracker.json").write_text(text)
    done = run("update", path, tmp_path / "tracker.json", packages=ZLIB.format(OLD))
    assert done.returncode == 1 and "is not the security tracker's JSON" in done.stderr
    assert path.read_text() == before


def test_the_script_compares_the_packages_of_the_programs(made_up):
    """Every linked library is one that the list does not cover."""
    script, list_ = str(paths.ROOT / "scripts" / "sbom"), made_up(sources=())
    done = subprocess.run(
        [script, "--check", str(paths.SERVER), str(paths.CLIENT)],
        capture_output=True,
        text=True,
        env={**os.environ, "KNOWN_HOLES": str(list_)},
    )
    assert done.returncode == 1, done.stderr
    uncovered = set(re.findall(r"^(\S+) \S+: the list does not cover it", done.stdout, re.M))
    assert {"grpc", "openssl", "libpqxx", "rhonabwy", "yaml-cpp"} <= uncovered
    # The recorded list covers all of them.
    assert uncovered <= set(json.loads(LIST.read_text())["sources"])


def test_the_recorded_list_judges_what_is_open():
    record = json.loads(LIST.read_text())
    assert record["holes"]
    assert not [one["id"] for one in record["holes"] if one["state"] == "open" and not one["judgement"]]


def test_the_security_policy_names_what_is_open():
    done = run("open", LIST)
    assert done.returncode == 0, done.stderr
    text = (paths.ROOT / "SECURITY.md").read_text(encoding="utf8")
    assert done.stdout in text, "paste what scripts/sbom --open prints into SECURITY.md"
    named = set(re.findall(r"^\| (\S+) \| \S+ \| ", text.partition("## Known and open")[2], re.M)) - {"hole", "---"}
    record = json.loads(LIST.read_text())
    assert named == {one["id"] for one in record["holes"] if one["state"] != "fixed"}
    assert record["read"] in text
