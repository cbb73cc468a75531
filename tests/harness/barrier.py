# SPDX-License-Identifier: Apache-2.0
"""A failpoint at which a server waits until the test lets it continue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathlib
    import subprocess


class Barrier:
    """The action `wait(FILE)` of a failpoint, see common/failpoint.h. `path` is that file, in a folder of the test:

        client = serve(state, failpoints=f"import.before_commit={barrier}")
        running = client.start("import", ...)
        barrier.await_reached(running)
        ...
        barrier.open()

    An open barrier stops nobody, and still shows that the point was reached."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self._reached = path.with_name(path.name + ".reached")

    def __str__(self) -> str:
        return f"wait({self.path})"

    def await_reached(self, command: subprocess.Popen[bytes] | None = None, seconds: float = 60) -> None:
        """Waits until a server is there. Fails if `command`, which has to bring it there, ends before."""
        deadline = time.monotonic() + seconds
        while not self._reached.exists():
            if command and command.poll() is not None and not self._reached.exists():
                raise AssertionError(f"{self._reached} does not exist: the command ended, with exit code "
                                     f"{command.returncode}, before a server reached the failpoint: "
                                     f"{command.communicate()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self._reached} does not exist after {seconds} s: no server reached the "
                                     "failpoint")
            time.sleep(0.005)

    def open(self) -> None:
        """Lets servers pass, those that wait and those that come later."""
        self.path.touch()
