# SPDX-License-Identifier: Apache-2.0
"""Finds the SQLMesh that is installed for this Python."""

from __future__ import annotations

import sys

from stateserver_workers.protocol import Fatal, sentence


def installed() -> str:
    """Returns its version. Raises Fatal, with the command to install it, if there is none."""
    try:
        from sqlmesh import __version__
    except ImportError as error:
        if getattr(error, "name", None) == "sqlmesh":
            raise Fatal(f"SQLMesh is not installed for {sys.executable}: install it there "
                        "(pip install 'sqlmesh==0.236.*') or name a Python that has it") from error
        raise Fatal(f"SQLMesh cannot be imported by {sys.executable}: {sentence(error)}") from error
    except MemoryError as error:
        raise Fatal("SQLMesh cannot be imported within the worker's memory limit") from error
    except Exception as error:
        raise Fatal(f"SQLMesh cannot be imported by {sys.executable}: {sentence(error)}") from error
    return __version__
