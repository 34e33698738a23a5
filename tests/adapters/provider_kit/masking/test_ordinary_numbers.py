"""Numbers of bookings, phones, taxes and accounts are not taken for card numbers."""

import random
from collections.abc import Callable
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub

MOST_CHANGED = 0.001


def digits(random_: random.Random, count: int) -> str:
    return str(random_.randrange(10 ** (count - 1), 10**count))


def grouped(text: str, size: int, separator: str = " ") -> str:
    return separator.join(text[n : n + size] for n in range(0, len(text), size))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "booking": lambda r: digits(r, r.choice([6, 8, 9, 10, 12, 13])),
    "phone": lambda r: f"+{digits(r, 2)} {digits(r, 3)} {digits(r, 7)}",
    "national phone": lambda r: f"0{digits(r, 3)} / {digits(r, 4)} {digits(r, 4)}",
    "international phone": lambda r: (
        f"00{digits(r, 2)} ({digits(r, 3)}) {digits(r, 4)}-{digits(r, 4)}"
    ),
    "tax": lambda r: f"{digits(r, 3)}/{digits(r, 3)}/{digits(r, 5)}",
    "VAT": lambda r: f"DE{digits(r, 9)}",
    "company": lambda r: (
        f"{digits(r, 2)}.{digits(r, 3)}.{digits(r, 3)}/{digits(r, 4)}-{digits(r, 2)}"
    ),
    "IBAN": lambda r: f"DE{digits(r, 20)}",
    "grouped IBAN": lambda r: grouped(f"AT{digits(r, 18)}", 4),
    "short IBAN": lambda r: f"DK{digits(r, 16)}",
    "account": lambda r: digits(r, r.choice([8, 10, 11])),
    "account and bank": lambda r: f"{digits(r, 10)} / {digits(r, 8)}",
    "amount": lambda r: f"{digits(r, 3)}.{digits(r, 2)} EUR",
    "coordinates": lambda r: f"{digits(r, 2)}.{digits(r, 14)}, {digits(r, 2)}.{digits(r, 14)}",
    "instant": lambda r: (
        f"20{digits(r, 2)}-10-{digits(r, 2)} {digits(r, 2)}:{digits(r, 2)}:00.{digits(r, 6)}"
    ),
    "dates": lambda r: f"1{digits(r, 1)}.05.2027 - 2{digits(r, 1)}.05.2027",
    "rooms": lambda r: ", ".join(str(r.randrange(100, 900) + n) for n in range(5)),
    "UUID": lambda r: str(UUID(int=r.getrandbits(128), version=4)),
}


class TestOrdinaryNumbers:
    def test_stay_in_all_but_one_of_a_thousand(self) -> None:
        random_ = random.Random(7)
        each = 100_000 // len(KINDS) + 1
        changed: dict[str, int] = {}
        for kind, make in KINDS.items():
            texts = [make(random_) for _ in range(each)]
            changed[kind] = sum(scrub(text) != text for text in texts)
        assert sum(changed.values()) <= MOST_CHANGED * each * len(KINDS), changed

    @pytest.mark.parametrize("iban", ["DE89 3704 0044 0532 0130 00", "DK5000400440116243"])
    def test_of_accounts_stay_even_if_a_part_is_a_valid_card_number(self, iban: str) -> None:
        country, rest = iban[:4], iban[4:].replace(" ", "")
        spelled = f"{country} {grouped(rest, 4)}"
        assert scrub(f"IBAN {spelled}, thanks") == f"IBAN {spelled}, thanks"
        within = "AT12 4111 1111 1111 1111"
        assert scrub(within) == within

    def test_in_ascending_lists_stay(self) -> None:
        assert scrub("341 342 343 344 347") == "341 342 343 344 347"
        assert scrub("341, 342, 343, 344, 345, 346") == "341, 342, 343, 344, 345, 346"
