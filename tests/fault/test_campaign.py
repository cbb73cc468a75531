# SPDX-License-Identifier: Apache-2.0
"""The fault campaign, short and with a fixed seed; docs/reliability.md has the long ones."""

import os

import pytest

from fault.campaign.run import campaign

SEED = int(os.environ.get("CAMPAIGN_SEED", "20261126"))
SECONDS = 120


@pytest.mark.timeout(1200)
def test_campaign():
    violations, told = campaign(SEED, SECONDS, pause=1.0)
    assert not violations, f"seed {SEED}: {violations}"
    assert told["operations"] > 50 and told["faults"] > 20 and told["reads"] > 20, told
    assert told["foreign writes"] > 20, told
