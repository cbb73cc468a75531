#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the environments of the default gateway: name, number of snapshots, and when they were finalized, if they
were."""

import datetime
from collections.abc import Iterator

from stateserver.v1 import state_pb2, state_pb2_grpc

from connection import connect, metadata, retrying


def environments(stub: state_pb2_grpc.StateServiceStub) -> Iterator[state_pb2.EnvironmentSummary]:
    request = state_pb2.ListEnvironmentsRequest()
    while True:
        page = retrying(lambda: stub.ListEnvironments(request, timeout=10, metadata=metadata()))
        yield from page.environments
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def main() -> None:
    with connect() as channel:
        for environment in environments(state_pb2_grpc.StateServiceStub(channel)):
            finalized = "-"
            if environment.HasField("finalized_ts"):
                moment = datetime.datetime.fromtimestamp(environment.finalized_ts / 1000, datetime.timezone.utc)
                finalized = f"{moment:%Y-%m-%d %H:%M:%S}"
            print(f"{environment.name}\t{environment.snapshots}\t{finalized}")


if __name__ == "__main__":
    main()
