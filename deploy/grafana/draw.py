#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the dashboard as SVG from what a Prometheus has, for where there is no Grafana.

    python3 deploy/grafana/draw.py http://127.0.0.1:9090 [--minutes 60] > dashboard.svg
"""

from __future__ import annotations

import argparse
import html
import json
import math
import pathlib
import re
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

DASHBOARD = pathlib.Path(__file__).with_name("stateserver.json")
UNIT, ROW = 50, 28  # pixels of a grid column, of a grid row
COLOURS = ("#3274d9", "#56a64b", "#e0b400", "#e02f44", "#8f3bb8", "#ff780a", "#37872d", "#1f60c4")
SUFFIX = {"s": " s", "bytes": " B", "Bps": " B/s", "reqps": "/s", "ops": "/s", "rowsps": " rows/s", "percentunit": ""}


def readable(value: float, unit: str) -> str:
    if math.isnan(value):
        return "-"
    if unit == "percentunit":
        return f"{100 * value:.1f} %"
    if unit == "s" and abs(value) >= 7200:
        return f"{value / 86400:.1f} d" if value >= 172800 else f"{value / 3600:.1f} h"
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}{SUFFIX.get(unit, '').strip()}"
    return f"{value:.3g}{SUFFIX.get(unit, '')}"


class Source:
    def __init__(self, url: str, seconds: int) -> None:
        self.url, self.seconds, self.end = url.rstrip("/"), seconds, time.time()
        self.step = max(1, seconds // 120)

    def series(self, target: dict[str, Any]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
        """[(legend, [(time, value)])]"""
        query = re.sub(r'"\$(job|instance|gateway)"', '".*"', target["expr"])
        query = query.replace("$__rate_interval", f"{max(4 * self.step, 15)}s")
        parameters = {"query": query, "start": self.end - self.seconds, "end": self.end, "step": self.step}
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(parameters)}") as answer:
            found = json.load(answer)["data"]["result"]
        for one in found:
            legend = re.sub(r"\{\{(\w+)\}\}", lambda m: one["metric"].get(m[1], ""), target["legendFormat"])  # noqa: B023
            yield legend, [(float(at), float(value)) for at, value in one["values"] if math.isfinite(float(value))]


def text(x: float, y: float, words: str, size: int = 12, anchor: str = "start", colour: str = "#24292e",
         weight: str = "normal") -> str:
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{html.escape(words)}</text>')


def graph(panel: dict[str, Any], source: Source, box: tuple[int, int, int, int]) -> Iterator[str]:
    x, y, width, height = box
    unit = panel["fieldConfig"]["defaults"]["unit"]
    series = [one for target in panel["targets"] for one in source.series(target) if one[1]]
    left, top, right, bottom = x + 62, y + 30, x + width - 10, y + height - 40
    highest = max((value for _, points in series for _, value in points), default=0) or 1
    begin = source.end - source.seconds
    for share in (0, 0.5, 1):
        line = bottom - share * (bottom - top)
        yield f'<path d="M{left} {line:.0f}H{right}" stroke="#e1e4e8"/>'
        yield text(left - 6, line + 4, readable(share * highest, unit), 10, "end", "#6a737d")
    at = left
    for number, (legend, points) in enumerate(series[:12]):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{left + (when - begin) / source.seconds * (right - left):.1f},"
                        f"{bottom - value / highest * (bottom - top):.1f}" for when, value in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        if at < right - 40:
            yield f'<rect x="{at:.0f}" y="{bottom + 14}" width="8" height="8" fill="{colour}"/>'
            yield text(at + 12, bottom + 22, legend, 10)
            at += 24 + 6 * len(legend)
    if not series:
        yield text((left + right) / 2, (top + bottom) / 2, "nothing yet", 12, "middle", "#959da5")


def stat(panel: dict[str, Any], source: Source, box: tuple[int, int, int, int]) -> Iterator[str]:
    x, y, width, height = box
    series = [points for target in panel["targets"] for _, points in source.series(target) if points]
    value = readable(series[0][-1][1], panel["fieldConfig"]["defaults"]["unit"]) if series else "-"
    yield text(x + width / 2, y + height / 2 + 18, value, 26, "middle", "#37872d", "bold")


def draw(dashboard: dict[str, Any], source: Source) -> Iterator[str]:
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{24 * UNIT}" height="{bottom * ROW}" '
           'font-family="sans-serif"><rect width="100%" height="100%" fill="#f4f5f7"/>')
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        box = (place["x"] * UNIT + 4, place["y"] * ROW + 4, place["w"] * UNIT - 8, place["h"] * ROW - 8)
        if panel["type"] == "row":
            yield text(box[0] + 4, box[1] + 16, panel["title"], 14, weight="bold")
            continue
        yield (f'<rect x="{box[0]}" y="{box[1]}" width="{box[2]}" height="{box[3]}" rx="3" fill="white" '
               'stroke="#d1d5da"/>')
        yield text(box[0] + 8, box[1] + 18, panel["title"], 12, weight="bold")
        yield from (stat if panel["type"] == "stat" else graph)(panel, source, box)
    yield "</svg>"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    source = Source(options.url, int(options.minutes * 60))
    sys.stdout.write("\n".join(draw(json.loads(DASHBOARD.read_text(encoding="utf8")), source)) + "\n")


if __name__ == "__main__":
    main()
