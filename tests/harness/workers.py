# SPDX-License-Identifier: Apache-2.0
"""Server options for migrations that may need Python: serve(database, **workers.OPTIONS)."""

import sys

from harness import paths

OPTIONS = {
    "fingerprint_worker": [sys.executable, "-m", "stateserver_workers", "fingerprint"],
    "environment": {"PYTHONPATH": str(paths.ROOT / "workers")},
}
