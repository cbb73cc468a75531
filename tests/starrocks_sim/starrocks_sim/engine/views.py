# SPDX-License-Identifier: Apache-2.0
"""Statements on views; those on materialized views are inherited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SimError, analyzing
from ..model.objects import Column, View
from ..printer import query as printer
from ..rules import MEASURED_4_0, MEASURED_4_0_2, rule
from .analyze import Analyzer
from .context import OK, Result
from .materialized_view_statements import MaterializedViewStatements

if TYPE_CHECKING:
    from ..parser.stream import Node
    from .context import Session


class Views(MaterializedViewStatements):
    """Statements on views and materialized views, with the rules of what depends on what."""

    @rule(MEASURED_4_0, "a new view has a name of its own, or replaces a view")
    def create_view(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        database = self.catalog.database(db)
        existing = database.objects.get(name)
        if existing is not None and not node.replace:
            if node.if_not_exists:
                return OK
        if existing is not None and node.replace and existing.kind != "VIEW":
            raise analyzing(f"The specified table [{db}.{name}] is not a view")
        view = self._analyse(session, node, name)
        if existing is not None and not node.replace:
            raise SimError(f"Table '{name}' already exists", 1050)
        if existing is not None:
            self.inactivate(db, name, f"base-view changed: {name}")
            view.id, view.created = existing.id, existing.created
            view.security = self._replaced_security(node, existing)
        database.objects[name] = view
        return OK

    @rule(MEASURED_4_0_2, "OR REPLACE does not go back from INVOKER")
    def _replaced_security(self, node: Node, existing: View) -> str:
        """What OR REPLACE makes of SECURITY: 4.0 does not go back from INVOKER to NONE."""
        if self.engine.plays_4_0() and node.security == "NONE":
            return existing.security
        return str(node.security or existing.security)

    @rule(MEASURED_4_0, "a view has as many names as columns, each once")
    def _analyse(self, session: Session, node: Node, name: str) -> View:
        analyzer = Analyzer(self.catalog, session.database)
        outputs = analyzer.query(node.query)
        listed = node.columns
        if listed is not None and len(listed) != len(outputs):
            raise analyzing("View's SELECT and view's field list have different column counts", 1353)
        columns, seen = [], set()
        for index, out in enumerate(outputs):
            column_name, comment = listed[index] if listed else (out.name, "")
            if column_name.lower() in seen:
                raise analyzing(f"Duplicate column name '{column_name}'")
            seen.add(column_name.lower())
            columns.append(Column(column_name, out.type, nullable=out.nullable, comment=comment))
        depth = getattr(node.query, "parens", 0)
        text, shown = ("(" * depth + printer.query(node.query, style) + ")" * depth for style in ("full", "again"))
        if not self.engine.rewrites_views():
            text = shown = node.text
        return View(name, self.catalog.new_id(), columns, text, node.text, getattr(node, "comment", ""),
                    getattr(node, "security", "NONE") or "NONE", self._deep(analyzer.reads), shown=shown)

    @rule(MEASURED_4_0, "an altered view exists")
    def alter_view(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        view = self.catalog.find(db, name)
        if view is None:
            if node.if_exists:
                return OK
            raise analyzing(f"Table {name} is not found")
        if view.kind != "VIEW":
            raise analyzing(f"The specified table [{name}] is not a view")
        if node.query is None:
            view.security = node.security
            return OK
        fresh = self._analyse(session, node, name)
        view.columns, view.text, view.original, view.bases = fresh.columns, fresh.text, fresh.original, fresh.bases
        view.shown = fresh.shown
        view.comment = ""        # the server forgets it
        self.inactivate(db, name, f"base-view changed: {name}")
        return OK

    @rule(MEASURED_4_0, "DROP VIEW drops views")
    def drop_view(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        if db not in self.catalog.databases:
            raise analyzing(f"Unknown database '{db}'", 5501)
        view = self.catalog.find(db, name)
        if view is None:
            if node.if_exists:
                return OK
            raise analyzing(f"Unknown table '{name}'", 5502)
        if view.kind == "MATERIALIZED VIEW":
            raise analyzing(f"The data of '{name}' cannot be dropped because '{name}' is a materialized view,use 'drop "
                            f"materialized view {name}' to drop it.")
        if view.kind != "VIEW":
            raise analyzing(f"'{db}'.'{name}' is not 'VIEW'", 1347)
        self.inactivate(db, name, f"base-view dropped: {name}")
        del self.catalog.databases[db].objects[name]
        return OK
