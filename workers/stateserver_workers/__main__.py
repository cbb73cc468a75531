# SPDX-License-Identifier: Apache-2.0
"""python -m stateserver_workers rewrite | fingerprint | local [--project DIR] | models MODULE[:ATTRIBUTE]"""

from __future__ import annotations

import sys

USAGE = __doc__


def main(arguments: list[str]) -> int:
    if arguments == ["rewrite"]:
        from stateserver_workers import rewrite

        return rewrite.main()
    if arguments == ["fingerprint"]:
        from stateserver_workers import fingerprint

        return fingerprint.main()
    if arguments[:1] == ["local"]:
        from stateserver_workers import local

        return local.main(arguments[1:])
    if arguments[:1] == ["models"]:
        from stateserver_workers import models

        return models.main(arguments[1:])
    print("usage:", USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
