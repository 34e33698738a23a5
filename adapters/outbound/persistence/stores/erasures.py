"""Erased identities, the sealed keys of their hashes, and privacy requests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import (
    ERASED_IDENTITIES,
    ERASURE_KEYS,
    PRIVACY_REQUESTS,
)
from domain.erasure import PrivacyAction, PrivacyRequest
from domain.values import HotelId
from ports.errors import Unsealable
from ports.system import Sealer


@dataclass(frozen=True, slots=True)
class StoredErasures:
    session: Session
    sealer: Sealer

    def add_key(self, hotel_id: HotelId, key: bytes) -> None:
        sealed = self.sealer.seal(key, bound_to=seal_context(hotel_id))
        self.session.run(f"{ERASURE_KEYS.insert} ON CONFLICT DO NOTHING", (hotel_id.hex, sealed))

    def key(self, hotel_id: HotelId) -> bytes | None:
        return self._key(hotel_id, exclusive=False)

    def lock_key(self, hotel_id: HotelId) -> bytes:
        key = self._key(hotel_id, exclusive=True)
        if key is None:
            raise Unsealable
        return key

    def _key(self, hotel_id: HotelId, *, exclusive: bool) -> bytes | None:
        self.session.lock(f"erasures/{hotel_id.hex}", exclusive=exclusive)
        found = self.session.rows(
            "SELECT sealed_key FROM erasure_keys WHERE hotel_id = %s", (hotel_id.hex,)
        )
        if not found:
            return None
        return self.sealer.open(found[0][0], bound_to=seal_context(hotel_id))

    def add(self, hotel_id: HotelId, hashes: Collection[str], *, at: datetime) -> None:
        rows = [(hotel_id.hex, each, micros_from_instant(at)) for each in sorted(hashes)]
        if rows:
            self.session.run_many(f"{ERASED_IDENTITIES.insert} ON CONFLICT DO NOTHING", rows)

    def among(self, hotel_id: HotelId, hashes: Collection[str]) -> frozenset[str]:
        if not hashes:
            return frozenset()
        found = self.session.rows(
            "SELECT identity_hash FROM erased_identities WHERE hotel_id = %s "  # noqa: S608
            f"AND {self.session.in_condition('identity_hash', 'text')}",
            (hotel_id.hex, self.session.in_parameter(hashes)),
        )
        return frozenset(value for (value,) in found)

    def record(self, request: PrivacyRequest) -> None:
        self.session.run(
            PRIVACY_REQUESTS.insert,
            (
                request.hotel_id.hex,
                request.id.hex,
                micros_from_instant(request.at),
                str(request.action),
                request.actor,
                request.identity_hash,
            ),
        )

    def requests(self, hotel_id: HotelId) -> Sequence[PrivacyRequest]:
        found = self.session.rows(
            "SELECT id, at, action, actor, identity_hash FROM privacy_requests "
            "WHERE hotel_id = %s ORDER BY id DESC",
            (hotel_id.hex,),
        )
        return [
            PrivacyRequest(
                id=UUID(request_id),
                hotel_id=hotel_id,
                at=instant_from_micros(at),
                action=PrivacyAction(action),
                actor=actor,
                identity_hash=identity_hash,
            )
            for request_id, at, action, actor, identity_hash in found
        ]


def seal_context(hotel_id: HotelId) -> str:
    return f"erasures/{hotel_id}"
