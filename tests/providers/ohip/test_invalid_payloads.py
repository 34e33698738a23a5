"""Whatever stands in a field, an item is mapped or refused with a reason that names it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from domain.messages import ItemKind
from ports.errors import UnreadableMessage
from tests.providers.ohip.payloads import (
    alone,
    context,
    ids,
    in_list,
    listed,
    provider,
    read,
    room_stay,
    sample,
    single,
)
from tests.providers.ohip.test_availability_mapping import night, statistics
from tests.providers.ohip.test_guest_mapping import alone as profile
from tests.providers.ohip.test_notifications import event
from tests.providers.ohip.test_notifications import listed as events

SPOILS: tuple[Any, ...] = (None, 17, -1, "", "?", True, [], {}, [[]], [{}], {"a": 1}, 1e300, "\0")
FULL = listed(
    roomStay=room_stay(childAges=[{"age": 3}], rateAmount={"amount": 1, "currencyCode": "EUR"}),
    sharedGuests=[{"reservationId": {"id": "2", "type": "Reservation"}}],
    attachedProfiles=[{"reservationProfileType": "Company", "name": "Acme"}],
    cancellationInfo={"description": "x", "code": "y", "date": "2026-03-01"},
    revenuesAndBalances={"totalPayment": {"amount": 1, "currencyCode": "EUR"}},
    reservationPaymentMethod={"paymentCard": {"cardType": "Va"}},
    computedReservationStatus="DueIn",
)
ALONE = single(
    comments=[{"comment": {"text": {"value": "x"}, "type": "RESERVATION"}}],
    reservationProfiles={
        "reservationProfile": [
            {"reservationProfileType": "Company", "profile": {"company": {"companyName": "A"}}}
        ]
    },
    reservationPaymentMethods=[{"paymentCard": {"cardType": "Va"}}],
    sharedGuests=[{"reservationId": {"id": "2", "type": "Reservation"}}],
)
GUEST = profile(
    emails={"emailInfo": [{"email": {"emailAddress": "a@example.com", "primaryInd": True}}]},
    addresses={"addressInfo": [{"address": {"addressLine": ["1"], "country": {"code": "AT"}}}]},
    privacyInfo={"optInEmail": True},
    lastStayInfo={"lastVisit": "2026-01-01", "totalStay": 1},
)
PAYLOADS = [
    pytest.param(ItemKind.BOOKING, in_list(FULL), id="listed"),
    pytest.param(ItemKind.BOOKING, alone(ALONE), id="single"),
    pytest.param(ItemKind.GUEST, GUEST, id="profile"),
    pytest.param(ItemKind.AVAILABILITY, statistics(night(RoomsSold=1)), id="statistics"),
]


def value_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, one in inner:
        yield from value_paths(one, (*path, key))


def invalid_variants(value: Any, path: tuple[Any, ...], spoil: Any) -> Any:
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    if spoil is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = spoil
    return changed


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS)
class TestItems:
    def test_with_any_field_spoiled_are_mapped_or_refused(
        self, kind: ItemKind, payload: Any
    ) -> None:
        tried = 0
        for path in value_paths(payload):
            for spoil in (..., *SPOILS):
                body = invalid_variants(payload, path, spoil)
                try:
                    found = read(kind, body, explain=True)
                except UnreadableMessage:
                    assert len(path) <= 3, path
                    continue
                for item in found:
                    assert (item.snapshot is None) is (item.reason is not None)
                    assert item.reason is None or item.reason.path
                tried += 1
        assert tried > 100


class TestEvents:
    def test_with_any_field_spoiled_are_read_or_refused(self) -> None:
        body = events(event(), event("Profile"))
        for path in value_paths(body):
            for spoil in (..., *SPOILS):
                raw = json.dumps(invalid_variants(body, path, spoil)).encode()
                try:
                    fields = provider.read_notification(raw, context())
                except UnreadableMessage:
                    continue
                assert len(fields.refs) + len(fields.ignored) >= 0


class TestFields:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (ItemKind.BOOKING, "rsv-getReservations__resp-200.json"),
            (ItemKind.BOOKING, "rsv-getReservation__resp-200.json"),
        ],
    )
    def test_of_the_vendors_own_each_have_a_home(self, kind: ItemKind, name: str) -> None:
        body = sample(name)
        for item in read(kind, body, explain=True):
            field_trace = tuple(path for path, _ in item.field_trace)
            for leaf in leaves(json.loads(item.raw)):
                assert any(
                    leaf == target or leaf.startswith((f"{target}.", f"{target}["))
                    for target in field_trace
                ), leaf

    def test_of_a_profile_each_have_a_home(self) -> None:
        (item,) = read(ItemKind.GUEST, dict(GUEST, profileIdList=ids(Profile="1")), explain=True)
        field_trace = tuple(path for path, _ in item.field_trace)
        for leaf in leaves(GUEST | {"profileIdList": ids(Profile="1")}):
            assert any(
                leaf == target or leaf.startswith((f"{target}.", f"{target}["))
                for target in field_trace
            ), leaf


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from leaves(one, f"{path}[{number}]")
    else:
        yield path
