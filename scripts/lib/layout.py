# SPDX-License-Identifier: Apache-2.0
"""Reads which part of the sources uses which, from the includes and from the CMakeLists.txt files.

A room is a folder of the first or second level (`common`, `server/rpc`); a library is what one
stateserver_library() names. `scripts/check-layout` compares both with the rules below, and
`scripts/draw-architecture` draws them.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Room -> the rooms it may use, and through them what those may use. docs/architecture.md says why.
EDGES: dict[str, tuple[str, ...]] = {
    "app": ("rpc",),
    "rpc": ("proto", "sqlmesh", "starrocks", "diagnosis"),
    "diagnosis": ("sqlmesh", "starrocks"),
    "sqlmesh": ("operations",),
    "starrocks": ("operations", "revisions"),
    "operations": ("platform",),
    "platform": ("common",),
    "client": ("proto", "revisions"),
    "revisions": ("common",),
    "common": (),
    "proto": (),
}

# What is included (a pattern of the text between the marks) -> the folders that may include it.
OUTSIDE: dict[str, tuple[str, ...]] = {
    r"grpc(pp)?/|.*\.grpc\.pb\.h": ("server/rpc", "client"),
    r"stateserver/v1/": ("server/rpc", "client"),
    r"pqxx/|pqxx$|libpq-fe\.h": ("server/platform/postgres",),
    r"mysql": ("server/starrocks/engine",),
    r"prometheus/|spdlog/": ("server/platform/telemetry",),
    r"event2/": ("server/rpc/transport",),
    r"curl/|rhonabwy": ("server/platform/auth",),
    r"CLI/": ("server/platform/config", "server/app", "client/cli"),
    r"yaml-cpp/": ("server/platform/config", "client/settings"),
}

# A target of another project -> what is included where it is linked.
LINKED: dict[str, str] = {
    "simdjson::simdjson": r"simdjson\.h",
    "ZLIB::ZLIB": r"zlib\.h",
    "PkgConfig::ZSTD": r"zstd\.h",
    "OpenSSL::Crypto": r"openssl/",
    "yaml-cpp": r"yaml-cpp/",
    "CLI11::CLI11": r"CLI/",
    "PkgConfig::PQXX": r"pqxx",
    "PkgConfig::LIBPQ": r"libpq-fe\.h",
    "PkgConfig::MARIADB": r"mysql",
    "PkgConfig::RHONABWY": r"rhonabwy",
    "PkgConfig::CURL": r"curl/",
    "PkgConfig::LIBEVENT": r"event2/",
    "prometheus-cpp::core": r"prometheus/",
    "spdlog::spdlog": r"spdlog/",
    "absl::time": r"absl/time/",
    "absl::random_random": r"absl/random/",
    "absl::flat_hash_map": r"absl/container/flat_hash_map",
    "absl::flat_hash_set": r"absl/container/flat_hash_set",
}


@dataclasses.dataclass
class Library:
    """One stateserver_library(): its sources' folders and what it names behind DEPENDS."""

    name: str
    room: str
    file: str
    folders: tuple[str, ...]
    depends: tuple[str, ...]
    includes: dict[str, str] = dataclasses.field(default_factory=dict)  # included text -> a file that does


def room_of(path: str) -> str:
    """The room of a path below ROOT, or of an included text; "" for what is not ours."""
    parts = path.split("/")
    if parts[0] in ("common", "revisions", "client"):
        return parts[0]
    if path.startswith("stateserver/v1/"):
        return "proto"
    if parts[0] == "server":
        return parts[1] if len(parts) > 2 else "app"
    return ""


def closure(edges: dict[str, tuple[str, ...]], start: str) -> set[str]:
    """All that `start` reaches, itself excepted."""
    seen: set[str] = set()
    open_ = list(edges.get(start, ()))
    while open_:
        one = open_.pop()
        if one not in seen:
            seen.add(one)
            open_ += edges.get(one, ())
    return seen


def sources(root: pathlib.Path = ROOT) -> dict[str, list[str]]:
    """Path below `root` -> the texts it includes, of every source and header of the product."""
    found = {}
    for part in ("common", "revisions", "server", "client"):
        for file in sorted((root / part).rglob("*")):
            if file.suffix in (".cc", ".h", ".inc"):
                text = file.read_text(encoding="utf8")
                found[str(file.relative_to(root))] = re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', text, re.M)
    return found


def libraries(root: pathlib.Path = ROOT) -> dict[str, Library]:
    """Name without `ss_` -> library, with what its files include."""
    found: dict[str, Library] = {}
    for part in ("common", "revisions", "server", "client"):
        for file in sorted((root / part).rglob("CMakeLists.txt")):
            here = str(file.parent.relative_to(root))
            for name, rest in re.findall(r"stateserver_library\(ss_(\w+)(.*?)\)", file.read_text(encoding="utf8"),
                                         re.S):
                words = rest.split()
                at = words.index("DEPENDS")
                inner = words[1:at] if words[0] == "FOLDERS" else ["**"]
                folders = tuple(here if one == "**" else f"{here}/{one}" for one in inner)
                found[name] = Library(name, room_of(here + "/x/"), str(file.relative_to(root)), folders,
                                      tuple(words[at + 1:]))
    owners = {}
    for library in found.values():
        for folder in library.folders:
            owners[folder] = library
    for path, included in sources(root).items():
        owning = owner(owners, path)
        if owning is not None:
            for text in included:
                owning.includes.setdefault(text, path)
    return found


def owner(owners: dict[str, Library], path: str) -> Library | None:
    """The library whose folder holds `path`; None for main.cc and headers above every library."""
    folder = path.rpartition("/")[0]
    if path.endswith("main.cc"):
        return None
    if folder + "/." in owners:
        return owners[folder + "/."]
    while folder:
        if folder in owners:
            return owners[folder]
        folder = folder.rpartition("/")[0]
    return None


def library_of(found: dict[str, Library], text: str) -> str | None:
    """The library that owns the header `text`, "proto" for the protocol's."""
    if text.startswith("stateserver/v1/"):
        return "proto"
    if room_of(text) == "":
        return None
    library = owner({folder: one for one in found.values() for folder in one.folders}, text)
    return library.name if library else None


def header_cycles(found: dict[str, list[str]]) -> list[str]:
    """A line for each header that includes itself over others; `found` as of sources()."""
    wrong: list[str] = []
    done: set[str] = set()

    def visit(path: str, way: list[str]) -> None:
        if path in way:
            wrong.append("headers include each other: " + " -> ".join([*way[way.index(path):], path]))
        elif path not in done:
            for text in found[path]:
                if text in found:
                    visit(text, [*way, path])
            done.add(path)

    for path in found:
        if path.endswith(".h"):
            visit(path, [])
    return wrong


def wrong_edges(root: pathlib.Path = ROOT) -> list[str]:
    """A line for each include and each link edge that the rules do not allow, or that is not true."""
    wrong = header_cycles(sources(root))
    for path, included in sources(root).items():
        room = room_of(path)
        allowed = closure(EDGES, room) | {room}
        for text in included:
            used = room_of(text)
            if used and used not in allowed:
                wrong.append(f"{path} includes {text}: {room} may not use {used}")
            for pattern, folders in OUTSIDE.items():
                if re.match(pattern, text) and not any(path.startswith(one + "/") for one in folders):
                    wrong.append(f"{path} includes {text}: only {' and '.join(folders)} may")
    found = libraries(root)
    links = {name: tuple(one[3:] for one in library.depends if one.startswith("ss_"))
             for name, library in found.items()}
    for name, library in found.items():
        uses = {library_of(found, text): f"{path} includes {text}" for text, path in library.includes.items()}
        reached = closure(links, name) | {name}
        for needed, why in uses.items():
            if needed is not None and needed not in reached:
                wrong.append(f"{library.file}: ss_{name} does not link ss_{needed}, but {why}")
        for linked in links[name]:
            if linked not in uses:
                wrong.append(f"{library.file}: ss_{name} links ss_{linked} and includes nothing of it")
        for target in library.depends:
            header = LINKED.get(target)
            if header and not any(re.match(header, text) for text in library.includes):
                wrong.append(f"{library.file}: ss_{name} links {target} and includes nothing of it")
    for room, allowed_rooms in EDGES.items():
        used_rooms = {room_of(text) for path, included in sources(root).items() if room_of(path) == room
                      for text in included}
        for one in allowed_rooms:
            if one not in used_rooms:
                wrong.append(f"the rule {room} -> {one} is not needed: nothing uses it")
    return wrong
