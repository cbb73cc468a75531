#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the environments of the default gateway: name, number of snapshots, and when they were finalized, if they
were."""

import datetime

from stateserver.v1 import state_pb2, state_pb2_grpc

from connection import connect, metadata, retrying


def main() -> None:
    with connect() as channel:
        stub = state_pb2_grpc.StateServiceStub(channel)
        answer = retrying(lambda: stub.ListEnvironments(state_pb2.ListEnvironmentsRequest(), timeout=10,
                                                        metadata=metadata()))
    for environment in answer.environments:
        finalized = "-"
        if environment.HasField("finalized_ts"):
            moment = datetime.datetime.fromtimestamp(environment.finalized_ts / 1000, datetime.timezone.utc)
            finalized = f"{moment:%Y-%m-%d %H:%M:%S}"
        print(f"{environment.name}\t{environment.snapshots}\t{finalized}")


if __name__ == "__main__":
    main()
