# SPDX-License-Identifier: Apache-2.0
"""Python releases, and in what their `ast.unparse` and `repr` differ."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

# The first release of each form: texts of the releases from one entry to the next are equal.
# 3.11.6: falls back to `repr` for f-strings with many quotes. 3.12.3: escapes the format specifications of f-strings.
# 3.12.9 and 3.13.2: no longer reuse the quotes of an f-string inside of it where others are possible.
FIRST_OF_FORMS = ((3, 9, 0), (3, 10, 0), (3, 11, 0), (3, 11, 6), (3, 12, 0), (3, 12, 3), (3, 12, 9), (3, 13, 0),
                  (3, 13, 2), (3, 14, 0))
NEWEST_MINOR = 14

_PATTERN = re.compile(r"3\.(0|[1-9][0-9]?)(?:\.(0|[1-9][0-9]?))?")


class UnknownRelease(ValueError):
    """A text that names no release, or one whose form is not known."""


@dataclass(frozen=True, order=True)
class Release:
    """A release such as 3.12.3. `exact` is false if the text did not name the patch release."""

    number: tuple[int, int, int]
    exact: bool = True

    @classmethod
    def parse(cls, text: str) -> Release:
        """Reads "3.12" (the first release of that series) or "3.12.3". Raises UnknownRelease."""
        found = _PATTERN.fullmatch(text)
        if found is None:
            raise UnknownRelease(f"'{text}' is not a Python release such as 3.12 or 3.12.3")
        release = cls((3, int(found[1]), int(found[2] or 0)), found[2] is not None)
        if not 9 <= release.number[1] <= NEWEST_MINOR and release.number[:2] != sys.version_info[:2]:
            raise UnknownRelease(f"it does not know the form of Python {text}: it knows 3.9 to 3.{NEWEST_MINOR}, and "
                                 f"that of its own Python, {cls.running()}")
        return release

    @classmethod
    def running(cls) -> Release:
        return cls((3, sys.version_info[1], sys.version_info[2]))

    def __str__(self) -> str:
        return ".".join(map(str, self.number if self.exact else self.number[:2]))

    @property
    def form(self) -> int:
        """Returns the index of its form in FIRST_OF_FORMS."""
        return bisect_right(FIRST_OF_FORMS, self.number) - 1

    @property
    def series(self) -> tuple[int, int]:
        return self.number[:2]

    @property
    def is_own(self) -> bool:
        """Returns true if the running Python prints this form itself."""
        running = Release.running()
        return self.series == running.series and self.form == running.form


# Characters that became printable with a Python series, as pairs of the first and last code point.
_PRINTABLE_SINCE: dict[int, str] = {
    # Unicode 14.0
    11: """
        61D 870-88E 898-89F 8B5 8C8-8D2 C3C C5D CDD 170D 1715 171F 180F 1AC1-1ACE 1B4C 1B7D-1B7E 1DFA 20C0
        2C2F 2C5F 2E53-2E5D 9FFD-9FFF A7C0-A7C1 A7D0-A7D1 A7D3 A7D5-A7D9 A7F2-A7F4 FBC2 FD40-FD4F FDCF
        FDFE-FDFF 10570-1057A 1057C-1058A 1058C-10592 10594-10595 10597-105A1 105A3-105B1 105B3-105B9
        105BB-105BC 10780-10785 10787-107B0 107B2-107BA 10F70-10F89 11070-11075 110C2 116B9 11740-11746
        11AB0-11ABF 12F90-12FF2 16A70-16ABE 16AC0-16AC9 1AFF0-1AFF3 1AFF5-1AFFB 1AFFD-1AFFE 1B11F-1B122
        1CF00-1CF2D 1CF30-1CF46 1CF50-1CFC3 1D1E9-1D1EA 1DF00-1DF1E 1E290-1E2AE 1E7E0-1E7E6 1E7E8-1E7EB
        1E7ED-1E7EE 1E7F0-1E7FE 1F6DD-1F6DF 1F7F0 1F979 1F9CC 1FA7B-1FA7C 1FAA9-1FAAC 1FAB7-1FABA 1FAC3-1FAC5
        1FAD7-1FAD9 1FAE0-1FAE7 1FAF0-1FAF6 2A6DE-2A6DF 2B735-2B738
""",
    # Unicode 15.0
    12: """
        CF3 ECE 10EFD-10EFF 1123F-11241 11B00-11B09 11F00-11F10 11F12-11F3A 11F3E-11F59 1342F 13440-13455
        1B132 1B155 1D2C0-1D2D3 1DF25-1DF2A 1E030-1E06D 1E08F 1E4D0-1E4F9 1F6DC 1F774-1F776 1F77B-1F77F 1F7D9
        1FA75-1FA77 1FA87-1FA88 1FAAD-1FAAF 1FABB-1FABD 1FABF 1FACE-1FACF 1FADA-1FADB 1FAE8 1FAF7-1FAF8 2B739
        31350-323AF
""",
    # Unicode 15.1
    13: """
        2FFC-2FFF 31EF 2EBF0-2EE5D
""",
    # Unicode 16.0
    14: """
        897 1B4E-1B4F 1B7F 1C89-1C8A 2427-2429 31E4-31E5 A7CB-A7CD A7DA-A7DC 105C0-105F3 10D40-10D65
        10D69-10D85 10D8E-10D8F 10EC2-10EC4 10EFC 11380-11389 1138B 1138E 11390-113B5 113B7-113C0 113C2 113C5
        113C7-113CA 113CC-113D5 113D7-113D8 113E1-113E2 116D0-116E3 11BC0-11BE1 11BF0-11BF9 11F5A 13460-143FA
        16100-16139 16D40-16D79 18CFF 1CC00-1CCF9 1CD00-1CEB3 1E5D0-1E5FA 1E5FF 1F8B2-1F8BB 1F8C0-1F8C1 1FA89
        1FA8F 1FABE 1FAC6 1FADC 1FADF 1FAE9 1FBCB-1FBEF
""",
}


def _ranges() -> list[tuple[int, int, int]]:
    ranges = []
    for minor, text in _PRINTABLE_SINCE.items():
        for word in text.split():
            first, _, last = word.partition("-")
            ranges.append((int(first, 16), int(last or first, 16), minor))
    return sorted(ranges)


_RANGES = _ranges()
_STARTS = [first for first, _, _ in _RANGES]


@lru_cache(maxsize=4096)
def printable_since(character: str) -> int | None:
    """Returns the minor release since which a character is printable: 9 for all; None for none of the known ones."""
    code = ord(character)
    place = bisect_right(_STARTS, code) - 1
    if place >= 0 and code <= _RANGES[place][1]:
        return _RANGES[place][2]
    return 9 if character.isprintable() else None


def is_printable(character: str, release: Release) -> bool:
    """Returns `character.isprintable()` of a release."""
    if release.series == sys.version_info[:2]:
        return character.isprintable()
    since = printable_since(character)
    return since is not None and since <= release.number[1]
