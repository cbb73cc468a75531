# SPDX-License-Identifier: Apache-2.0
"""Which part of the sources uses which: the real tree keeps the rules, and a tree that breaks one is told of it."""

import importlib.util
import re
import sys

import pytest

from harness import paths


@pytest.fixture(scope="module")
def layout():
    spec = importlib.util.spec_from_file_location("layout", paths.ROOT / "scripts" / "lib" / "layout.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["layout"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


# A tree that uses what the rules allow, and nothing else: file -> content.
GOOD = {
    "common/CMakeLists.txt": "stateserver_library(ss_common DEPENDS absl::time)",
    "common/error.h": '#include "absl/time/time.h"\n',
    "revisions/CMakeLists.txt": "stateserver_library(ss_revision_files DEPENDS ss_common)",
    "revisions/graph.h": '#include "common/error.h"\n',
    "server/platform/postgres/CMakeLists.txt": "stateserver_library(ss_postgres DEPENDS ss_common PkgConfig::LIBPQ)",
    "server/platform/postgres/pool.h": '#include <libpq-fe.h>\n#include "common/error.h"\n',
    "server/operations/CMakeLists.txt": "stateserver_library(ss_operations DEPENDS ss_postgres)",
    "server/operations/log.h": '#include "server/platform/postgres/pool.h"\n',
    "server/sqlmesh/CMakeLists.txt": "stateserver_library(ss_store FOLDERS store DEPENDS ss_operations)",
    "server/sqlmesh/store/reads.h": '#include "server/operations/log.h"\n',
    "server/starrocks/CMakeLists.txt":
        "stateserver_library(ss_revisions FOLDERS revisions DEPENDS ss_operations ss_revision_files)",
    "server/starrocks/revisions/run.h": '#include "revisions/graph.h"\n#include "server/operations/log.h"\n',
    "server/diagnosis/CMakeLists.txt": "stateserver_library(ss_diagnosis DEPENDS ss_store ss_revisions)",
    "server/diagnosis/diagnose.h":
        '#include "server/sqlmesh/store/reads.h"\n#include "server/starrocks/revisions/run.h"\n',
    "server/rpc/CMakeLists.txt": "stateserver_library(ss_rpc DEPENDS ss_proto ss_store ss_revisions ss_diagnosis)",
    "server/rpc/call.h":
        '#include "server/diagnosis/diagnose.h"\n#include "server/sqlmesh/store/reads.h"\n'
        '#include "server/starrocks/revisions/run.h"\n#include "stateserver/v1/state.pb.h"\n',
    "server/app/CMakeLists.txt": "stateserver_library(ss_app DEPENDS ss_rpc)",
    "server/app/run.h": '#include "server/rpc/call.h"\n',
    "client/CMakeLists.txt": "stateserver_library(ss_client DEPENDS ss_revision_files ss_proto)",
    "client/folder.h": '#include "revisions/graph.h"\n#include "stateserver/v1/state.pb.h"\n',
}

# (files that break one rule, the finding that must name it)
BROKEN = [
    ({"server/sqlmesh/store/reads.h": '#include "server/starrocks/revisions/run.h"\n'},
     "sqlmesh may not use starrocks"),
    ({"server/operations/log.h": GOOD["server/operations/log.h"] + '#include "server/sqlmesh/store/reads.h"\n'},
     "operations may not use sqlmesh"),
    ({"client/folder.h": GOOD["client/folder.h"] + '#include "server/app/run.h"\n'}, "client may not use app"),
    ({"server/sqlmesh/store/reads.h": GOOD["server/sqlmesh/store/reads.h"] + "#include <libpq-fe.h>\n"},
     "only server/platform/postgres may"),
    ({"server/operations/log.h": GOOD["server/operations/log.h"] + '#include "grpcpp/server.h"\n'},
     "only server/rpc and client may"),
    ({"server/rpc/CMakeLists.txt": "stateserver_library(ss_rpc DEPENDS ss_proto ss_store ss_revisions)"},
     "ss_rpc does not link ss_diagnosis"),
    ({"server/app/CMakeLists.txt": "stateserver_library(ss_app DEPENDS ss_rpc ss_store)"},
     "ss_app links ss_store and includes nothing of it"),
    ({"common/CMakeLists.txt": "stateserver_library(ss_common DEPENDS absl::time ZLIB::ZLIB)"},
     "ss_common links ZLIB::ZLIB and includes nothing of it"),
    ({"common/error.h": GOOD["common/error.h"] + '#include "common/text.h"\n',
      "common/text.h": '#include "common/error.h"\n'}, "headers include each other"),
    ({"server/diagnosis/diagnose.h": '#include "server/sqlmesh/store/reads.h"\n'},
     "the rule diagnosis -> starrocks is not needed"),
]


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_the_tree_keeps_the_rules(layout):
    assert layout.wrong_edges() == []
    assert len(layout.sources()) > 400


def test_an_allowed_tree(layout, tmp_path):
    write(tmp_path, GOOD)
    assert layout.wrong_edges(tmp_path) == []


@pytest.mark.parametrize("files, said", BROKEN, ids=[said for _, said in BROKEN])
def test_a_broken_rule(layout, tmp_path, files, said):
    write(tmp_path, {**GOOD, **files})
    assert any(said in line for line in layout.wrong_edges(tmp_path)), layout.wrong_edges(tmp_path)


LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"')
# Flags that the server or another program has too, and words for kinds of calls.
OWN_FLAGS = {"--help", "--version"}
KINDS = {"import --replace", "expired --delete", "operation --cancel"}


def client_flags():
    flags = set()
    for path in (paths.ROOT / "client").rglob("*.cc"):
        for names in re.findall(r'\.(?:Flag|Option|List)\(\s*"([^"]*)"', path.read_text()):
            flags |= {name for name in names.split(",") if name.startswith("--")}
    settings = (paths.ROOT / "client" / "settings" / "settings.cc").read_text()
    return flags | {"--" + key.replace("_", "-") for key in re.findall(r'^    \{"(\w+)", "[A-Z]', settings, re.M)}


def literals(text):
    """The string literals outside comments."""
    for line in text.splitlines():
        if not line.lstrip().startswith("//"):
            yield from (found[1:-1] for found in LITERAL.findall(line))


def client_words(text, flags):
    """The literals that name stateclient or a flag of it."""
    return [literal for literal in literals(text) if literal not in KINDS and (
        re.search(r"\bstateclient\b", literal) or flags & set(re.findall(r"(?<![\w-])--[a-z][a-z-]*\w", literal)))]


def test_only_the_client_names_its_commands():
    """The server's hints name calls and fields; client/suggestions.cc adds the commands."""
    flags = client_flags() - OWN_FLAGS
    assert {"--drop-dangling", "--assume", "--gateway", "--token-file"} <= flags
    assert client_words('  f("a", "run `stateclient migrate`");  // "stateclient"', flags)
    assert client_words('"use --drop-dangling."', flags) and not client_words('"--check-config"', flags)
    named = {}
    for folder in ("server", "revisions"):
        for path in sorted((paths.ROOT / folder).rglob("*")):
            if path.suffix in (".cc", ".h") and not path.is_relative_to(paths.ROOT / "server" / "app"):
                found = client_words(path.read_text(), flags)
                if found:
                    named[str(path.relative_to(paths.ROOT))] = found
    assert named == {}
