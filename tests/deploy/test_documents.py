# SPDX-License-Identifier: Apache-2.0
"""Links and generated parts of the documents."""

import functools
import re
import subprocess

import pytest

from harness import paths

ADR = paths.ROOT / "docs" / "adr"
DOCUMENTS = sorted([*paths.ROOT.glob("*.md"), *(paths.ROOT / "docs").rglob("*.md"),
                    *(paths.ROOT / "examples").rglob("*.md")])
CODE = ("bench", "client", "cmake", "common", "deploy", "examples", "proto", "revisions", "scripts", "server", "tests",
        "tools", "workers")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(path):
    """As GitHub makes them of headings."""
    made = set()
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf8"), flags=re.S)
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).lower()
        made.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return made


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(paths.ROOT)))
def test_links_lead_somewhere(document):
    for link in LINK.findall(document.read_text(encoding="utf8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_document_is_linked():
    linked = set()
    for document in DOCUMENTS:
        for link in LINK.findall(document.read_text(encoding="utf8")):
            linked.add((document.parent / link.partition("#")[0]).resolve())
    lonely = [path.name for path in DOCUMENTS if path not in linked and path.name != "README.md"]
    assert not lonely, lonely


def printed_by(script):
    return subprocess.run([paths.PYTHON, paths.ROOT / "scripts" / script], capture_output=True, text=True,
                          encoding="utf8",
                          check=True).stdout


def test_the_reference_of_the_calls_is_that_of_the_protocol():
    text = (paths.ROOT / "docs" / "rpcs.md").read_text(encoding="utf8")
    assert text == printed_by("rpc-reference"), "run .venv/bin/python scripts/rpc-reference >docs/rpcs.md"


def test_every_call_is_described():
    text = (paths.ROOT / "docs" / "rpcs.md").read_text(encoding="utf8")
    calls = re.findall(r"^### (\w+Service\.\w+)\n\nTakes .*\n\n(.)", text, re.M)
    assert len(calls) > 30
    assert [name for name, follows in calls if follows == "#"] == []


def test_the_picture_of_the_architecture_is_that_of_the_build():
    drawn = printed_by("draw-architecture")
    text = (paths.ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
    assert re.search(r"```mermaid\n(.*?)```", text, re.S)[1] == drawn, "run scripts/draw-architecture"


def test_every_part_of_the_server_is_described():
    text = (paths.ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
    for folder in (paths.ROOT / "server").iterdir():
        if folder.is_dir():
            assert re.search(rf"^  {folder.name}/", text, re.M), folder.name


def test_the_index_of_decisions_is_that_of_the_records():
    index = (ADR / "README.md").read_text(encoding="utf8")
    rows = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.*) \| (.*) \|$", index, re.M)
    assert [name for _, name, _, _ in rows] == sorted(path.name for path in ADR.glob("[0-9]*.md"))
    for position, (number, name, title, status) in enumerate(rows, 1):
        assert int(number) == position and name.startswith(number + "-"), name
        text = (ADR / name).read_text(encoding="utf8")
        assert text.startswith(f"# {position}. {title}\n\nStatus: {status}\n"), name
        assert re.findall(r"^## (.*)$", text, re.M) == ["Context", "Decision", "Consequences"], name


@pytest.mark.parametrize("document", [paths.ROOT / "CONTRIBUTING.md", paths.ROOT / "docs" / "releasing.md",
                                      *sorted(ADR.glob("*.md"))], ids=lambda path: path.name)
def test_files_named_for_contributors_exist(document):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf8"), flags=re.S)
    for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", text):
        if not name.startswith((".cache/", "build/", "sqlmesh/")) and "NAME" not in name:
            assert (paths.ROOT / name).exists(), name


@functools.cache
def sources():
    """The paths of all files of code, each with a slash before it."""
    return ["/" + str(path.relative_to(paths.ROOT)) for folder in CODE for path in (paths.ROOT / folder).rglob("*.*")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(paths.ROOT)))
def test_sources_that_are_named_exist(document):
    """Also those without their folders."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf8"), flags=re.S)
    for name in re.findall(r"`([\w./-]+\.(?:cc|h|py|proto|cmake))`", text):
        assert "NAME" in name or any(path.endswith("/" + name) for path in sources()), name


def test_every_version_is_that_of_the_project():
    def first(pattern, file):
        return re.search(pattern, (paths.ROOT / file).read_text(encoding="utf8"), re.M)[1]

    version = first(r"project\(stateserver VERSION (\S+)", "CMakeLists.txt")
    assert first(r"^ARG VERSION=(\S+)", "Dockerfile") == version
    assert first(r'^version = "(\S+)"', "workers/pyproject.toml") == version
