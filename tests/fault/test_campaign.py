# SPDX-License-Identifier: Apache-2.0
"""The fault campaign, short and with a fixed seed; docs/reliability.md has the long ones."""

import os

import pytest

from fault.campaign.run import campaign

SEED = int(os.environ.get("CAMPAIGN_SEED", "20261126"))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seconds", [60, pytest.param(300, marks=pytest.mark.exhaustive)])
def test_campaign(seconds):
    violations, told = campaign(SEED, seconds, pause=1.0)
    assert not violations, f"seed {SEED}: {violations}"
    assert told["operations"] > seconds / 3 and told["faults"] > seconds / 6, told
    assert told["reads"] > seconds / 6 and told["foreign writes"] > seconds / 6, told
