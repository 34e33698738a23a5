"""Each field with invalid values: the item is mapped, or rejected with its path."""

import json
from typing import Any

import pytest

from domain.messages import ItemKind
from ports.errors import UnreadableMessage
from tests.providers.ohip.payloads import (
    context,
    ids,
    list_response,
    listed,
    provider,
    read,
    room_stay,
    sample,
    single,
    single_response,
)
from tests.providers.ohip.test_availability_mapping import night, statistics
from tests.providers.ohip.test_guest_mapping import profile_payload as profile
from tests.providers.ohip.test_notifications import event
from tests.providers.ohip.test_notifications import listed as events
from tests.providers.schema_instances import is_traced, leaf_paths
from tests.providers.vendor_payloads import value_paths, with_value

INVALID_VALUES: tuple[Any, ...] = (
    None,
    17,
    -1,
    "",
    "?",
    True,
    [],
    {},
    [[]],
    [{}],
    {"a": 1},
    1e300,
    "\0",
)
LISTED = listed(
    roomStay=room_stay(childAges=[{"age": 3}], rateAmount={"amount": 1, "currencyCode": "EUR"}),
    sharedGuests=[{"reservationId": {"id": "2", "type": "Reservation"}}],
    attachedProfiles=[{"reservationProfileType": "Company", "name": "Acme"}],
    cancellationInfo={"description": "x", "code": "y", "date": "2026-03-01"},
    revenuesAndBalances={"totalPayment": {"amount": 1, "currencyCode": "EUR"}},
    reservationPaymentMethod={"paymentCard": {"cardType": "Va"}},
    computedReservationStatus="DueIn",
)
SINGLE = single(
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
    pytest.param(ItemKind.BOOKING, list_response(LISTED), id="listed"),
    pytest.param(ItemKind.BOOKING, single_response(SINGLE), id="single"),
    pytest.param(ItemKind.GUEST, GUEST, id="profile"),
    pytest.param(ItemKind.AVAILABILITY, statistics(night(RoomsSold=1)), id="statistics"),
]


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS)
class TestItems:
    def test_invalid_value_is_mapped_or_rejected(self, kind: ItemKind, payload: Any) -> None:
        tried = 0
        for path in value_paths(payload):
            for invalid in (..., *INVALID_VALUES):
                body = with_value(payload, path, invalid)
                try:
                    found = read(kind, body, explain=True)
                except UnreadableMessage:
                    assert len(path) <= 3 or kind is ItemKind.AVAILABILITY, path
                    continue
                for item in found:
                    assert (item.snapshot is None) is (item.reason is not None)
                    assert item.reason is None or item.reason.path
                tried += 1
        assert tried > 100


class TestEvents:
    def test_invalid_value_is_parsed_or_rejected(self) -> None:
        body = events(event(), event("Profile"))
        for path in value_paths(body):
            for invalid in (..., *INVALID_VALUES):
                raw = json.dumps(with_value(body, path, invalid)).encode()
                try:
                    fields = provider.read_notification(raw, context())
                except UnreadableMessage:
                    continue
                assert len(fields.refs) + len(fields.ignored) >= 0


class TestFieldTrace:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (ItemKind.BOOKING, "rsv-getReservations__resp-200.json"),
            (ItemKind.BOOKING, "rsv-getReservation__resp-200.json"),
        ],
    )
    def test_has_every_field_of_vendor_samples(self, kind: ItemKind, name: str) -> None:
        body = sample(name)
        for item in read(kind, body, explain=True):
            field_trace = tuple(path for path, _ in item.field_trace)
            for leaf in leaf_paths(json.loads(item.raw), with_empty=True):
                assert is_traced(leaf, field_trace), leaf

    def test_has_every_field_of_a_profile(self) -> None:
        (item,) = read(ItemKind.GUEST, dict(GUEST, profileIdList=ids(Profile="1")), explain=True)
        field_trace = tuple(path for path, _ in item.field_trace)
        for leaf in leaf_paths(GUEST | {"profileIdList": ids(Profile="1")}, with_empty=True):
            assert is_traced(leaf, field_trace), leaf
