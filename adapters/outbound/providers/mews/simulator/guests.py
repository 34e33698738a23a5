"""Invented guests. Names are made up; every address is under the reserved `.example`."""

import random
from collections.abc import Sequence

from adapters.outbound.providers.mews.simulator.records import Customer, SeededIds

FIRST_NAMES = (
    "Ada", "Björn", "Chiara", "Dmitri", "Éloïse", "Fatima", "Goran", "Hana", "Ines", "Jürgen",
    "Kwame", "Łucja", "Mei", "Noor", "Olga", "Paulo", "Quynh", "Rosa", "Søren", "Tomáš",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Brandt", "Castellanos", "D'Amico", "Eriksen", "Fujimoto", "García Marín", "Haddad",
    "Ivanova", "Jansen", "Kowalski", "Lindqvist", "Müller", "Nguyễn", "O'Rourke", "Petrov",
    "Quispe", "Rossi", "Schröder", "Taylor-Young", "Ueda", "van der Berg", "Weiß", "Zoğlu",
)  # fmt: skip
COUNTRIES = (("DE", "de-DE"), ("GB", "en-GB"), ("FR", "fr-FR"), ("JP", "ja-JP"), ("IT", "it-IT"))
SHARED_RELAYS = tuple(f"guest-{number}@relay.ota.example" for number in range(1, 6))
_CLASSIFICATIONS = ((), (), (), (), ("Returning",), ("VeryImportant",))


class GuestBook:
    """Makes customers; the same source always makes the same ones in the same order."""

    def __init__(self, source: random.Random, ids: SeededIds) -> None:
        self._source = source
        self._ids = ids
        self._number = 1000

    def customer(self, created: int, *, ota: bool = False) -> Customer:
        source = self._source
        self._number += 1
        country, language = source.choice(COUNTRIES)
        roll = source.random()
        return Customer(
            id=self._ids(),
            number=self._number,
            first_name=None if roll < 0.02 else source.choice(FIRST_NAMES),
            last_name=source.choice(LAST_NAMES),
            email=self._email(ota=ota),
            has_ota_email=ota,
            phone=None if roll > 0.8 else f"+00 555 {self._number:07}",
            country=country,
            language=language,
            created=created,
            updated=created,
            sex=("Male", "Female", None)[self._number % 3],
            birth_year=1940 + self._number % 60 if roll > 0.4 else None,
            loyalty_code=f"LC{self._number}" if roll > 0.93 else None,
            classifications=source.choice(_CLASSIFICATIONS),
            address_id=self._ids() if roll < 0.5 else None,
            notes="Prefers a quiet room" if roll > 0.97 else None,
        )

    def _email(self, *, ota: bool) -> str | None:
        roll = self._source.random()
        if ota:
            relay = f"{self._number:x}.stay@relay.ota.example"
            return self._source.choice(SHARED_RELAYS) if roll < 0.08 else relay
        return None if roll < 0.15 else self.new_email()

    def new_email(self) -> str:
        return f"guest.{self._source.getrandbits(40):x}@mail.example"

    def duplicate_of(self, target: Customer, created: int) -> Customer:
        """A second record of the same person, merged into the first."""
        double = self.customer(created)
        double.first_name, double.last_name = target.first_name, target.last_name
        double.merge_target_id = target.id
        double.is_active = False
        return double

    def pick(self, known: Sequence[Customer]) -> Customer:
        return known[self._source.randrange(len(known))]
