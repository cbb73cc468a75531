"""Does what was seen fit one serial order of what was committed?

The order is the one that the database tells: the audit trail's `succeeded` events, each written in the transaction of
its change. That it is the true one is not believed but shown: it must fit the times of calls and answers, what every
export saw, what every caller was told, and, replayed one after the other on a fresh database by a server that nobody
disturbs, must lead to the very same state.
"""

import bisect
import collections
import json

from harness.client import Client
from harness.cluster import Cluster
from harness.database import Database
from harness.server import Server, gateway

from fault.campaign.world import RESTORE_POINTS


class Violations(list):
    def expect(self, condition, *what):
        if not condition:
            self.append(" ".join(str(part) for part in what))


class Checker:
    def __init__(self, world, files, workload):
        self.world, self.files = world, files
        self.operations = {operation.id: operation for operation in workload.operations}
        self.exports = workload.exports
        self.violations = Violations()
        self.violations.extend(workload.errors)
        database = world.database()
        self.committed = [row[0] for row in database.execute(
            "SELECT operation_id::text FROM stateserver.audit WHERE event = 'succeeded' ORDER BY seq")]
        self.records = dict(database.execute("SELECT id::text, status FROM stateserver.operations"))
        self.points = dict(database.execute(
            "SELECT restore_point_id, id::text FROM stateserver.operations WHERE restore_point_id <> ''"))

    def run(self):
        order = [identifier for identifier in self.committed if identifier in self.operations]
        self.once(order)
        self.told(set(order))
        self.real_time(order)
        states = self.replay_model(order)
        self.exports_fit(order, states)
        self.final_state(order)
        return self.violations

    def once(self, order):
        for identifier, count in collections.Counter(order).items():
            self.violations.expect(count == 1, "committed", count, "times:", identifier)

    def told(self, committed):
        """What callers were told, and what the records say, is what happened."""
        for identifier, operation in self.operations.items():
            was = identifier in committed
            codes = [attempt.code for attempt in operation.attempts]
            story = (operation.kind, identifier, [(a.code, a.error.get("reason")) for a in operation.attempts])
            if 0 in codes:
                self.violations.expect(was, "acknowledged, and not there:", *story)
            # 1: refused or failed, and nothing was changed; 3: never reached.
            if codes and all(code in (1, 3) for code in codes):
                self.violations.expect(not was, "refused, and there all the same:", *story)
            self.violations.expect((self.records.get(identifier) == "succeeded") == was,
                                   "record says", self.records.get(identifier), "committed:", was, *story)
            if operation.kind == "conditional":
                self.violations.expect(not was, "its precondition did not hold:", *story)

    def real_time(self, order):
        """What was answered before another was asked for comes before it."""
        latest = -1.0  # the latest begin of those so far
        for identifier in order:
            operation = self.operations[identifier]
            self.violations.expect(operation.ended >= latest or not self._acknowledged(operation),
                                   "answered before an earlier one was asked for:", identifier)
            latest = max(latest, operation.began)

    @staticmethod
    def _acknowledged(operation):
        """Only then is the end of its last attempt the latest time it can have been committed."""
        return operation.attempts[-1].code == 0

    def replay_model(self, order):
        """The environments' plans after each of the operations; the first: before all of them."""
        states, before = [{}], {}
        for identifier in order:
            operation, state = self.operations[identifier], dict(states[-1])
            before[identifier] = states[-1]
            if operation.kind == "merge":
                state.update(self.files.plans[operation.file])
            elif operation.kind == "replace":
                state = dict(self.files.plans[operation.file])
            elif operation.kind == "restore":
                maker = self.points.get(operation.restore_point)
                self.violations.expect(maker in before, "a restore point of nowhere:", operation.restore_point)
                state = dict(before.get(maker, {}))
            states.append(state)
        return states

    def exports_fit(self, order, states):
        """Each saw the state after some operation that can have been the last one before it, or during it."""
        # Up to here all must be there, since they were answered before the export began.
        answered = sorted((self.operations[i].ended, n) for n, i in enumerate(order, 1)
                          if self._acknowledged(self.operations[i]))
        times = [time for time, _ in answered]
        highest = []
        for _, number in answered:
            highest.append(max(number, highest[-1] if highest else 0))
        began = [self.operations[i].began for i in order]
        for export in self.exports:
            at = bisect.bisect_left(times, export.began)
            first = highest[at - 1] if at else 0
            fits = any(states[n] == export.plans for n in range(first, len(states))
                       if n == first or all(began[m - 1] <= export.ended for m in range(first + 1, n + 1)))
            self.violations.expect(fits, "an export saw what never was:", json.dumps(export.plans), "after", first)

    def final_state(self, order):
        """The same operations in that order, undisturbed, lead to the same state, by its token."""
        live = Client(self.world.servers[0])
        # Of its own: that of the campaign has little room, and waits for its standby.
        cluster = Cluster()
        server = Server({"local": gateway(Database(cluster, cluster.create()))}, restore_points={"keep": RESTORE_POINTS})
        try:
            client, points = Client(server), {}
            client.ok("migrate", "-y")
            for identifier in order:
                operation = self.operations[identifier]
                if operation.kind == "restore" and operation.restore_point not in points:
                    return  # nobody can follow this order, as replay_model has said
                result = client.json(*self._command(operation, points))
                made = next((p for p, maker in self.points.items() if maker == identifier), None)
                if made:
                    points[made] = result.get("restore_point_id")
            expected, found = (self._token(one) for one in (client, live))
            self.violations.expect(expected == found, "the final state is not that of the order:", expected, found)
        finally:
            server.kill()
            cluster.destroy()
        check = live("--format", "json", "check")
        self.violations.expect(check.code == 0, "check:", check.out[-500:], check.err[-500:])

    def _command(self, operation, points):
        if operation.kind == "compact":
            return ["compact", "-y"]
        if operation.kind == "restore":
            return ["restore", points[operation.restore_point], "-y"]
        command = ["import", "-i", self.files.paths[operation.file], "-y"]
        return [*command, "--replace"] if operation.kind == "replace" else command

    @staticmethod
    def _token(client):
        path = f"{client.home}/final.json"
        return client.export(path)["metadata"]["stateserver"]["token"]
