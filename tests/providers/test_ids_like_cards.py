"""Ids that pass every check of a card number: two bookings stay two bookings, on every provider."""

import json
from typing import Any

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, require_id
from ports.providers import Provider, ReadItem
from tests.providers.alpinebits import payloads as alpinebits
from tests.providers.apaleo import payloads as apaleo
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.mews import payloads as mews
from tests.providers.ohip import payloads as ohip
from tests.providers.vendor_payloads import hotel_context

ONE, OTHER = "4239000000030077", "4239000000110077"
SPELLED = "4111 1111 1111 1111"


def canonical(booking_id: Any) -> bytes:
    value = {
        "external_id": booking_id,
        "source_version": {"updated_at": "2026-03-01T12:00:00Z"},
        "status": "CONFIRMED",
        "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
        "confirmation_number": booking_id,
    }
    return json.dumps([value]).encode()


def payload(provider: str, booking_id: Any) -> tuple[Provider, bytes]:
    if provider == "canonical":
        return CanonicalProvider(), canonical(booking_id)
    if provider == "alpinebits":
        ids = f'<UniqueID Type="14" ID="{booking_id}"/>'
        return alpinebits.provider, alpinebits.pushed(alpinebits.reservation(ids=ids))
    if provider == "mews":
        value = mews.reservation(Id=booking_id, Number=booking_id)
        return mews.provider, mews.body(Reservations=[value])
    if provider == "cloudbeds":
        value = cloudbeds.page(cloudbeds.reservation(reservationID=booking_id))
        return cloudbeds.provider, json.dumps(value).encode()
    if provider == "apaleo":
        return apaleo.provider, json.dumps(apaleo.page(id=booking_id)).encode()
    ids = ohip.ids(Confirmation=booking_id, Reservation=booking_id)
    value = ohip.list_response(ohip.listed(reservationIdList=ids))
    return ohip.provider, json.dumps(value).encode()


every_provider = pytest.mark.parametrize(
    "provider", ["canonical", "alpinebits", "mews", "cloudbeds", "apaleo", "ohip"]
)


def read(provider: str, booking_id: Any) -> tuple[BookingSnapshot | None, str | None, bytes]:
    plugin, body = payload(provider, booking_id)
    masked = scrub_bytes(body, plugin.capabilities.id_fields)
    (item,) = plugin.read_items(ItemKind.BOOKING, [masked], hotel_context(), limit=10)
    stored = scrub_bytes(item.raw, plugin.capabilities.id_fields)
    if item.snapshot is None:
        return None, item.reason.code if item.reason else None, stored
    assert isinstance(item.snapshot, BookingSnapshot)
    (replayed,) = plugin.read_items(ItemKind.BOOKING, [stored], hotel_context(), limit=10)
    assert replayed.external_id == item.external_id
    return item.snapshot, None, stored


@every_provider
class TestIdsThatLookLikeCardNumbers:
    @pytest.mark.parametrize("booking_id", [ONE, OTHER])
    def test_stay_in_the_booking_and_in_its_stored_payload(
        self, provider: str, booking_id: str
    ) -> None:
        snapshot, _, stored = read(provider, booking_id)
        assert snapshot is not None
        assert snapshot.external_id == booking_id
        assert snapshot.confirmation_number == booking_id
        assert booking_id.encode() in stored

    def test_are_refused_if_written_like_on_a_card(self, provider: str) -> None:
        snapshot, code, stored = read(provider, SPELLED)
        assert (snapshot, code) == (None, "bad_id")
        assert SPELLED.encode() not in stored


class TestMaskedIds:
    @pytest.mark.parametrize(
        "masked",
        ["************0077", "9999999999990077", "****-****-****-1111", "R/************0077"],
    )
    def test_are_refused(self, masked: str) -> None:
        with pytest.raises(InvalidField) as refused:
            require_id(masked, "external_id")
        assert refused.value.code == "bad_id"

    @pytest.mark.parametrize("plain", ["99999", "R*1", "999999999", "12345678901234"])
    def test_are_not_mistaken_for_others(self, plain: str) -> None:
        require_id(plain, "external_id")


REFERENCES: dict[str, dict[str, Any]] = {
    "confirmation_number": {"confirmation_number": SPELLED},
    "group_id": {"group_id": "4111-1111-1111-1111"},
    "share_id": {"share_id": SPELLED},
    "rooms[1].room_type_id": {"rooms": [{"line_id": "1"}, {"room_type_id": SPELLED}]},
    "rooms[0].room_id": {"rooms": [{"room_id": SPELLED}]},
    "rooms[0].rate_plan_id": {"rooms": [{"rate_plan_id": SPELLED}]},
    "primary_guest.guest_id": {"primary_guest": {"guest_id": SPELLED}},
    "further_guests[0].guest_id": {"further_guests": [{"guest_id": SPELLED}]},
}


class TestReferences:
    """Two bookings with one masked group, share or guest would meet."""

    def read(self, kind: ItemKind, value: dict[str, Any]) -> ReadItem:
        provider = CanonicalProvider()
        body = scrub_bytes(json.dumps(value).encode(), provider.capabilities.id_fields)
        (item,) = provider.read_items(kind, [body], hotel_context(), limit=1)
        return item

    @pytest.mark.parametrize("path", REFERENCES)
    def test_are_refused_if_written_like_on_a_card(self, path: str) -> None:
        (value,) = json.loads(canonical("B-1"))
        reason = self.read(ItemKind.BOOKING, value | REFERENCES[path]).reason
        assert reason is not None
        assert (reason.code, reason.path) == ("bad_id", path)

    def test_of_merged_guests_are_refused(self) -> None:
        version = {"updated_at": "2026-03-01T12:00:00Z"}
        value = {"external_id": "G-1", "source_version": version, "merged_into": SPELLED}
        reason = self.read(ItemKind.GUEST, value).reason
        assert reason is not None
        assert (reason.code, reason.path) == ("bad_id", "merged_into")

    @pytest.mark.parametrize("number", ["****", "R****", "4111111111111111", "99999999"])
    def test_of_other_forms_are_kept(self, number: str) -> None:
        (value,) = json.loads(canonical("B-1"))
        item = self.read(ItemKind.BOOKING, value | {"group_id": number})
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.group_id == number
