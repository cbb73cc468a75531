# SPDX-License-Identifier: Apache-2.0
"""Programs that stateserver and stateclient run as child processes; docs/workers.md."""

import os
import sys

# `python -m` looks for modules in the present folder first: a project's own json.py must not be ours.
if sys.argv[:1] == ["-m"] and sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]
