# SPDX-License-Identifier: Apache-2.0
"""Random StarRocks schemas, and random changes of one: declarations that the engine takes."""

import random
from typing import Any

PROPERTIES = 'PROPERTIES ("replication_num" = "1"{more})'
# What MODIFY can turn into what, and some that it cannot.
TYPES = ["INT", "BIGINT", "SMALLINT", "VARCHAR(20)", "VARCHAR(64)", "STRING", "DATE", "DATETIME", "DOUBLE",
         "DECIMAL(10, 2)", "DECIMAL(14, 4)", "BOOLEAN", "CHAR(8)", "JSON", "ARRAY<INT>", "STRUCT<x INT, y DATE>",
         "STRUCT<x INT>", "LARGEINT"]
KEY_TYPES = ["INT", "BIGINT", "VARCHAR(20)", "DATE", "DATETIME", "SMALLINT"]
DEFAULTS = {"INT": '"7"', "BIGINT": '"0"', "VARCHAR(20)": '"n/a"', "DATE": '"2030-01-01"'}
AGGREGATES = {"INT": ["SUM", "MAX", "MIN", "REPLACE"], "BIGINT": ["SUM", "MAX"], "DATE": ["MAX", "REPLACE"],
              "VARCHAR(20)": ["REPLACE", "MAX"], "DOUBLE": ["SUM"]}
MODELS = ["DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"]
COMMENTS = ["", "", "one", r'it is \"two\"', r"drei\\vier"]  # as SQL has them between double quotes


class Table:
    """Columns as dicts, in their order; keys first."""

    def __init__(self, rng: random.Random, name: str) -> None:
        self.rng, self.name = rng, name
        self.model = rng.choice(MODELS)
        self.keys = [self.key_column(f"k{i}") for i in range(rng.randint(1, 3))]
        self.values = [self.value_column(f"v{i}") for i in range(rng.randint(0, 5))]
        self.comment = rng.choice(COMMENTS)
        self.random = self.model == "DUPLICATE" and rng.random() < 0.2
        self.hash = [self.keys[0]["name"]]
        self.buckets = rng.choice([None, 2, 4])
        self.properties: dict[str, str] = {}
        self.indexes: dict[str, str] = {}
        self.rollups: dict[str, list[str]] = {}

    def key_column(self, name: str) -> dict[str, Any]:
        return {"name": name, "type": self.rng.choice(KEY_TYPES), "null": False, "comment": self.rng.choice(COMMENTS),
                "default": None, "aggregate": None, "generated": None}

    def value_column(self, name: str) -> dict[str, Any]:
        column: dict[str, Any] = {
            "name": name, "null": self.rng.random() < 0.8, "comment": self.rng.choice(COMMENTS), "default": None,
            "aggregate": None, "generated": None}
        if self.model == "AGGREGATE":
            column["type"] = self.rng.choice(list(AGGREGATES))
            column["aggregate"] = self.rng.choice(AGGREGATES[column["type"]])
        else:
            column["type"] = self.rng.choice(TYPES)
            integers = [c["name"] for c in self.keys if c["type"] == "INT"]
            if integers and self.rng.random() < 0.1:
                return {**column, "type": "BIGINT", "null": True, "generated": f"{integers[0]} + 1"}
        if not column["null"] or self.rng.random() < 0.3:
            column["default"] = DEFAULTS.get(column["type"])
            if column["aggregate"] == "SUM":
                column["default"] = '"0"' if column["type"] in ("INT", "BIGINT") else None
        if column["default"] is None:
            column["null"] = True
        return column

    def column_sql(self, column: dict[str, Any]) -> str:
        text = f"`{column['name']}` {column['type']}"
        if column["aggregate"]:
            text += f" {column['aggregate']}"
        text += " NULL" if column["null"] else " NOT NULL"
        if column["default"]:
            text += f" DEFAULT {column['default']}"
        if column["generated"]:
            text += f" AS {column['generated']}"
        return text + (f' COMMENT "{column["comment"]}"' if column["comment"] else "")

    def sql(self) -> str:
        # The engine wants generated columns after all ordinary ones.
        ordered = sorted(self.values, key=lambda c: c["generated"] is not None)
        lines = [self.column_sql(c) for c in self.keys + ordered]
        lines += [f"INDEX `{name}` (`{column}`) USING BITMAP" for name, column in sorted(self.indexes.items())]
        keys = ", ".join(f"`{c['name']}`" for c in self.keys)
        text = f"CREATE TABLE `{self.name}` (\n  " + ",\n  ".join(lines) + f"\n)\n{self.model} KEY({keys})"
        if self.comment:
            text += f'\nCOMMENT "{self.comment}"'
        text += "\nDISTRIBUTED BY " + ("RANDOM" if self.random else f"HASH({', '.join(f'`{h}`' for h in self.hash)})")
        if self.buckets:
            text += f" BUCKETS {self.buckets}"
        if self.rollups:
            text += "\nROLLUP (" + ", ".join(f"`{name}` ({', '.join(columns)})"
                                             for name, columns in sorted(self.rollups.items())) + ")"
        more = "".join(f', "{key}" = "{value}"' for key, value in sorted(self.properties.items()))
        return text + "\n" + PROPERTIES.format(more=more)

    # --- changes -------------------------------------------------------------------
    def change(self) -> None:
        """One random change; most of them the engine can make."""
        changes = [self.add, self.add, self.drop, self.retype, self.recomment, self.move, self.table_comment,
                   self.rebucket, self.set_property, self.index, self.add_key, self.renull]
        if self.model != "PRIMARY":
            changes += [self.rollup]
        self.rng.choice(changes)()

    def free(self) -> str:
        taken = {c["name"] for c in self.keys + self.values}
        return next(n for n in (f"n{i}" for i in range(99)) if n not in taken)

    def add(self) -> None:
        self.values.insert(self.rng.randint(0, len(self.values)), self.value_column(self.free()))

    def add_key(self) -> None:
        if self.model != "PRIMARY":
            self.keys.append({**self.key_column(self.free()), "type": "INT", "default": '"1"'})

    def drop(self) -> None:
        if not self.values:
            return
        gone = self.values.pop(self.rng.randrange(len(self.values)))["name"]
        self.indexes = {n: c for n, c in self.indexes.items() if c != gone}
        self.rollups = {n: [c for c in columns if c != gone] for n, columns in self.rollups.items()}
        self.rollups = {n: columns for n, columns in self.rollups.items() if columns}
        blooms = [c for c in self.properties.get("bloom_filter_columns", "").split(",") if c and c != gone]
        self.properties.pop("bloom_filter_columns", None)
        if blooms:
            self.properties["bloom_filter_columns"] = ",".join(blooms)

    def retype(self) -> None:
        if self.values and self.model != "AGGREGATE":
            column = self.rng.choice(self.values)
            if not column["generated"] and column["name"] not in self.indexes.values():
                column["type"] = self.rng.choice(TYPES)
                column["default"] = None if column["null"] else column["default"]

    def renull(self) -> None:
        if self.values:
            self.rng.choice(self.values)["null"] = True

    def recomment(self) -> None:
        self.rng.choice(self.keys + self.values)["comment"] = self.rng.choice(COMMENTS)

    def move(self) -> None:
        if len(self.values) > 1:
            column = self.values.pop(self.rng.randrange(len(self.values)))
            self.values.insert(self.rng.randint(0, len(self.values)), column)

    def table_comment(self) -> None:
        self.comment = self.rng.choice(COMMENTS)

    def rebucket(self) -> None:
        self.buckets = self.rng.choice([2, 3, 8])

    def set_property(self) -> None:
        key, values = self.rng.choice([("write_quorum", ["ONE", "ALL", "MAJORITY"]),
                                       ("enable_load_profile", ["true", "false"])])
        self.properties[key] = self.rng.choice(values)

    def index(self) -> None:
        plain = [c["name"] for c in self.values
                 if c["type"] in ("INT", "BIGINT", "DATE", "VARCHAR(20)") and not c["generated"]]
        if self.indexes and self.rng.random() < 0.4:
            self.indexes.popitem()
        elif plain and self.model in ("DUPLICATE", "PRIMARY"):
            column = self.rng.choice(plain)
            if column not in self.indexes.values():
                self.indexes[f"ix_{column}"] = column

    def rollup(self) -> None:
        if self.rollups and self.rng.random() < 0.4:
            self.rollups.popitem()
        else:
            names = [c["name"] for c in self.keys] + [c["name"] for c in self.values
                                                      if c["type"] in ("INT", "DATE") and not c["generated"]]
            self.rollups[f"r{len(self.rollups)}"] = names


class Schema:
    """A few tables, views on them, and materialized views on both."""

    def __init__(self, seed: int | str) -> None:
        self.rng = random.Random(seed)
        self.tables = {f"t{i}": Table(self.rng, f"t{i}") for i in range(self.rng.randint(1, 3))}
        self.views = {f"w{i}": self.query() for i in range(self.rng.randint(0, 2))}
        self.materialized = {f"m{i}": self.query() for i in range(self.rng.randint(0, 2))}

    def query(self) -> dict[str, Any]:
        table = self.rng.choice(list(self.tables.values()))
        names = [c["name"] for c in table.keys]
        return {"table": table.name, "columns": names, "comment": self.rng.choice(["", "seen"])}

    def sql(self) -> list[str]:
        """The statements in the order in which they can run."""
        out = [table.sql() for table in self.tables.values()]
        for name, q in self.views.items():
            comment = f' COMMENT "{q["comment"]}"' if q["comment"] else ""
            out.append(f"CREATE VIEW `{name}`{comment} AS SELECT {', '.join(q['columns'])} FROM {q['table']}")
        for name, q in self.materialized.items():
            out.append(f"CREATE MATERIALIZED VIEW `{name}` DISTRIBUTED BY HASH({q['columns'][0]}) REFRESH MANUAL "
                       f"PROPERTIES (\"replication_num\" = \"1\") AS SELECT {', '.join(q['columns'])} "
                       f"FROM {q['table']}")
        return out

    def change(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            self.rng.choice(list(self.tables.values())).change()
        if self.views and self.rng.random() < 0.3:
            self.rng.choice(list(self.views.values()))["comment"] = self.rng.choice(["", "other"])
        if self.rng.random() < 0.2:
            self.tables["extra"] = Table(self.rng, "extra")
