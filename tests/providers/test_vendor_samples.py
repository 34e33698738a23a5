"""All available vendor samples: the kind each is accepted as, and variants with a field removed or
added."""

import copy
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from domain.errors import PmsError
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot
from ports.providers import HotelContext, Provider, ReadItem
from tests.providers.vendor_payloads import SAMPLES, installed_provider, needs_samples

CONTEXT = HotelContext(
    time_zone="Europe/Vienna", currency="EUR", observed_at=datetime(2026, 11, 1, tzinfo=UTC)
)
FOLDERS = {"alpinebits": "ota"}
KINDS = (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY)
WEBHOOK = ItemKind.NOTIFICATION

# Per vendor and file: the kinds it is accepted as, and the number of mapped items. Other files must
# be rejected as every kind.
SAMPLES_READ = """
[mews]
op-reservations__get-all-reservations-ver-2023-06-06-response.json BOOKING=1
# An extract with a placeholder as state.
guide-serialization__serialization-coproducts-2.json BOOKING=0
op-customers__search-customers-response.json GUEST=1
op-services__get-service-availability-ver-2024-01-22-response.json AVAILABILITY=5
webhook-websockets__websockets-message-body.json NOTIFICATION=2
webhook-wh-general__general-webhooks-request-body.json NOTIFICATION=5
[apaleo]
swagger2021-booking-BookingReservationsGet__resp-200.json BOOKING=2
# Its embedded reservations have no `modified`.
swagger2021-booking-BookingBookingsByIdGet__resp-200.json BOOKING=0
3p-event-reservation-changed.json NOTIFICATION=1
[cloudbeds]
guest-profiles-v1.0-get-profiles-profileId__resp-200.json GUEST=1
# Its rooms have no room type.
myallocator-Delivery-Method__Example-of-a-JSON-booking.json BOOKING=1 AVAILABILITY=0
myallocator-RoomAvailabilityList__RoomAvailabilityList.json AVAILABILITY=4
ota-build-to-us-v5.3-ari-update__req--ARIUpdate.json AVAILABILITY=22
ota-build-to-us-v5.3-booking-create__req--BookingCreate.json BOOKING=1
# A list of references, without fields of a booking.
ota-build-to-us-v5.3-get-booking-list__resp-200--Success.json BOOKING=0
# A reference without the status of the reservation.
webhook-reservation-created.json BOOKING=0 NOTIFICATION=1
webhook-reservation-dates_changed.json NOTIFICATION=1
webhook-guest-created.json NOTIFICATION=1
[ohip]
rsv-getReservation__resp-200.json BOOKING=1
rsv-getReservations__resp-200.json BOOKING=3
# Its only id has no type, and a company is not a guest.
crm-getProfileByExtId__resp-200.json GUEST=0
crm-getCompanyProfile__resp-200.json GUEST=0
# A report of another kind, without counts of rooms.
inv-getInventoryStatistics__resp-200.json BOOKING=0 GUEST=0 AVAILABILITY=0
int-getBusinessEvents__resp-200.json NOTIFICATION=3
[alpinebits]
alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ-empty.xml AVAILABILITY=1
alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ.xml AVAILABILITY=1
alpinebits-2020_10-FreeRooms-OTA_HotelInvCountNotifRQ.xml AVAILABILITY=1
alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-categories.xml AVAILABILITY=1
alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-rooms.xml AVAILABILITY=1
alpinebits-2020_10-HotelAvailNotifRQ_err_categories-and-rooms-mixed.xml AVAILABILITY=0
alpinebits-2020_10-HotelAvailNotifRQ_err_no-uniqueid-and-reset.xml AVAILABILITY=0
htng-OTA_HotelInvCountNotifRQ-create.xml AVAILABILITY=1
alpinebits-2018_10-GuestRequests-OTA_HotelResNotifRQ-reservation-push.xml BOOKING=1
alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-reservation.xml BOOKING=1
# A quote request is not a booking.
alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-request-with-roomtype.xml BOOKING=0
siteminder-OTA_HotelResNotifRQ-cancel.xml BOOKING=1
"""


def parse_table(text: str) -> dict[str, dict[str, dict[ItemKind, int]]]:
    found: dict[str, dict[str, dict[ItemKind, int]]] = {}
    for line in text.strip().splitlines():
        if line.startswith("["):
            files = found.setdefault(line.strip("[]"), {})
        elif not line.startswith("#"):
            name, *kinds = line.split()
            counts = (kind.split("=") for kind in kinds)
            files[name] = {ItemKind[kind]: int(count) for kind, count in counts}
    return found


READ = parse_table(SAMPLES_READ)


def files(provider: str) -> list[Path]:
    folder = SAMPLES / FOLDERS.get(provider, provider)
    return sorted(path for path in folder.glob("*") if path.suffix != ".tsv")


def all_files() -> Iterator[Any]:
    for provider in READ:
        for path in files(provider):
            yield pytest.param(provider, path, id=f"{provider}-{path.stem}")


every_sample = pytest.mark.parametrize(("provider", "path"), list(all_files()))


def understood(provider: Provider, kind: ItemKind, body: bytes) -> int | None:
    """None if the message is rejected."""
    try:
        if kind is WEBHOOK:
            return len(provider.read_notification(body, CONTEXT).refs)
        items = read(provider, kind, body)
    except PmsError:
        return None
    return sum(item.snapshot is not None for item in items)


def read(
    provider: Provider, kind: ItemKind, body: bytes, *, explain: bool = False
) -> Sequence[ReadItem]:
    items = provider.read_items(kind, [body], CONTEXT, limit=10_000, explain=explain)
    for item in items:
        assert (item.snapshot is None) != (item.reason is None)
        assert item.reason is None or (item.reason.code and item.reason.detail)
    return items


@needs_samples
@every_sample
class TestVendorSamples:
    def test_is_accepted_for_its_kind_only(self, provider: str, path: Path) -> None:
        body = scrub_bytes(path.read_bytes())
        found = {
            kind: understood(installed_provider(provider), kind, body) for kind in (*KINDS, WEBHOOK)
        }
        as_something = {kind: count for kind, count in found.items() if count is not None}
        assert as_something == READ[provider].get(path.name, {})

    def test_missing_field_is_mapped_or_rejected_with_path(self, provider: str, path: Path) -> None:
        for kind in READ[provider].get(path.name, {}):
            for body in some(without_one_field(path)):
                understood(installed_provider(provider), kind, body)

    def test_keeps_unknown_field(self, provider: str, path: Path) -> None:
        for kind, count in READ[provider].get(path.name, {}).items():
            body = with_a_new_field(path)
            assert understood(installed_provider(provider), kind, body) == count
            if kind in (ItemKind.BOOKING, ItemKind.GUEST):
                for item in read(installed_provider(provider), kind, body):
                    if isinstance(item.snapshot, BookingSnapshot | GuestSnapshot):
                        assert item.snapshot.extras
                        assert any(NEW in name for name, _ in item.snapshot.extras)  # type: ignore[union-attr]  # not absent: asserted above

    def test_traces_every_field(self, provider: str, path: Path) -> None:
        for kind in READ[provider].get(path.name, {}):
            if kind is WEBHOOK:
                continue
            for item in read(installed_provider(provider), kind, path.read_bytes(), explain=True):
                assert item.reason is not None or item.field_trace
                assert all(target for _, target in item.field_trace)


NEW = "aFieldOfTomorrow"
MOST = 150


def some(bodies: Iterator[bytes]) -> list[bytes]:
    """Evenly spread if there are many: large samples are repetitive."""
    every = list(bodies)
    return every[:: len(every) // MOST + 1]


def without_one_field(path: Path) -> Iterator[bytes]:
    if path.suffix == ".xml":
        yield from without_one_part(path)
        return
    complete = json.loads(path.read_bytes())
    for place in list(value_paths(complete)):
        changed = copy.deepcopy(complete)
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        del holder[place[-1]]
        yield json.dumps(changed).encode()


def without_one_part(path: Path) -> Iterator[bytes]:
    """Variants without one element or attribute."""
    complete = etree.parse(path)
    count = len(list(complete.iter(etree.Element)))
    for number in range(1, count):
        tree = copy.deepcopy(complete)
        element = list(tree.iter(etree.Element))[number]
        element.getparent().remove(element)
        yield etree.tostring(tree)
        for name in element.attrib:
            tree = copy.deepcopy(complete)
            del list(tree.iter(etree.Element))[number].attrib[name]
            yield etree.tostring(tree)


def value_paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Variants without one field."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield (*at, key)
            yield from value_paths(held, (*at, key))
    if isinstance(value, list):
        for index, held in enumerate(value[:2]):
            yield from value_paths(held, (*at, index))


def with_a_new_field(path: Path) -> bytes:
    """Adds a field to every object."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: changed(held) for key, held in value.items()}, NEW: {"a": 1}}
        return [changed(held) for held in value] if isinstance(value, list) else value

    if path.suffix == ".xml":
        tree = etree.parse(path)
        for element in list(tree.iter(etree.Element)):
            element.set(NEW, "1")
            etree.SubElement(element, f"{{{etree.QName(element).namespace or ''}}}{NEW}")
        return etree.tostring(tree)
    return json.dumps(changed(json.loads(path.read_bytes()))).encode()
