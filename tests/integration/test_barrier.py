# SPDX-License-Identifier: Apache-2.0
"""What a test says that waits for a failpoint in vain."""

import re
import subprocess

import pytest


def test_a_point_that_is_not_reached(barrier):
    with pytest.raises(AssertionError, match=re.escape(f"{barrier.path}.reached does not exist after 0 s")):
        barrier.await_reached(seconds=0)


def test_a_command_that_ends_before(barrier):
    command = subprocess.Popen(["sh", "-c", "echo why; exit 3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with pytest.raises(AssertionError, match=r"exit code 3, before a server reached the failpoint: .*why"):
        barrier.await_reached(command)
