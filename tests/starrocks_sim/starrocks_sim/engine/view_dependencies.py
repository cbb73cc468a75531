# SPDX-License-Identifier: Apache-2.0
"""What makes materialized views inactive: changes below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.objects import MaterializedView
from ..rules import MEASURED_4_0, MEASURED_4_0_2, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.catalog import Catalog
    from ..model.objects import Table
    from .server import Engine


class Dependencies:
    """What views read, and who reads them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def catalog(self) -> Catalog:
        return self.engine.catalog

    def _deep(self, reads: dict[tuple[str, str], set[str]]) -> dict[tuple[str, str], set[str]]:
        """What a query reads, including what the views in it read."""
        out = {key: set(names) for key, names in reads.items()}
        for key in reads:
            obj = self.catalog.find(*key)
            if obj is not None and obj.kind == "VIEW":
                for base, names in obj.bases.items():
                    out.setdefault(base, set()).update(names)
        return out

    def dependents(self, db: str, name: str,
                   columns: set[str] | None = None) -> Iterator[tuple[MaterializedView, set[str]]]:
        """Active MVs that read an object, directly or through views, optionally only some columns."""
        for _, view in self.catalog.materialized_views():
            for (base_db, base_name), read in view.bases.items():
                if (base_db, base_name) == (db, name) and (columns is None or read & columns):
                    yield view, read

    def inactivate(self, db: str, name: str, reason: str) -> None:
        for view, _ in list(self.dependents(db, name)):
            self._deactivate(view, reason)

    def _deactivate(self, view: MaterializedView, reason: str) -> None:
        view.active, view.reason = False, reason
        self.inactivate_children(view)

    @rule(MEASURED_4_0, "materialized views over an inactive one become inactive")
    def inactivate_children(self, view: MaterializedView) -> None:
        for database, obj in self.catalog.objects("MATERIALIZED VIEW"):
            if obj is view:
                self.inactivate(database.name, view.name, f"base-mv inactive: {view.name}")

    @rule(MEASURED_4_0_2, "changed columns make the materialized views that read them inactive")
    def columns_changed(self, db: str, table: Table, names: set[str], renamed: bool = False) -> None:
        """MVs that read a changed column go inactive."""
        for view, read in list(self.dependents(db, table.name, set(names))):
            touched = ",".join(sorted(read & set(names)))
            self._deactivate(view, f"base table schema changed for columns: {touched}")

    @rule(MEASURED_4_0, "a dropped base makes materialized views inactive")
    def base_dropped(self, db: str, obj: Table) -> None:
        word = {"VIEW": "view", "MATERIALIZED VIEW": "table"}.get(obj.kind, "table")
        self.inactivate(db, obj.name, f"base-{word} dropped: {obj.name}")

    @rule(MEASURED_4_0, "a renamed base makes materialized views inactive")
    def base_renamed(self, db: str, old: str, obj: Table) -> None:
        self.inactivate(db, old, f"base-table renamed: {old}")

    @rule(MEASURED_4_0, "swapped tables make materialized views inactive")
    def tables_swapped(self, db: str, one: Table, other: Table) -> None:
        for table in (one, other):
            self.inactivate(db, table.name, f"base-table swapped: {table.name}")
