# SPDX-License-Identifier: Apache-2.0
"""cmake --install and the Debian packages. scripts/package-test installs them in a Debian that has nothing else."""

import re
import subprocess

import pytest

from harness import paths

VERSION = re.search(r"project\(stateserver VERSION (\S+)", (paths.ROOT / "CMakeLists.txt").read_text())[1]
CONTENTS = {
    "stateserver": {"usr/bin/stateserver", "usr/lib/systemd/system/stateserver.service",
                    "usr/share/man/man8/stateserver.8",
                    "usr/share/stateserver/stateserver.example.yaml", "usr/share/stateserver/rules.yaml",
                    "usr/share/stateserver/stateserver.json"},
    "stateclient": {"usr/bin/stateclient", "usr/share/man/man1/stateclient.1",
                    "usr/share/bash-completion/completions/stateclient",
                    "usr/share/zsh/vendor-completions/_stateclient",
                    "usr/share/fish/vendor_completions.d/stateclient.fish"},
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """name -> path."""
    folder = tmp_path_factory.mktemp("debs")
    done = subprocess.run(["cpack", "-B", folder], cwd=paths.BUILD, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name.split("_")[0]: path for path in folder.glob("*.deb")}


def dpkg(*arguments):
    return subprocess.run(["dpkg-deb", *arguments], capture_output=True, text=True, check=True).stdout


def files(package):
    listed = (line.split(None, 5) for line in dpkg("--contents", package).splitlines())
    return {entry[5].removeprefix("./"): entry for entry in listed if not entry[5].endswith("/")}


def test_each_has_its_files(packages):
    assert set(packages) == {"stateserver", "stateclient", "stateserver-workers"}
    for name, expected in CONTENTS.items():
        assert set(files(packages[name])) == expected
    workers = files(packages["stateserver-workers"])
    ours = {f"usr/share/stateserver/workers/{path.relative_to(paths.ROOT / 'workers')}"
            for path in (paths.ROOT / "workers" / "stateserver_workers").rglob("*.py")}
    assert set(workers) == ours
    for package in packages.values():
        for path, (mode, owner, *_) in files(package).items():
            assert owner == "root/root" and mode[4:] in ("r--r--", "r-xr-x"), path


def test_each_names_what_it_needs(packages):
    for name in ("stateserver", "stateclient"):
        assert dpkg("-f", packages[name], "Version").strip() == VERSION
        assert {"libgrpc++1.51", "libc6", "libssl3"} <= set(re.findall(r"([a-z][a-z0-9.+-]+)(?: \(|,|$)",
                                                                      dpkg("-f", packages[name], "Depends")))
        assert "libpqxx" not in dpkg("-f", packages[name], "Depends") or name == "stateserver"
    assert "python3" in dpkg("-f", packages["stateserver-workers"], "Depends")
    assert dpkg("-f", packages["stateserver-workers"], "Architecture").strip() == "all"


def test_the_manual_page_of_the_server_has_its_flags():
    page = (paths.ROOT / "deploy" / "man" / "stateserver.8").read_text().replace("\\-", "-")
    for flag in re.findall(r"--[a-z-]+",
                           subprocess.run([paths.SERVER, "--help"], capture_output=True, text=True).stdout):
        assert f"\\fB{flag}\\fR" in page, flag


def test_the_changelog_begins_with_this_version():
    text = (paths.ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\S+)", text, re.M)[1] == VERSION
