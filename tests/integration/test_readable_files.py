# SPDX-License-Identifier: Apache-2.0
"""Files that the programs are told to read: what has no end, or no writer, is refused at once."""

import os
import subprocess

import pytest

from harness import paths

# Far more than either program needs; without the check they would wait for ever.
PATIENCE = 60


@pytest.fixture
def endless(tmp_path):
    """One path of each kind, with the expected error."""
    pipe, folder, sparse = tmp_path / "pipe", tmp_path / "folder", tmp_path / "sparse"
    os.mkfifo(pipe)
    folder.mkdir()
    with sparse.open("wb") as file:
        file.truncate(10 << 30)
    return {"/dev/zero": "it is not a regular file", pipe: "it is not a regular file", folder: "it is a directory",
            sparse: "it is larger than "}


def run(*command, **environment):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})


@pytest.mark.parametrize("check", [["--check-config"], []])
def test_the_configuration(endless, check):
    for path, why in endless.items():
        done = run(paths.SERVER, "--config", path, *check)
        assert done.returncode == 1, done
        assert f"{path}: cannot be read: {why}" in done.stderr, done.stderr


def test_a_configuration_that_grows_when_it_is_expanded(tmp_path):
    file = tmp_path / "stateserver.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    file.write_text("\n".join(lines))
    done = run(paths.SERVER, "--config", file, "--check-config")
    assert done.returncode == 1 and "after its aliases are expanded" in done.stderr, done.stderr


@pytest.mark.parametrize("flag", ["--tls-ca", "--tls-cert", "--tls-key", "--token-file"])
def test_files_of_the_client(endless, flag):
    for path, why in endless.items():
        done = run(paths.CLIENT, flag, path, "versions")
        assert done.returncode == 2, done
        assert f"Invalid value for {flag}: File '{path}' cannot be read: {why}" in done.stderr, done.stderr


def test_contexts_of_the_client(endless, tmp_path):
    folder = tmp_path / "config" / "stateclient"
    folder.mkdir(parents=True)
    for path, why in endless.items():
        (folder / "config.yaml").symlink_to(path)
        done = run(paths.CLIENT, "versions", XDG_CONFIG_HOME=str(folder.parent))
        assert done.returncode == 2 and f"config.yaml: cannot be read: {why}" in done.stderr, done
        (folder / "config.yaml").unlink()


def test_a_secret_is_a_link(tmp_path):
    """As Kubernetes mounts them."""
    data = tmp_path / "..2026"
    data.mkdir()
    (data / "stateserver.yaml").write_text(
        "gateways: {prod: {state_connection: {type: postgres, host: db, user: u, database: d}}}\n")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "stateserver.yaml").symlink_to("..data/stateserver.yaml")
    done = run(paths.SERVER, "--config", tmp_path / "stateserver.yaml", "--check-config")
    assert done.returncode == 0, done.stderr
