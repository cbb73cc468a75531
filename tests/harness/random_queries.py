# SPDX-License-Identifier: Apache-2.0
"""Random queries over three tables, of all kinds that StarRocks prints otherwise than they were declared.

Each query is a shape with random expressions in it. KINDS names what must be among many of them."""

import random
import re
from collections.abc import Callable

_END = 'DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ("replication_num" = "1")'
TABLES = {
    "berth": f"CREATE TABLE berth (id INT NOT NULL, pier VARCHAR(20), depth DECIMAL(8,2), built DATE, seen DATETIME, "
             f"tags ARRAY<VARCHAR(10)>, meta JSON, spot STRUCT<x INT, y INT>, notes MAP<VARCHAR(5),INT>) {_END};",
    "ship": f"CREATE TABLE ship (id INT NOT NULL, name VARCHAR(30), berth_id INT, length DOUBLE, arrived DATETIME) "
            f"{_END};",
    "order": f"CREATE TABLE `order` (id INT NOT NULL, `rank` INT, `group` VARCHAR(5)) {_END};",
}

# Each kind, and how it is recognized.
KINDS = {
    "*": r"SELECT \*", "t.*": r"\w\.\*", "LIMIT OFFSET": r"LIMIT \d+ OFFSET", "IN (SELECT)": r"IN \(SELECT",
    "NOT": r"NOT \(", "NOT EXISTS": r"NOT EXISTS", "cast to STRING": r"AS STRING\)", "||": r"\|\|",
    "ORDER BY position": r"ORDER BY \d", "INTERVAL": r"INTERVAL \d", "QUALIFY": r"QUALIFY", "EXCLUDE": r"EXCLUDE",
    "FILTER": r"FILTER \(", "IGNORE NULLS": r"IGNORE NULLS", "join": r"JOIN", "USING": r"USING", "WITH": r"^WITH",
    "sets": r"UNION|EXCEPT|INTERSECT", "window": r"OVER \(", "unnest": r"unnest\(", "LATERAL": r"LATERAL",
    "CASE": r"CASE",
    "array": r"\[\d", "map": r"map\{", "struct": r"row\(|named_struct\(|spot\.", "lambda": r"->",
    "derived": r"FROM \(SELECT",
    "scalar subquery": r"[=>] \(SELECT", "GROUP BY": r"GROUP BY", "HAVING": r"HAVING", "sets of groups": r"ROLLUP|CUBE",
    "no alias": r"\+ \d+ FROM", "EXTRACT": r"EXTRACT\(", "DATE": r"DATE '", "sign": r"-\(", "frame": r"ROWS",
    "IF": r"\bIF\(", "MOD": r" MOD ", "RLIKE": r"RLIKE", "<>": r"<>", "DISTINCT": r"DISTINCT", "VALUES": r"VALUES",
}


class Queries:
    """The same seed makes the same queries."""

    def __init__(self, seed: int | str) -> None:
        self.rng = random.Random(seed)
        self.shapes: list[Callable[[], str]] = [
            self.expressions, self.made_up_names, self.star, self.exclude, self.limited, self.positions, self.in_select,
            self.exists, self.scalar, self.joined, self.using, self.semi, self.derived, self.common, self.sets,
            self.grouped, self.grouping_sets, self.filtered, self.window, self.framed, self.ignoring, self.qualify,
            self.unnested, self.values, self.distinct, self.lambdas]

    def make(self, count: int) -> list[str]:
        """Different ones, of each shape in its turn."""
        made: dict[str, None] = {}
        for at in range(100 * count):
            if len(made) == count:
                return list(made)
            made[self.shapes[at % len(self.shapes)]()] = None
        raise AssertionError(f"fewer than {count} queries")

    # --- expressions over berth, whose alias is `t` ----------------------------------------------------------
    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def number(self, t: str, depth: int = 2) -> str:
        n = self.rng.randint(1, 99)
        if depth == 0:
            return self.pick(f"{t}id", f"{t}depth", str(n), f"{n}.5", f"{t}spot.x", f"{t}notes['a']")
        a, b = self.number(t, depth - 1), self.number(t, depth - 1)
        return self.pick(
            f"{a} + {b}", f"({a} - {b}) * {n}", f"{a} - ({b} - {n})", f"-({a})", f"+{t}id", f"{t}id MOD {n}",
            f"{t}id DIV {n}", f"{t}id & {n} | 1", f"IF({self.condition(t, depth - 1)}, {a}, {b})", f"ifnull({a}, {n})",
            f"EXTRACT(YEAR FROM {t}seen)", f"length({self.text(t, depth - 1)})", f"cardinality({t}tags)",
            f"[{n}, 2, 3][1]",
            f"map{{'a': {n}, 'b': 2}}['a']", f"CAST({a} AS BIGINT)", f"round({t}depth, 1)",
            f"CASE WHEN {self.condition(t, depth - 1)} THEN {a} ELSE {b} END",
            f"CASE {t}pier WHEN 'x' THEN {n} WHEN 'y' THEN {n + 1} END")

    def text(self, t: str, depth: int = 2) -> str:
        if depth == 0:
            return self.pick(f"{t}pier", "'it''s'", '"dq"', f"{t}tags[1]", r"'back\\slash'")
        a, b = self.text(t, depth - 1), self.text(t, depth - 1)
        return self.pick(
            f"concat({a}, '-', {b})", f"CAST({self.number(t, depth - 1)} AS STRING)", f"CAST({t}built AS STRING)",
            f"UPPER({a})", f"nullif({a}, {b})", f"get_json_string({t}meta, '$.x')", f"date_format({t}seen, '%Y-%m')",
            f"CASE WHEN {self.condition(t, depth - 1)} THEN {a} WHEN {t}id > 3 THEN {b} ELSE NULL END", f"left({a}, 3)")

    def moment(self, t: str) -> str:
        n = self.rng.randint(1, 9)
        return self.pick(
            f"{t}built + INTERVAL {n} DAY", f"{t}seen - INTERVAL {n} HOUR", f"date_add({t}built, INTERVAL {n} MONTH)",
            f"DATE '2024-01-0{n}' - INTERVAL 1 WEEK", f"date_trunc('month', {t}seen)",
            f"timestampadd(HOUR, {n}, {t}seen)",
            f"CAST({t}built AS DATETIME)", f"now() - INTERVAL {n} MINUTE")

    def condition(self, t: str, depth: int = 2) -> str:
        n = self.rng.randint(1, 99)
        if depth == 0:
            return self.pick(f"{t}id = {n}", f"{t}depth <> {n}", f"{t}pier LIKE 'a%'", f"{t}pier NOT LIKE '%b_'",
                             f"{t}id BETWEEN 1 AND {n}", f"{t}id NOT BETWEEN 1 AND {n}", f"{t}pier IN ('a', 'b')",
                             f"{t}id NOT IN (1, {n})", f"{t}pier IS NULL", f"{t}built IS NOT NULL",
                             f"{t}pier RLIKE '^x'",
                             f"{t}built >= DATE '2024-01-02'", f"{t}id <=> {n}")
        a, b = self.condition(t, depth - 1), self.condition(t, depth - 1)
        return self.pick(f"{a} AND {b}", f"{a} OR {b}", f"({a} OR {b}) AND {t}id > {n}", f"NOT ({a})",
                         f"NOT ({a} AND {b})",
                         f"NOT ({a} OR NOT ({b}))", f"({a}) || ({b})", f"{a} && {b}", f"!({a})",
                         f"{self.number(t, depth - 1)} > {self.number(t, depth - 1)}", f"{t}seen < {self.moment(t)}",
                         f"array_contains({t}tags, {self.text(t, depth - 1)})")

    def where(self, t: str) -> str:
        return f" WHERE {self.condition(t)}" if self.rng.random() < 0.6 else ""

    # --- shapes -----------------------------------------------------------------------------------------------
    def expressions(self) -> str:
        items = [self.number("b."), self.text("b."), self.moment("b."), self.condition("b."),
                 self.pick("[1, 2]", "map{'a': 1}", "row(b.id, 'x')", "named_struct('p', 1, 'q', b.pier)",
                           "b.meta->'a'")]
        self.rng.shuffle(items)
        return "SELECT " + ", ".join(f"{e} AS c{i}" for i, e in enumerate(items)) + f" FROM berth b{self.where('b.')}"

    def made_up_names(self) -> str:
        n = self.rng.randint(1, 99)
        return f"SELECT id, id * {n}, upper(pier), NOT (id = {n}), id + {n} FROM berth{self.where('')}"

    def star(self) -> str:
        return self.pick(
            f"SELECT * FROM berth{self.where('')}", "SELECT * FROM ship s", "SELECT * FROM `order`",
            "SELECT b.*, s.name FROM berth b JOIN ship s ON b.id = s.berth_id",
            f"SELECT berth.*, {self.number('')} AS k FROM berth", "SELECT x.* FROM (SELECT * FROM ship) x",
            "SELECT b.id AS bid, s.* FROM berth b, ship s WHERE b.id = s.berth_id")

    def exclude(self) -> str:
        return self.pick("SELECT * EXCLUDE (tags, meta) FROM berth" + self.where(""),
                         "SELECT s.* EXCLUDE (name) FROM ship s",
                         "SELECT * EXCLUDE (id) FROM ship ORDER BY length LIMIT 7")

    def limited(self) -> str:
        n, m = self.rng.randint(1, 50), self.rng.randint(1, 50)
        return f"SELECT id, {self.text('')} AS k FROM berth{self.where('')} ORDER BY id LIMIT {n} OFFSET {m}"

    def positions(self) -> str:
        return self.pick(
            f"SELECT pier, {self.number('')} AS k FROM berth{self.where('')} ORDER BY 2, 1 DESC",
            f"SELECT id, {self.number('')} AS k FROM berth ORDER BY 2 DESC NULLS FIRST",
            "SELECT id AS k, pier FROM berth ORDER BY 1",
            "SELECT pier, count(*) AS n FROM berth GROUP BY 1 ORDER BY 2 DESC",
            f"SELECT id AS k, pier AS p FROM berth{self.where('')} ORDER BY k DESC, p")

    def in_select(self) -> str:
        inner = self.pick("SELECT berth_id FROM ship", "SELECT s.id FROM ship s WHERE s.length > 2",
                          "SELECT id FROM berth WHERE id IN (SELECT berth_id FROM ship)")
        test = self.pick(f"id IN ({inner})", f"id NOT IN ({inner})", f"NOT (id IN ({inner}))",
                         f"id IN ({inner}) OR {self.condition('')}")
        return f"SELECT id, pier FROM berth WHERE {test}"

    def exists(self) -> str:
        test = self.pick("", "NOT ")
        return (f"SELECT id FROM berth b WHERE {test}EXISTS (SELECT 1 FROM ship s WHERE s.berth_id = b.id) "
                f"AND {self.condition('b.')}")

    def scalar(self) -> str:
        return self.pick(
            f"SELECT id FROM berth WHERE depth > (SELECT avg(depth) FROM berth) AND ({self.condition('')})",
            "SELECT id, (SELECT max(length) FROM ship) AS k FROM berth WHERE id = (SELECT max(berth_id) FROM ship)")

    def joined(self) -> str:
        kind = self.pick("JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "FULL OUTER JOIN",
                         "JOIN [BROADCAST]", "JOIN [SHUFFLE]")
        more = self.pick("", " AND s.length > 2", f" AND {self.condition('b.')}")
        third = self.pick("", " CROSS JOIN `order` o")
        return (f"SELECT b.id, s.name, {self.number('b.')} AS k FROM berth b {kind} ship s ON s.berth_id = b.id{more}"
                f"{third}")

    def using(self) -> str:
        return self.pick("SELECT name, pier FROM berth JOIN ship USING (id)",
                         "SELECT berth.id, name FROM berth JOIN ship USING (id)",
                         f"SELECT ship.*, pier FROM berth JOIN ship USING (id){self.where('berth.')}")

    def semi(self) -> str:
        return (f"SELECT b.id FROM berth b LEFT {self.pick('SEMI', 'ANTI')} JOIN ship s ON s.berth_id = b.id"
                f"{self.where('b.')}")

    def derived(self) -> str:
        return self.pick(
            f"SELECT x.k, x.id FROM (SELECT id, {self.number('')} AS k FROM berth{self.where('')}) x WHERE x.k > 1",
            "SELECT b.id, x.m FROM berth b "
            "LEFT JOIN (SELECT berth_id, max(arrived) AS m FROM ship GROUP BY berth_id) x ON x.berth_id = b.id",
            f"SELECT * FROM (SELECT id, {self.text('')} AS t FROM berth) AS x")

    def common(self) -> str:
        return self.pick(
            f"WITH c AS (SELECT id, {self.text('')} AS t FROM berth{self.where('')}) "
            "SELECT t, id FROM c WHERE NOT (id > 3)",
            "WITH a AS (SELECT * FROM ship), b AS (SELECT id, name FROM a WHERE id <> 1) "
            "SELECT a.id, b.name FROM a JOIN b ON a.id = b.id",
            "WITH a (k, n) AS (SELECT id, name FROM ship) SELECT * FROM a ORDER BY 1")

    def sets(self) -> str:
        op = self.pick("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "MINUS")
        return self.pick(
            f"SELECT id, {self.text('')} AS t FROM berth{self.where('')} {op} SELECT id, name FROM ship",
            f"SELECT id FROM berth {op} SELECT id FROM ship UNION ALL SELECT id FROM `order`",
            f"(SELECT id FROM berth) {op} (SELECT id FROM ship ORDER BY id LIMIT 2)",
            f"SELECT id FROM berth{self.where('')} UNION ALL SELECT berth_id FROM ship ORDER BY 1 LIMIT 5")

    def grouped(self) -> str:
        having = self.pick("", " HAVING count(*) > 1", " HAVING NOT (count(*) > 1)")
        return self.pick(
            f"SELECT pier, count(*) AS n, sum({self.number('', 1)}) AS s FROM berth{self.where('')} "
            f"GROUP BY pier{having}",
            f"SELECT pier AS p, max(built) FROM berth b GROUP BY p{having}",
            f"SELECT date_trunc('day', arrived) AS d, count(DISTINCT id) AS n FROM ship GROUP BY d{having} ORDER BY d",
            f"SELECT pier, group_concat(pier ORDER BY id DESC SEPARATOR '; ') AS g FROM berth GROUP BY 1{having}",
            f"SELECT pier, array_agg(depth ORDER BY id) AS g, count(*) FROM berth GROUP BY pier{having}")

    def grouping_sets(self) -> str:
        how = self.pick("ROLLUP(pier, built)", "CUBE(pier, built)", "GROUPING SETS ((pier), (pier, built), ())",
                        "ROLLUP(pier, built) HAVING count(*) > 2")
        return f"SELECT pier, built, count(*) AS n FROM berth{self.where('')} GROUP BY {how}"

    def filtered(self) -> str:
        return f"SELECT pier, count(id) FILTER (WHERE {self.condition('', 1)}) AS k FROM berth GROUP BY pier"

    def window(self) -> str:
        call = self.pick("row_number()", "rank()", "ntile(4)", "sum(depth)", "count(*)", "lag(depth, 1, 0)",
                         "lead(pier)")
        part = self.pick("", "PARTITION BY pier ", "PARTITION BY pier, built ")
        order = self.pick("id", "id DESC", "seen, id")
        return f"SELECT id, {call} OVER ({part}ORDER BY {order}) AS k FROM berth{self.where('')}"

    def framed(self) -> str:
        frame = self.pick("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "ROWS UNBOUNDED PRECEDING",
                          "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
                          "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
        return f"SELECT id, sum(depth) OVER (PARTITION BY pier ORDER BY id {frame}) AS k FROM berth{self.where('')}"

    def ignoring(self) -> str:
        call = self.pick("last_value(pier IGNORE NULLS)", "first_value(depth IGNORE NULLS)",
                         "lag(pier, 1) IGNORE NULLS",
                         "lead(pier, 2) IGNORE NULLS")
        return f"SELECT id, {call} OVER (PARTITION BY built ORDER BY id) AS k FROM berth{self.where('')}"

    def qualify(self) -> str:
        test = f"row_number() OVER (PARTITION BY pier ORDER BY {self.pick('id', 'id DESC')}) {self.pick('=', '<=')} 1"
        first = self.pick("id", "id, pier", "id AS k, depth")
        return f"SELECT {first} FROM berth{self.where('')} QUALIFY {test}"

    def unnested(self) -> str:
        return self.pick(
            "SELECT b.id, u.unnest AS tag FROM berth b, unnest(b.tags) u",
            "SELECT b.id, t FROM berth b, unnest(b.tags) AS u(t)",
            "SELECT b.id, t FROM berth b CROSS JOIN unnest(b.tags) AS u(t)",
            "SELECT b.id, u.* FROM berth b, LATERAL unnest(b.tags) AS u(tag)",
            f"SELECT b.id, upper(t) AS k FROM berth b CROSS JOIN LATERAL unnest(b.tags) AS u(t){self.where('b.')}")

    def values(self) -> str:
        n = self.rng.randint(1, 99)
        return self.pick(f"SELECT x.* FROM (VALUES ({n}, 'a'), (2, 'b')) AS x (n, t)",
                         f"SELECT b.id, x.t FROM berth b JOIN (VALUES ({n}, 'a')) AS x (n, t) ON b.id = x.n")

    def distinct(self) -> str:
        return f"SELECT DISTINCT pier, {self.number('', 1)} AS k FROM berth{self.where('')}"

    def lambdas(self) -> str:
        call = self.pick("array_filter(x -> x > 'a', tags)", "transform(tags, x -> concat(x, 'z'))",
                         "array_map((x, y) -> x + y, [1, 2], [3, 4])", "all_match(x -> x > 1, [1, 2])",
                         "array_map(x -> upper(x), tags)")
        return f"SELECT id, {call} AS k FROM berth{self.where('')}"


def missing_kinds(queries: list[str]) -> list[str]:
    """The KINDS that no query is of."""
    return [kind for kind, pattern in KINDS.items() if not any(re.search(pattern, query) for query in queries)]
