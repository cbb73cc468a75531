# SPDX-License-Identifier: Apache-2.0
"""The chance in property tests."""

import os
import random

# The same cases at each run, so that only a change of the code can break a build; set
# another (any text) to look for new ones.
SEED = os.environ.get("STATESERVER_TEST_SEED", "1")


def rng() -> random.Random:
    return random.Random(SEED)
