# SPDX-License-Identifier: Apache-2.0
"""What the protocol files promise to every client, whatever serves them."""

import pytest


def test_every_import_and_export_is_a_stream(stubs):
    service = stubs.state.DESCRIPTOR.services_by_name["StateService"]
    streams = {m.name: (m.client_streaming, m.server_streaming) for m in service.methods}
    assert streams["Export"] == (False, True)
    assert streams["Import"] == (True, True)
    assert streams["Migrate"] == (False, True)


@pytest.mark.parametrize("name", ["state", "operations", "maintenance"])
def test_requests_name_their_gateway(stubs, name):
    """Every unary request that concerns one database can say which."""
    file = getattr(stubs, name).DESCRIPTOR
    for service in file.services_by_name.values():
        for method in service.methods:
            fields = method.input_type.fields_by_name
            if method.name not in ("ListGateways", "Import", "MigrateStateFile"):
                assert "gateway" in fields, method.full_name
