# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which an answer can be strange, as strategies for hypothesis.

A strange answer is made of a real one in three layers: its JSON, the bytes that carry it, and what HTTP says of them.
What a strategy draws is a few words and numbers, however large the answer becomes: a case is told and repeated by them.
"""

from __future__ import annotations

import copy
import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import requests
from hypothesis import strategies as st

from .recorded import Answer, Exchange, call_of

# ---- Layer 1: the JSON -----------------------------------------------------------------------------------------------

MEBIBYTE = 2**20


class Raw(NamedTuple):
    """Text that stands in the JSON as it is."""

    text: str


WRONG_TYPES = [
    True,
    False,
    0,
    -1,
    7,
    1.5,
    "",
    " ",
    "x",
    "null",
    [],
    [[]],
    [None],
    ["x"],
    {},
    {"x": 1},
    [{}],
    [{"x": []}],
]

NUMBERS = [
    -1, 0, 1, 99, 101, 2**31, 2**63, 10**30, -(10**30), 0.5, -0.0, 1e308, "12", " 12 ", "1_000", "1e9", "0x10", "٣",
    *map(Raw, ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1E400", "0e0", "01", "+1", ".5", "1.", "9" * 400,
               "9" * 5000, "-" + "9" * 5000, "0." + "9" * 5000]),
]  # fmt: skip

DATES = [
    "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2025-02-30T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "10000-01-01T00:00:00Z", "-2025-01-01T00:00:00Z",
    "2025-01-01T24:00:00Z", "2025-01-01T00:00:60Z", "2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+99:99",
    "2025-01-01T00:00:00.999999999999Z", "2025-01-01", "01/02/2025", "Thu, 01 Jan 2026 00:00:00 GMT", "1735689600",
    "\uff12\uff10\uff12\uff15-01-01T00:00:00Z", "2025-W01-1", "now", 1735689600, 1735689600000, -1, 1e18,
]  # fmt: skip

WORDS = ["SOMETHING_NEW", "deployed", " DEPLOYED ", "ACTIVE", "Deleted", "Unknown", "16", "-1", "null", "None", "N/A"]
"""Where a word of a documented set is expected."""

TEXTS = [
    "\x00", "\x1b[2J\x1b[31mred", "\r\nX-Injected: yes", "\x7f\x80\x9f", "\u202eevil\u2066", "\ufeff", "\ud800",
    "\udfff\ud800", "a\ud83d", "\ud83d\ude00", "é" * 300, "{{ lookup('pipe', 'id') }}", "{% raw %}", "!unsafe x",
    "../../etc/passwd",
    "<script>alert(1)</script>", "'; DROP TABLE x; --", "%s%n%x", "\\", '"', "*", "*.*", "*.example.com.", ".", "..",
    "xn--", "xn--\x80", "a" * 64 + ".example.com", "-----BEGIN CERTIFICATE-----",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "Bearer " + "x" * 40, "eyJhbGciOiJIUzI1NiJ9.e30.x", "\u2028\u2029",
    "\uff11\uff12", "İ", "ß.example.com",
]  # fmt: skip

KEYS = ["__proto__", "__class__", "", "@x", "\x1b[31m", "\ud800", "_ansible_no_log", "failed", "k" * 1000]

Place = tuple[Any, Any]
"""A container and a key or an index in it."""


def _places(tree: Any) -> Iterator[Place]:
    """All values of a tree but itself."""
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from _places(tree[key])


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)


def _in_place(tree: Any, fits: Callable[[Any], bool], where: int, change: Callable[[Any], Any]) -> None:
    """Change one of the values that fit; where none does, any."""
    places = list(_places(tree))
    fitting = [(container, key) for container, key in places if fits(container[key])] or places
    if fitting:
        container, key = fitting[where % len(fitting)]
        container[key] = change(container[key])


def _remove(tree: Any, where: int) -> None:
    places = list(_places(tree))
    if places:
        container, key = places[where % len(places)]
        del container[key]


def _nested(levels: int, form: str) -> Raw:
    opening, closing = {"list": ("[", "]"), "object": ('{"x":', "}"), "open": ("[", "")}[form]
    return Raw(opening * levels + ("1" if form != "open" else "") + closing * levels)


def _repeated(items: Any, times: int) -> Any:
    return items * (times // len(items) + 1) if isinstance(items, list) and items else [items] * times


def _twice(value: Any, key_number: int, other: Any) -> Any:
    """An object that has one of its keys twice."""
    if not isinstance(value, dict) or not value:
        return value
    key = list(value)[key_number % len(value)]
    return Raw(f"{_dumped(value)[:-1]},{json.dumps(key)}:{json.dumps(other)}}}")


def _with_key(value: Any, key: str, item: Any) -> Any:
    return {**value, key: item} if isinstance(value, dict) else value


def _dumped(tree: Any, *, ascii_only: bool = True) -> str:
    raws: list[str] = []

    def mark(value: Any) -> Any:
        if isinstance(value, Raw):
            raws.append(value.text)
            return f"@@raw {len(raws) - 1}@@"
        if isinstance(value, dict):
            return {key: mark(item) for key, item in value.items()}
        return [mark(item) for item in value] if isinstance(value, list) else value

    text = json.dumps(mark(tree), ensure_ascii=ascii_only)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@@raw {number}@@"', raw)
    return text


@dataclass(frozen=True)
class Part:
    """One strangeness.

    :ivar what: for the layer's function
    """

    kind: str
    layer: str
    where: int = 0
    what: Any = None


WHERE = st.integers(0, 60)


def _tree_part(kind: str, what: st.SearchStrategy[Any]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.just(kind), st.just("json"), WHERE, what)


TREE_PARTS = [
    _tree_part("missing", st.none()),
    _tree_part("null", st.none()),
    _tree_part("wrong type", st.sampled_from(WRONG_TYPES)),
    _tree_part("number", st.sampled_from(NUMBERS)),
    _tree_part("date", st.sampled_from(DATES)),
    _tree_part("word", st.sampled_from(WORDS)),
    _tree_part("text", st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=()), max_size=30)),
    _tree_part("nesting", st.tuples(st.sampled_from([2, 30, 200, 600, 900, 990, 1100, 100_000]),
                                    st.sampled_from(["list", "object", "open"]))),
    _tree_part("duplicate key", st.tuples(WHERE, st.sampled_from(WRONG_TYPES))),
    _tree_part("unknown key", st.tuples(st.sampled_from(KEYS), st.sampled_from([*WRONG_TYPES, *TEXTS]))),
    _tree_part("long list", st.sampled_from([2, 3, 99, 100, 101, 300])),
    _tree_part("long text", st.sampled_from([256, 4096, 65536])),
    _tree_part("echo", st.none()),
]  # fmt: skip


def _edit(tree: Any, part: Part, request: requests.PreparedRequest) -> None:
    """Make a tree strange."""
    where, what = part.where, part.what
    if part.kind == "missing":
        _remove(tree, where)
    elif part.kind in ("null", "wrong type"):
        _in_place(tree, lambda _value: True, where, lambda _old: copy.deepcopy(what))
    elif part.kind == "number":
        _in_place(tree, _is(int, float), where, lambda _old: what)
    elif part.kind == "nesting":
        _in_place(tree, lambda _value: True, where, lambda _old: _nested(*what))
    elif part.kind == "duplicate key":
        _in_place(tree, _is(dict), where, lambda old: _twice(old, *what))
    elif part.kind == "unknown key":
        _in_place(tree, _is(dict), where, lambda old: _with_key(old, *what))
    elif part.kind == "long list":
        _in_place(tree, _is(list), where, lambda old: _repeated(old, what))
    elif part.kind == "long text":
        _in_place(tree, _is(str), where, lambda _old: "x" * what)
    elif part.kind == "echo":
        _in_place(tree, _is(str), where, lambda _old: _sent(request))
    else:  # date, word, text
        _in_place(tree, _is(str), where, lambda _old: what)


# ---- Layer 2: the bytes ----------------------------------------------------------------------------------------------

ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "gbk", "utf-7", "cp037"]

BODIES = [
    b"", b" ", b"null", b"true", b"0", b"-1", b'""', b'"ok"', b"[]", b"[[]]", b"[{}]", b"{}", b"{", b"}", b'{"', b"nul",
    b"<html><body>Please sign in</body></html>", b"<?xml version='1.0'?><x/>", b"OK", b"\x00", b"\xff\xfe", b"\x1f\x8b",
    b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} {"a": 1}', b"// {}\n{}", b")]}',\n{}", b"callback({})", b"NaN", b"Infinity",
    b"a=1&b=2", b"\x80\x81" * 100, b"PK\x03\x04", b'{"code":"X","message":null}', b'{"Response":{}}',
    b'{"Response":null}', b'{"Response":{"Error":{}}}', b'{"Response":{"Error":"x"}}', b'{"details":7}',
    b'{"details":[null,7,{}]}',
    b'{"response":[]}', b'{"response":"x"}', b'{"items":{}}', b'{"items":[[]]}', b'{"code":7,"message":{}}',
    b'{"code":{"a":1}}', b'{"code":true}', b'{"error":["x"]}',
]  # fmt: skip


def _body_part(kind: str, what: st.SearchStrategy[Any]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.just(kind), st.just("bytes"), WHERE, what)


BODY_PARTS = [
    _body_part("encoding", st.sampled_from(ENCODINGS)),
    _body_part(
        "invalid byte", st.sampled_from([b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8", b"\x00", b"\n", b"\x1b"])
    ),
    _body_part("cut off", st.none()),
    _body_part("other body", st.sampled_from(BODIES) | st.binary(max_size=100)),
    _body_part("more after it", st.sampled_from([b" ", b"\n\n", b"x", b"{}", b"\x00", b"null"])),
    _body_part("another call's answer", st.integers(0, 60)),
]


def _rewritten(body: bytes, part: Part, others: Sequence[Answer]) -> bytes:
    """Make bytes strange."""
    place = len(body) * part.where // 60
    if part.kind == "encoding":
        try:
            text = _dumped({"strange": "é"} | json.loads(body), ascii_only=False)
        except (ValueError, TypeError, RecursionError):
            text = body.decode("latin-1")
        return text.encode(part.what, "replace")
    if part.kind == "invalid byte":
        return body[:place] + bytes(part.what) + body[place:]
    if part.kind == "cut off":
        return body[:place]
    if part.kind == "more after it":
        return body + bytes(part.what)
    if part.kind == "another call's answer":
        return others[int(part.what) % len(others)].body
    return bytes(part.what)


# ---- Layer 3: HTTP ---------------------------------------------------------------------------------------------------

STATUSES = [
    200, 201, 202, 203, 204, 205, 206, 207, 226, 299, 300, 301, 302, 304, 307, 308, 399, 400, 401, 402, 403, 404, 405,
    408, 409, 410, 413, 418, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 511, 520, 599, 600, 777, 999,
]  # fmt: skip

TYPES = ["", "text/html", "application/octet-stream", "application/json; charset=utf-16", "application/json; charset=?",
         "image/png", "multipart/form-data", ";;;", "application/json" * 100, "\xff"]  # fmt: skip

HEADERS = [
    ("Retry-After", text)
    for text in ("-1", "0", "1e9", "NaN", "inf", "soon", "9" * 400, "Thu, 01 Jan 2026 00:00:00 +99999999999",
                 "Thu, 01 Jan 0001 00:00:00 GMT", "Thu, 32 Jan 2026", "\xff")
] + [
    ("Date", text)
    for text in ("", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 5000,
                 "Thu, 01 Jan 2026 00:00:00 +99999999999", "Thu, 01 Jan 0001 00:00:00 -0000",
                 "Thu, 01 Jan 2026 99:99:99 GMT")
] + [
    ("Location", text)
    for text in ("", "http://[", "https://user:pass@elsewhere.example/", "//", "javascript:alert(1)", "\x1b[31m",
                 "x" * 5000)
] + [
    ("Content-Length", text) for text in ("", "-1", "x", "0", "9" * 30, "1, 2")
] + [("cf-mitigated", "challenge"), ("Set-Cookie", "x=y; Domain=.com"), ("X-" + "x" * 1000, "y" * 10_000)]  # fmt: skip

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of nothing": lambda body: body,
    "gzip cut off": lambda body: gzip.compress(body)[:-9],
    "gzip broken": lambda body: gzip.compress(body)[:12] + b"\xff" * 30,
    "gzip twice": lambda body: gzip.compress(gzip.compress(body)),
    "gzip of zeros": lambda body: gzip.compress(bytes(MEBIBYTE)),
    "deflate": zlib.compress,
    "deflate of nothing": lambda body: body,
    "br": lambda body: body,
    "zstd": lambda body: body,
    "unheard-of": lambda body: body,
    "gzip, " * 20 + "gzip": gzip.compress,
}


def _answer_part(kind: str, what: st.SearchStrategy[Any]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.just(kind), st.just("http"), st.just(0), what)


ANSWER_PARTS = [
    _answer_part("status", st.sampled_from(STATUSES)),
    _answer_part("content type", st.sampled_from(TYPES)),
    _answer_part("header", st.tuples(st.sampled_from(HEADERS), st.sampled_from([None, 400, 401, 429, 503]))),
    _answer_part("compression", st.sampled_from(list(COMPRESSIONS))),
]


def _dressed(answer: Answer, part: Part) -> Answer:
    """Have HTTP say something strange."""
    if part.kind == "status":
        return replace(answer, status=part.what)
    name, text = "Content-Type", part.what
    if part.kind == "header":
        (name, text), status = part.what
        answer = replace(answer, status=status or answer.status)
    if part.kind == "compression":
        name, text = "Content-Encoding", part.what.split(" ")[0] if "," not in part.what else part.what
        answer = replace(answer, body=COMPRESSIONS[part.what](answer.body))
    return replace(
        answer, headers=(*(pair for pair in answer.headers if pair[0].lower() != name.lower()), (name, text))
    )


# ---- All together ----------------------------------------------------------------------------------------------------

PARTS = [*TREE_PARTS, *BODY_PARTS, *ANSWER_PARTS]
COMBINED = "combined"


@dataclass
class Case:
    """What is strange, and where.

    :ivar exchange: the number of the answer that is strange
    :ivar ever: all answers to calls of that name are, and not just once
    """

    exchange: int
    ever: bool
    parts: tuple[Part, ...]

    @property
    def kind(self) -> str:
        return self.parts[0].kind if len(self.parts) == 1 else COMBINED

    def against(self, exchanges: Sequence[Exchange]) -> Callable[[int, Answer, requests.PreparedRequest], Answer]:
        """What changes the answers as they are given."""
        given = False
        name = exchanges[self.exchange].call
        others = [exchange.answer for exchange in exchanges]

        def change(number: int, answer: Answer, request: requests.PreparedRequest) -> Answer:
            nonlocal given
            if exchanges[number].call != name if self.ever else (number != self.exchange or given):
                return answer
            given = True
            return strange(answer, self.parts, request, others)

        return change


def strange(
    answer: Answer, parts: Sequence[Part], request: requests.PreparedRequest, others: Sequence[Answer]
) -> Answer:
    """The answer, made strange; layer after layer."""
    edits = [part for part in parts if part.layer == "json"]
    body = answer.body
    if edits:
        try:
            tree = [json.loads(body)]
        except ValueError:
            tree = [{}]  # 204 and the like have no body: let them have one
        for part in edits:
            _edit(tree, part, request)
        body = _dumped(tree)[1:-1].encode()
    for part in parts:
        if part.layer == "bytes":
            body = _rewritten(body, part, others)
    answer = replace(answer, body=body)
    for part in parts:
        if part.layer == "http":
            answer = _dressed(answer, part)
    return answer


def _sent(request: requests.PreparedRequest) -> str:
    """What a provider was sent, credentials included."""
    body = request.body or b""
    return f"{request.url} {dict(request.headers)} {body.decode() if isinstance(body, bytes) else body}"


NEUTRAL = [
    Part("more after it", "bytes", what=b" \r\n"),
    Part("invalid byte", "bytes", what=b"\xef\xbb\xbf"),
    Part("header", "http", what=(("Set-Cookie", "x=y"), None)),
    *(Part("content type", "http", what=kind) for kind in TYPES),
    *(Part("compression", "http", what=how) for how in ("gzip", "deflate")),
]
"""What means nothing: a result must be the same with it. The bytes are a byte order mark."""


def cases(exchanges: Sequence[Exchange]) -> st.SearchStrategy[Case]:
    """Strange answers to one or all calls of a run: mostly strange in one way, sometimes in several."""
    part = st.one_of(PARTS)
    parts = st.one_of(
        part.map(lambda one: (one,)), part.map(lambda one: (one,)), st.lists(part, min_size=2, max_size=3).map(tuple)
    )
    return st.builds(Case, st.integers(0, len(exchanges) - 1), st.booleans(), parts)


# ---- Too much --------------------------------------------------------------------------------------------------------

Change = Callable[[int, Answer, requests.PreparedRequest], Answer]
"""What a player does with an answer, given its number, before it is given."""

LIST_NAMES = ("dataSet", "Certificates", "items")
ID_NAMES = ("certificateId", "domainId", "CertificateId", "id")


def always(part: Part) -> Change:
    """Every answer is strange in this way."""
    return lambda _number, answer, request: strange(answer, [part], request, [answer])


def listing(exchanges: Sequence[Exchange]) -> str:
    """The name of the call that reads a list."""
    return next(exchange.call for exchange in exchanges if _list_in(exchange.answer))


def _list_in(answer: Answer) -> tuple[Any, list[Any]] | None:
    """The parsed body and the list in it."""
    body = json.loads(answer.body)
    inner = body.get("response", body.get("Response", body))
    return next(((body, inner[name]) for name in LIST_NAMES if inner.get(name)), None)


def endless() -> Change:
    """There is always another full page of new items, and nobody tells how many there are."""
    numbers = itertools.count(10**6)

    def renumbered(item: dict[str, Any]) -> dict[str, Any]:
        number = next(numbers)
        return {
            key: (number if isinstance(value, int) else f"x{number}") if key in ID_NAMES else value
            for key, value in item.items()
        }

    def change(_number: int, answer: Answer, request: requests.PreparedRequest) -> Answer:
        found = _list_in(answer) if answer.body else None
        if found is None:
            return answer
        body, items = found
        size = 20 if "page_size=20" in str(request.url) else 100
        items[:] = [renumbered(items[0]) for _item in range(size)]
        for told in (body, body.get("response"), body.get("Response")):
            for name in ("totalCount", "TotalCount", "total_items"):
                (told or {}).pop(name, None)
        return replace(answer, body=json.dumps(body).encode())

    return change


ROOM = 7 * MEBIBYTE
"""Bytes that are nearly the bound of an answer."""

LARGE: dict[str, Callable[[Any], Any]] = {
    "ten thousand items": lambda item: [item] * 10_000,
    "a text": lambda _item: [{"x": "x" * ROOM}],
    "a text of escapes": lambda _item: [{"x": Raw('"' + "\\u0000" * (ROOM // 6) + '"')}],
    "a text in each field": lambda item: [dict.fromkeys(item, "x" * (ROOM // len(item)))],
    "small lists": lambda _item: Raw("[" + "[]," * (ROOM // 3) + "[]]"),
    "small objects": lambda _item: Raw("[" + "{}," * (ROOM // 3) + "{}]"),
    "small texts": lambda _item: Raw("[" + '"x",' * (ROOM // 4) + '"x"]'),
    "nulls": lambda _item: Raw("[" + "null," * (ROOM // 5) + "null]"),
    "numbers": lambda _item: Raw("[" + "1.5," * (ROOM // 4) + "1]"),
    "keys": lambda _item: [{str(number): number for number in range(ROOM // 20)}],
    "a secret that does not end": lambda _item: Raw('"password": "' + "x" * ROOM),
    "certificates that do not end": lambda _item: Raw('"-----BEGIN CERTIFICATE-----' * (ROOM // 28)),
    "above the bound": lambda _item: Raw(" " * (9 * MEBIBYTE) + "[]"),
}
"""What stands in place of a list."""


def large(what: str, call: str) -> Change:
    """All lists are large."""
    made = ""

    def change(_number: int, answer: Answer, request: requests.PreparedRequest) -> Answer:
        nonlocal made
        found = _list_in(answer) if call_of(request) == call else None
        if found is None:
            return answer
        body, items = found
        if not made:
            item = items[0]
            items[:] = ["@@"]
            made = json.dumps(body).replace('["@@"]', _dumped(LARGE[what](item)))
        return replace(answer, body=made.encode())

    return change
