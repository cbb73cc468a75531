# SPDX-License-Identifier: Apache-2.0
"""Other releases of SQLMesh, each in a venv of its own below .cache/venvs."""

import fcntl
import functools
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys

from harness import paths

VENVS = (paths.ROOT / ".cache" / "venvs").resolve()
# What these releases were published beside; newer ones break the oldest of them. And what all of them need.
COMPANIONS = ("psycopg2-binary==2.9.13", "duckdb==1.5.6", "pandas==2.3.3", "pydantic==2.14.3",
              "dateparser==1.2.1", "ipywidgets", "rich", "requests", "jinja2")


@functools.cache
def python(release: str, *extra: str) -> str:
    """The interpreter that has this release; installs it the first time, with further packages if asked for."""
    if release == _own_release() and not extra:
        return sys.executable
    # What is large is installed once; each release has what differs, which comes before it on the path.
    shared = _venv("companions", COMPANIONS)
    name = "-".join([f"sqlmesh-{release}", *(each.split("==")[0] for each in extra)])
    return str(_venv(name, (f"sqlmesh=={release}", *COMPANIONS, *extra), beside=shared) / "bin" / "python")


def environment(name: str, requirements: tuple[str, ...]) -> str:
    """The interpreter of an environment with these packages, installed when they change."""
    return str(_venv(name, requirements) / "bin" / "python")


def _own_release() -> str | None:
    """The SQLMesh that this Python has, if any."""
    try:
        return importlib.metadata.version("sqlmesh")
    except importlib.metadata.PackageNotFoundError:
        return None


def _venv(name: str, requirements: tuple[str, ...], beside: pathlib.Path | None = None) -> pathlib.Path:
    """A virtual environment with these packages, made unless it is there; it also sees those of `beside`."""
    VENVS.mkdir(parents=True, exist_ok=True)
    folder = VENVS / name
    done = folder / "installed.txt"
    wanted = "\n".join(requirements)
    with open(VENVS / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = done.exists() and done.read_text() == wanted
        if not installed:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        # Written each time: several checkouts may share these folders by a link, and the first of them may be gone.
        if beside:
            (_packages(folder) / "beside.pth").write_text(f"{_packages(beside)}\n")
        if not installed:
            subprocess.run([sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "-q",
                            "--no-input", "--disable-pip-version-check", *requirements],
                           check=True, stdin=subprocess.DEVNULL)
            done.write_text(wanted)
    return folder


def _packages(venv: pathlib.Path) -> pathlib.Path:
    return next((venv / "lib").glob("python3*")) / "site-packages"
