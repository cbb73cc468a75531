# SPDX-License-Identifier: Apache-2.0
"""Requests that no program of ours would send, made from valid ones by what the protocol says of their fields."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from harness import wire

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from harness.rpcs import Method

INT32 = (0, 1, -1, 2**31 - 1, -2**31, 1_000_000)
INT64 = (*INT32, 2**63 - 1, -2**63, 2**53 + 1)
# Seconds of year 1, before it, of year 9999, after it, and of no year at all.
SECONDS = (-62_135_596_800, -62_135_596_801, 253_402_300_799, 253_402_300_800, -2**63, 2**63 - 1, 0, -1)
NANOS = (-1, 999_999_999, 1_000_000_000, 2**31 - 1, -2**31, 0)
TEXTS = ("", " ", "\0", "a\0b", "\x01\x1b[31m\x7f\x9b", "a\nlevel=error msg=forged\r\nb", "'; DROP TABLE x; --", "\"",
         "\\", "`", "%s%n%d", "{}", "${HOME}", "../../etc/passwd", "\u202eabc\u2066", "שלום \u200f", "e\u0301",
         "\ufeff", "\ufffe\uffff", "\U0010ffff", "*", "[", "a.b.c", "a" * 129, "a" * 1025, "ä" * 65_537, "null",
         "dev_a", "prod", "local", "elsewhere", "00000000-0000-0000-0000-000000000000", "-9223372036854775809", "1.x",
         "NaN", "base", "heads", "head", "-1")
# Contents of files and records.
CONTENTS = (b"", b"\0" * 100, b"\xff\xfe\x00", b"[" * 50_000, b'{"a":' * 20_000, b"(" * 20_000, b'{"name": "\\ud800"}',
            b"CREATE TABLE", b"CREATE TABLE t (id INT); \xed\xa0\x80", b"-- revision: \xff\n", b"/*", b"'", b'"', b"`",
            b"CREATE TABLE t (a " + b"ARRAY<" * 300 + b"INT" + b">" * 300 + b")", b"SELECT " + b"1+" * 20_000 + b"1",
            b'{"name":1e999999999}', b'{"a":' + b"9" * 5_000 + b"}", b"-- +upgrade\n-- +upgrade\n", b"a" * 600_000)

# In a record.
VALUES: list[Any] = [None, True, -1, 0, 2**63, -2**63, 1.5, 1e308, [], {}, [None], {"": None}, [[]] * 3, "\ud800"]
SHORT = 10_000  # bytes of a message


@dataclasses.dataclass
class Case:
    """One request. Its number and the seed make it again."""

    number: int
    method: Method
    what: str
    messages: list[bytes]
    # What was done to it.
    mutations: list[str]
    caller: str
    metadata: list[tuple[str, str | bytes]]
    compressed: bool = False
    # A call by hand, where no library would send it so: the bytes and the headers.
    body: bytes | None = None
    ends: bool = True
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        return f"case {self.number}: {self.method.name} {self.what}, by {self.caller}: {', '.join(self.mutations)}"

    def damaged(self) -> bool:
        """Whether one of the messages is none of the method's."""
        return not all(map(self._parses, self.messages))

    def _parses(self, data: bytes) -> bool:
        try:
            self.method.request.FromString(data)
        except Exception:
            return False
        return True


class Mutator:
    """Makes cases from valid requests. `valid` is called for the messages of an RPC in a case of the table of roles."""

    def __init__(self, seed: str, methods: Mapping[str, Method], cases: Sequence[tuple[str, str]],
                 valid: Callable[[str, str], list[Message]], callers: Mapping[str, int]) -> None:
        self.seed, self.methods, self.cases, self.valid = seed, methods, cases, valid
        self.callers, self.weights = list(callers), list(callers.values())

    def case(self, number: int) -> Case:
        """Depends only on the number and the seed, except for its ids, which are new each time."""
        return _Maker(self, number).make()


class _Maker:
    """One case."""

    def __init__(self, mutator: Mutator, number: int) -> None:
        self.of, self.number = mutator, number
        self.rng = random.Random(f"{mutator.seed} {number}")
        self.done: list[str] = []

    def make(self) -> Case:
        rpc, what = self.of.cases[self.number % len(self.of.cases)]
        method = self.of.methods[rpc]
        messages: list[Message] = [method.request.FromString(one.SerializeToString())
                                   for one in self.of.valid(rpc, what)]
        for _ in range(self.rng.choice((0, 1, 1, 1, 1, 2, 3))):
            self.change(self.rng.choice(messages))
        data = [message.SerializeToString() for message in messages]
        if self.rng.random() < 0.15 or not self.done:
            at = self.rng.randrange(len(data))
            data[at] = self.damage(data[at], method)
        if self.rng.random() < (0.2 if method.client_streaming else 0.03):
            data = self.reorder(data)
        caller = self.rng.choices(self.of.callers, self.of.weights)[0]
        case = Case(self.number, method, what, data, self.done, caller, self.metadata(), self.rng.random() < 0.05)
        if self.rng.random() < 0.08:
            self.by_hand(case)
        return case

    # --- fields ----------------------------------------------------------------------------

    def change(self, message: Any, path: str = "") -> None:
        """Gives one field of a message, or of one within it, another value."""
        fields = message.DESCRIPTOR.fields
        if not fields:
            return
        field = self.rng.choice(fields)
        if field.name == "gateway" and self.rng.random() < 0.8:  # another one is refused before anything else
            field = self.rng.choice(fields)
        name = f"{path}{field.name}"
        if field.message_type is None:
            self.done.append(self.set_scalar(message, field, name))
        elif field.message_type.GetOptions().map_entry:
            self.fill_map(getattr(message, field.name))
            self.done.append(f"{name}: many entries")
        elif field.message_type.file.name.startswith("google/protobuf/"):
            self.set_well_known(getattr(message, field.name))
            self.done.append(f"{name}: beyond its range")
        elif self.rng.random() < 0.1:
            message.ClearField(field.name)
            self.done.append(f"{name}: missing")
        elif field.is_repeated and getattr(message, field.name) and self.rng.random() < 0.7:
            self.change(self.rng.choice(getattr(message, field.name)), f"{name}.")
        elif field.is_repeated:
            many = self.rng.choice((1, 3, 101, 10_001))
            for _ in range(many):
                added = getattr(message, field.name).add()
            self.done.append(f"{name}: {many} values")
            self.change(added, f"{name}.")
        else:
            self.change(getattr(message, field.name), f"{name}.")

    def set_scalar(self, message: Any, field: FieldDescriptor, name: str) -> str:
        if self.rng.random() < 0.08:
            message.ClearField(field.name)
            return f"{name}: missing"
        if field.is_repeated:
            values = [self.scalar(field) for _ in range(self.rng.choice((1, 2, 50)))]
            if max(len(repr(value)) for value in values) < 200:
                values *= self.rng.choice((1, 1, 1, 2000))
            del getattr(message, field.name)[:]
            getattr(message, field.name).extend(values)
            return f"{name}: {len(values)} values, {_short(values[0])}"
        value = self.scalar(field, getattr(message, field.name))
        setattr(message, field.name, value)
        return f"{name} = {_short(value)}"

    def scalar(self, field: FieldDescriptor, before: Any = None) -> Any:
        if field.type == FieldDescriptor.TYPE_BOOL:
            return not before
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self.content(before or b"")
        if field.type == FieldDescriptor.TYPE_STRING:
            text = self.rng.choice(TEXTS)
            return before[:4] + text if before and self.rng.random() < 0.3 else text
        if field.cpp_type == FieldDescriptor.CPPTYPE_INT64:
            return self.rng.choice(INT64)
        # Enums are open: any number may come.
        return self.rng.choice(INT32)

    def content(self, before: bytes) -> bytes:
        """Another text of a file, or a part of the one it had, a little damaged."""
        if before.startswith(b"{") and self.rng.random() < 0.7:
            return self.json(before)
        if not before or self.rng.random() < 0.4:
            return self.rng.choice(CONTENTS)
        return self.flip(before) if self.rng.random() < 0.5 else before[:self.rng.randrange(len(before))]

    def json(self, before: bytes) -> bytes:
        """A record with another value somewhere."""
        try:
            at = document = json.loads(before)
        except (ValueError, RecursionError):  # it was changed before
            return self.flip(before)
        while True:
            key = self.rng.choice(list(at)) if isinstance(at, dict) else self.rng.randrange(len(at))
            if not isinstance(at[key], (dict, list)) or not at[key] or self.rng.random() < 0.3:
                break
            at = at[key]
        if self.rng.random() < 0.2:
            del at[key]
        else:
            at[key] = self.rng.choice([*VALUES, *TEXTS])
        return json.dumps(document, separators=(",", ":")).encode("utf8", "surrogatepass")

    def set_well_known(self, message: Any) -> None:
        for field in message.DESCRIPTOR.fields:
            if field.name == "seconds":
                message.seconds = self.rng.choice(SECONDS)
            elif field.name == "nanos":
                message.nanos = self.rng.choice(NANOS)

    def fill_map(self, map_: Any) -> None:
        for number in range(self.rng.choice((1, 50, 101))):
            map_[f"{number}{self.rng.choice(TEXTS)}"] = self.rng.choice(TEXTS)

    # --- bytes -----------------------------------------------------------------------------

    def damage(self, data: bytes, method: Method) -> bytes:
        """Bytes that a library would not write."""
        kinds = ["strange", "strange", "cut", "flipped", "not UTF-8", "twice", "of another", "random", "empty"]
        kinds += ["both of one"] * bool(method.request.DESCRIPTOR.oneofs) + ["same key"] * bool(_maps(method))
        kind = self.rng.choice(kinds)
        self.done.append(kind)
        if kind == "strange":
            name = self.rng.choice(list(wire.STRANGE))
            self.done[-1] = name
            return data + wire.within(self.path(method.request.DESCRIPTOR), wire.STRANGE[name])
        if kind == "cut":
            return data[:self.rng.randrange(len(data) or 1)]
        if kind == "flipped":
            return self.flip(data)
        if kind == "not UTF-8":
            return data + self.not_utf8(method)
        if kind == "twice":
            return data + data
        if kind == "of another":
            return self.of_another()
        if kind == "random":
            return self.rng.randbytes(self.rng.choice((1, 10, 1000)))
        if kind == "both of one":
            return data + self.oneofs(method)
        return data + self.same_key(method) if kind == "same key" else b""

    def flip(self, data: bytes) -> bytes:
        flipped = bytearray(data)
        for _ in range(self.rng.choice((1, 2, 10)) if data else 0):
            flipped[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        return bytes(flipped)

    def path(self, type_: Any) -> list[int]:
        """Of a message within one of a type; most often of itself."""
        numbers: list[int] = []
        while self.rng.random() < 0.5:
            inner = [field for field in type_.fields if field.message_type and not field.is_repeated]
            if not inner:
                break
            chosen = self.rng.choice(inner)
            numbers.append(chosen.number)
            type_ = chosen.message_type
        return numbers

    def not_utf8(self, method: Method) -> bytes:
        """A text of the method's requests, with bytes that are none."""
        found = list(_texts(method.request.DESCRIPTOR))
        return wire.within(self.rng.choice(found), self.rng.choice(wire.NOT_UTF8)) if found else b""

    def oneofs(self, method: Method) -> bytes:
        """All members of a oneof of the request: the last one counts."""
        numbers = [field.number for oneof in method.request.DESCRIPTOR.oneofs for field in oneof.fields]
        self.rng.shuffle(numbers)
        return b"".join(wire.field(number, b"") for number in numbers)

    def same_key(self, method: Method) -> bytes:
        """Entries of a map with the same key."""
        entries = [wire.field(1, b"key") + wire.field(2, value) for value in (b"a", b"b", b"")]
        return b"".join(wire.within(path, entry) for path in _maps(method) for entry in entries)

    def of_another(self) -> bytes:
        rpc, what = self.rng.choice(self.of.cases)
        return self.rng.choice(self.of.valid(rpc, what)).SerializeToString()

    # --- streams ---------------------------------------------------------------------------

    def reorder(self, data: list[bytes]) -> list[bytes]:
        kind = self.rng.choice(("no first", "first twice", "first late", "shuffled", "no last", "nothing", "many",
                                "one of another", "last twice", "backwards"))
        self.done.append(f"messages: {kind}")
        if kind == "shuffled":
            self.rng.shuffle(data)
        return {"no first": data[1:], "first twice": data[:1] + data, "first late": data[1:] + data[:1],
                "no last": data[:-1], "nothing": [], "many": data + data[-1:] * (200 if len(data[-1]) < SHORT else 3),
                "one of another": [*data[:1], self.of_another(), *data[1:]], "last twice": data + data[-1:],
                "backwards": data[::-1]}.get(kind, data)

    def metadata(self) -> list[tuple[str, str | bytes]]:
        if self.rng.random() > 0.15:
            return []
        pairs: list[tuple[str, str | bytes]] = [
            ("traceparent", "00-zz-zz-zz"), ("traceparent", "00-" + "f" * 32 + "-" + "f" * 16 + "-01"),
            ("traceparent", "x" * 4000), ("x-stateserver-peer", "203.0.113.9:1"),
            ("x-stateserver-client-certificate", "bm9uZQ=="), ("x-anything-bin", b"\x00\xff\xfe"),
            ("cookie", "a=b"), ("x-long", "y" * 7_000)]
        pair = self.rng.choice(pairs)
        self.done.append(f"header {pair[0]}")
        return [pair]

    def by_hand(self, case: Case) -> None:
        """Frames and headers of gRPC that its libraries do not send."""
        case.messages = [message for message in case.messages if len(message) < SHORT][:5]
        frames = [wire.frame(message) for message in case.messages]
        first, last = (case.messages[0], case.messages[-1]) if case.messages else (b"", b"")
        rest = b"".join(frames[1:])
        bodies = {
            "compressed, by no method": wire.frame(first, 1) + rest,
            "last one compressed, by no method": b"".join(frames[:-1]) + wire.frame(last, 1),
            "flag 2": wire.frame(first, 2) + rest,
            "flag 255": wire.frame(first, 255) + rest, "a longer length": wire.frame(first, 0, len(first) + 10),
            "a shorter length": wire.frame(first, 0, max(len(first) - 3, 0)) + rest,
            "a length of 4 GiB": wire.frame(first, 0, 2**32 - 1), "half a header": b"\0\0\0", "no bytes": b"",
            "bytes behind": b"".join(frames) + b"\0\0", "nothing wrong": b"".join(frames),
            "no end": b"".join(frames)}
        kind = self.rng.choice(list(bodies))
        case.body, case.ends = bodies[kind], kind != "no end"
        case.headers = self.rng.choice([
            [], [], [], [("grpc-encoding", "gzip")], [("grpc-encoding", "bogus")], [("grpc-timeout", "0n")],
            [("grpc-timeout", "-1S")], [("grpc-timeout", "99999999H")], [("grpc-timeout", "x")],
            [("content-type", "text/html")], [("te", "gzip")], [("x-a-bin", "!!!")], [("x-a", "\x01\x7f")],
            [("grpc-accept-encoding", "bogus")], [("user-agent", "'\"%s")]])
        if not case.ends:
            case.headers = [("grpc-timeout", "300m")]
        case.mutations += [f"by hand: {kind}", *(f"{name}: {value}" for name, value in case.headers)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:36]}… ({len(text)})"


def fields_of(type_: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every field of a message type and of those within, with its path."""
    for field in type_.fields:
        yield (*path, field.number), field
        if field.message_type and not field.message_type.GetOptions().map_entry and len(path) < 6:
            yield from fields_of(field.message_type, (*path, field.number))


def _maps(method: Method) -> list[tuple[int, ...]]:
    return [path for path, field in fields_of(method.request.DESCRIPTOR)
            if field.message_type and field.message_type.GetOptions().map_entry]


def _texts(type_: Any) -> Iterator[tuple[int, ...]]:
    return (path for path, field in fields_of(type_) if field.type == FieldDescriptor.TYPE_STRING)
