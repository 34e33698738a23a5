"""Finds payment card numbers in plain text (plain_text.py).

A card number is 14 to 19 digits of a known issuer range with a valid Luhn digit: contiguous, in
groups of at least four digits with any separators, or in other groups with equal separators; in the
cells of a table, paragraphs or elements of a payload only in equal groups of up to four. It is
no part of a longer run of digits, of a decimal fraction, of a phone number (+), of an IBAN, or of a
UUID or other hex id. Maestro's ranges (12 to 19 digits, retired by the scheme in 2023) are not
searched, since every tenth booking number would match them.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from stdnum import luhn

from adapters.outbound.provider_kit.masking.plain_text import BLOCK, FILLER

SEPARATORS: Final = bytes(range(0x21)) + b"!\"#$%&'()*+,-./:;<=>@[\\]^_`{|}~\x7f"
_JSON_SEPARATORS: Final = SEPARATORS.replace(b'"', b"")
"""A quotation mark ends a text; an encoded one does not (plain_text.py)."""


def _shapes(separators: bytes) -> bytes:
    """Of every byte: a digit `0`, a separator `-`, a filler `f`, another `x`."""
    shapes = bytearray(b"x" * 256)
    for code in separators:
        shapes[code] = 0x2D
    shapes[0x30:0x3A] = b"0" * 10
    shapes[:1] = b"f"
    return bytes(shapes)


_SHAPES: Final = _shapes(SEPARATORS)
_JOINED: Final = _SHAPES.translate(bytes.maketrans(b"-f", b"00"))
_JOINED_IN_JSON: Final = _shapes(_JSON_SEPARATORS).translate(bytes.maketrans(b"-f", b"00"))
_LONG_GAP: Final = b"-" * 9
_DIGITS: Final = re.compile(rb"[0-9]+")
_SHORT_NUMBERS: Final = re.compile(rb"[-0-9.]{1,13}+(?:[\s\[\]]*+,[\s\[\]]*+[-0-9.]{1,13}+)*+")

MAX_RUN_DIGITS: Final = 1_000
"""A longer run of groups is masked whole: no note has one, and its search would take too long."""

_ISSUERS: Final = re.compile(
    rb"4(?:[0-9]{15}|[0-9]{18})"
    rb"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    rb"|3[47][0-9]{13}"
    rb"|(?:30[0-5][0-9]|3095|3[689][0-9]{2})[0-9]{10}"
    rb"|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"
    rb"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12,15}"
    rb"|(?:62|81)[0-9]{14,17}"
)
_STARTS: Final = frozenset(
    b"%d" % start
    for start in (
        *range(22, 28),
        30,
        *range(34, 40),
        *range(40, 50),
        *range(51, 56),
        60,
        62,
        64,
        65,
        81,
    )
)
_POSSIBLE: Final = re.compile(
    rb"(?<![0-9])(?:[4568]|2[^0-9]*+[2-7])(?:[^0-9]*+[0-9]){14}"
    rb"|(?<![0-9])3(?:[^0-9]*+[0-9]){13}"
)
"""A group that may begin a card; most runs (dates, times) have none."""

_MIN_DIGITS: Final = 14
_SHORTEST_RUN: Final = b"0" * _MIN_DIGITS
_MAX_DIGITS: Final = 19
_LONG_GROUP: Final = 4
_LIST_LENGTH: Final = 5
_PRINTED_GROUPS: Final = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4)})
_TAIL: Final = re.compile(rb"(?:[^0-9a-zA-Z]{0,8}[0-9]{2,4}){1,3}+(?![0-9])")
_FRACTION_POINT: Final = re.compile(rb"[0-9]\.")

_HEX_ID: Final = re.compile(rb"[0-9a-f-]{20,}", re.IGNORECASE)
_TOKEN_END: Final = re.compile(rb"[0-9A-Za-z-]*")
_LOOK_AROUND: Final = 40

_IBAN_START: Final = re.compile(rb"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}")
_IBAN_CHARACTER: Final = re.compile(rb"[ -]?[0-9A-Z]")
_IBAN_COUNTRIES: Final = (
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ DZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HU HN LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
)
_IBAN_LENGTHS: Final = {
    country.encode(): length for length, names in _IBAN_COUNTRIES for country in names.split()
}


class CardNumber(NamedTuple):
    """`groups`: the lengths of its groups of digits; empty for a run that is too long to search."""

    start: int
    end: int
    groups: tuple[int, ...]

    @property
    def is_printed_on_cards(self) -> bool:
        """In the groups in which cards show their number."""
        return self.groups in _PRINTED_GROUPS


def possible_cards(plain: bytes, *, is_json: bool = False) -> list[tuple[int, int]]:
    """Where card numbers may be; find_card_numbers keeps those that are written like one."""
    runs = (run for run in _runs(plain, is_json=is_json) if _POSSIBLE.search(plain, *run))
    searched = _without_lists(plain, runs) if is_json else runs
    return [run for run in searched if _has_card(plain, *run)]


def find_card_numbers(plain: bytes) -> Iterator[CardNumber]:
    """In text without fillers."""
    for start, end in _runs(plain):
        if _POSSIBLE.search(plain, start, end) is None:
            continue
        if _is_searchable(plain, start, end):
            yield from _find_in_run(_Run(plain, start, end))
        elif _DIGITS.fullmatch(plain, start, end) is None:
            yield CardNumber(start, end, ())


def _runs(plain: bytes, *, is_json: bool = False) -> Iterator[tuple[int, int]]:
    """From the first to the last digit of those that only separators divide, in short gaps."""
    joined = plain.translate(_JOINED_IN_JSON if is_json else _JOINED)
    start = joined.find(_SHORTEST_RUN)
    while start >= 0:
        end = joined.find(b"x", start)
        if end < 0:
            end = len(joined)
        yield from _runs_in(plain, start, end)
        start = joined.find(_SHORTEST_RUN, end)


def _runs_in(plain: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`start`, `end`: of digits, separators and fillers."""
    position = start
    for part in plain[start:end].translate(_SHAPES).split(_LONG_GAP):
        if part.count(b"0") >= _MIN_DIGITS:
            yield position + part.find(b"0"), position + part.rfind(b"0") + 1
        position += len(part) + len(_LONG_GAP)


def _without_lists(plain: bytes, runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Without the lists of short numbers that JSON has outside its texts."""
    position = quotes = 0
    for start, end in runs:
        quotes += plain.count(b'"', position, start)
        position = start
        if quotes % 2 or _SHORT_NUMBERS.fullmatch(plain, start, end) is None:
            yield start, end


def _is_searchable(plain: bytes, start: int, end: int) -> bool:
    if end - start <= MAX_RUN_DIGITS:
        return True
    return len(plain[start:end].translate(None, SEPARATORS)) <= MAX_RUN_DIGITS


def _has_card(plain: bytes, start: int, end: int) -> bool:
    text = plain[start:end].translate(None, FILLER)
    if not _is_searchable(text, 0, len(text)):
        return True
    run = _Run(text, 0, len(text))
    return any(_cards_from(run, first) for first in range(len(run.bounds)))


class _Run:
    """Groups of digits: `bounds` in the text, `offsets` of their first digits in `digits`."""

    __slots__ = ("bounds", "digits", "offsets", "plain")

    def __init__(self, plain: bytes, start: int, end: int) -> None:
        self.plain = plain
        self.bounds = [match.span() for match in _DIGITS.finditer(plain, start, end)]
        self.digits = plain[start:end].translate(None, SEPARATORS)
        self.offsets = [0, *accumulate([stop - begin for begin, stop in self.bounds])]

    def separator(self, group: int) -> bytes:
        """What follows the group, without the spaces around it."""
        between = self.plain[self.bounds[group][1] : self.bounds[group + 1][0]]
        return between.strip() or b" "


def _find_in_run(run: _Run) -> Iterator[CardNumber]:
    first, end = 0, len(run.bounds)
    while first < end:
        last = next(
            (
                last
                for last in _cards_from(run, first)
                if _Candidate(run, first, last).is_written_as_card()
            ),
            None,
        )
        if last is not None:
            lengths = tuple(stop - begin for begin, stop in run.bounds[first : last + 1])
            yield CardNumber(run.bounds[first][0], run.bounds[last][1], lengths)
            first = last
        first += 1


def _cards_from(run: _Run, first: int) -> list[int]:
    """The last groups of the valid card numbers that begin with this group."""
    start = run.offsets[first]
    if run.digits[start : start + 2] not in _STARTS:
        return []
    lowest = bisect_left(run.offsets, start + _MIN_DIGITS)
    highest = bisect_right(run.offsets, start + _MAX_DIGITS)
    return [
        end - 1 for end in range(lowest, highest) if _is_card(run.digits[start : run.offsets[end]])
    ]


def _is_card(digits: bytes) -> bool:
    return _ISSUERS.fullmatch(digits) is not None and luhn.is_valid(digits.decode("ascii"))


class _Candidate:
    """Groups of digits that form a valid card number, and what stands around them."""

    def __init__(self, run: _Run, first: int, last: int) -> None:
        self.run = run
        self.plain = run.plain
        self.first = first
        self.last = last
        self.groups = run.bounds[first : last + 1]
        self.start, self.end = self.groups[0][0], self.groups[-1][1]
        self.lengths = [stop - begin for begin, stop in self.groups]

    def is_written_as_card(self) -> bool:
        before = self.plain[self.start - 1 : self.start]
        if before == b"+" or self._is_inside_iban() or self._is_inside_hex_id():
            return False
        if len(self.lengths) == 1:
            return not _FRACTION_POINT.fullmatch(self.plain, max(0, self.start - 2), self.start)
        if BLOCK in self.plain[self.start : self.end]:
            return self._is_alone_in_table() and self._has_equal_separators()
        if self._has_long_groups():
            return True
        return self._has_equal_separators() and not self._is_list() and not self._is_fraction()

    def _has_long_groups(self) -> bool:
        return min(self.lengths[:-1]) >= _LONG_GROUP and self.lengths[-1] >= _LONG_GROUP - 1

    def _is_alone_in_table(self) -> bool:
        """Not in a list of numbers of this length."""
        after = [stop - begin for begin, stop in self.run.bounds[self.last + 1 : self.last + 2]]
        length = self.lengths[0]
        return {*self.lengths} == {length} and length <= _LONG_GROUP and length not in after

    def _has_equal_separators(self) -> bool:
        """Within the number, and not before and after it, except before its expiry and code."""
        run = self.run
        used = {run.separator(group) for group in range(self.first, self.last)}
        if len(used) != 1 or (self.first and run.separator(self.first - 1) in used):
            return False
        continues = self.last + 1 < len(run.bounds) and run.separator(self.last) in used
        return not continues or bool(_TAIL.fullmatch(self.plain, self.end, run.bounds[-1][1]))

    def _is_list(self) -> bool:
        """Ascending numbers, e.g. of rooms."""
        numbers = [int(self.plain[a:b]) for a, b in self.groups]
        ascending = all(a < b for a, b in pairwise(numbers))
        return len(numbers) >= _LIST_LENGTH and ascending

    def _is_fraction(self) -> bool:
        return len(self.lengths) == 2 and self.run.separator(self.first) in (b".", b",")

    def _is_inside_hex_id(self) -> bool:
        plain, start, end = self.plain, self.start, self.end
        before = _TOKEN_END.match(plain[max(0, start - _LOOK_AROUND) : start][::-1])
        after = _TOKEN_END.match(plain, end, end + _LOOK_AROUND)
        number = plain[start:end]
        token = (before[0][::-1] if before else b"") + number + (after[0] if after else b"")
        return not token.replace(b"-", b"").isdigit() and _HEX_ID.fullmatch(token) is not None

    def _is_inside_iban(self) -> bool:
        earliest = max(0, self.start - _LOOK_AROUND)
        return any(
            _iban_end(self.plain, match.start()) >= self.end
            for match in _IBAN_START.finditer(self.plain, earliest, self.start + 2)
            if match.start() < self.start
        )


def _iban_end(plain: bytes, start: int) -> int:
    """-1 if the IBAN of this country would be longer than the text there."""
    end = start
    for _ in range(_IBAN_LENGTHS.get(plain[start : start + 2], 0)):
        match = _IBAN_CHARACTER.match(plain, end)
        if match is None:
            return -1
        end = match.end()
    return end if not plain[end : end + 1].isalnum() else -1
