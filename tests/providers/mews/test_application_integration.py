"""The client with the use cases, over HTTP against the simulator."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from adapters.outbound.memory.clock import START
from domain.connection import Connection
from domain.messages import InboxItem, InboxState, ItemOutcome
from domain.status import BookingStatus
from domain.sync_run import SyncKind, SyncStatus
from ports.providers import Provider
from tests.application.use_case_harness import App
from tests.providers.mews.invalid_payloads import TransformingProxy, transforming_proxy
from tests.providers.mews.simulator_client import new_simulator
from tests.providers.mews.test_client import connected, some

CARD = "4111 1111 1111 1111"


@dataclass
class OnlyMews:
    provider: Provider

    def get(self, name: str) -> Provider:
        assert name == "mews"
        return self.provider

    def all(self) -> Sequence[Provider]:
        return [self.provider]


class Installation:
    """A hotel connected to the simulator through a proxy that can make responses invalid."""

    def __init__(self, proxy: TransformingProxy) -> None:
        self.proxy = proxy
        self.simulator = proxy.simulator
        self.app = App()
        self.app.providers = OnlyMews(connected())  # type: ignore[assignment]  # a real one
        payload = proxy.simulator.credentials
        self.connection: Connection = self.app.connect(
            self.app.hotel,
            provider="mews",
            settings={"base_url": proxy.base_url},
            secrets={"client_token": payload.client_token, "access_token": payload.access_token},
        )

    def change(self, old: bytes, new: bytes) -> None:
        """Replaces text in each response with reservations."""

        def transform_response(operation: str, text: bytes) -> bytes:
            return text.replace(old, new) if operation.startswith("reservations") else text

        self.proxy.transform_response = transform_response

    def change_booking(self, external_id: str, **fields: object) -> None:
        def transform_response(operation: str, text: bytes) -> bytes:
            if not operation.startswith("reservations"):
                return text
            answer = json.loads(text)
            for payload in answer["Reservations"]:
                if payload["Id"] == external_id:
                    payload.update(fields)
            return json.dumps(answer).encode()

        self.proxy.transform_response = transform_response

    def mend(self) -> None:
        self.proxy.transform_response = lambda _, text: text

    def sync(self, kind: SyncKind = SyncKind.DELTA) -> SyncStatus:
        self.run = self.app.run(kind, of=self.connection)
        return self.run.status

    def quarantined(self) -> InboxItem:
        (row,) = self.app.quarantined()
        return row


@pytest.fixture
def installed() -> Iterator[Installation]:
    simulator = new_simulator(bookings=40, start_date=START.date())
    simulator.start()
    with transforming_proxy(simulator) as proxy:
        yield Installation(proxy)
    simulator.stop()


class TestHotelWithoutLodgingService:
    def test_fails_the_run_with_a_fix(self, installed: Installation) -> None:
        for entry in installed.simulator.catalog.categories:
            entry.body["Type"] = "Desk"
        assert installed.sync() is SyncStatus.FAILED
        assert installed.run.error_code == "misconfigured"
        assert "setting service_ids" in (installed.run.error_detail or "")

    def test_fails_the_run_with_the_path_of_unreadable_services(
        self, installed: Installation
    ) -> None:
        def transform_response(operation: str, text: bytes) -> bytes:
            is_services = operation.startswith("services/getAll")
            return text.replace(b'"Data":{', b'"Data":5,"Old":{') if is_services else text

        installed.proxy.transform_response = transform_response
        assert installed.sync() is SyncStatus.FAILED
        assert installed.run.error_code == "provider_answer_unreadable"
        assert "Services[0].Data" in (installed.run.error_detail or "")


class TestQuarantinedPulledBooking:
    def test_replay_applies_the_repaired_booking_completely(self, installed: Installation) -> None:
        app = installed.app
        stay = some(installed.simulator, state="Confirmed", account_type="Customer")
        installed.change_booking(stay.id, State="Teleported")
        assert installed.sync() is SyncStatus.PARTIAL
        row = installed.quarantined()
        assert row.external_id == stay.id
        assert app.booking(row.external_id, installed.connection) is None
        installed.mend()
        replayed = app.replay(row.hotel_id, row.id)
        assert (replayed.state, replayed.outcome) == (InboxState.DONE, ItemOutcome.APPLIED)
        booking = app.booking(row.external_id, installed.connection)
        assert booking is not None
        assert booking.details.status is BookingStatus.CONFIRMED
        assert booking.details.primary_guest is not None
        assert booking.details.primary_guest.last_name
        assert booking.details.total is not None
        assert booking.details.total.minor == installed.simulator.records.total(stay)
        assert booking.details.rooms[0].nightly_prices
        assert not app.quarantined()

    def test_stays_in_quarantine_until_repaired(self, installed: Installation) -> None:
        installed.change_booking(some(installed.simulator, state="Confirmed").id, State="Nonsense")
        assert installed.sync() is SyncStatus.PARTIAL
        row = installed.quarantined()
        replayed = installed.app.replay(row.hotel_id, row.id)
        assert replayed.state is InboxState.QUARANTINED
        assert installed.quarantined().reason == row.reason


class TestResponseWithDuplicateKey:
    def test_rejects_only_the_item_with_the_duplicate_key(self, installed: Installation) -> None:
        stay = some(installed.simulator, state="Confirmed")
        once = f'"Id":"{stay.id}"'.encode()
        installed.change(once, once + b',"State":"Canceled"')
        assert installed.sync() is SyncStatus.PARTIAL
        row = installed.quarantined()
        assert row.reason is not None
        assert (row.reason.path or "").endswith("State")
        assert installed.app.booking(stay.id, installed.connection) is None
        assert installed.run.counts.created > 20
        installed.mend()
        assert installed.app.replay(row.hotel_id, row.id).state is InboxState.DONE
        assert installed.app.booking(stay.id, installed.connection) is not None


class TestCardNumber:
    def test_is_not_stored(self, installed: Installation) -> None:
        """Neither in stored fields, extras, the inbox nor in events."""
        app = installed.app
        for guest in installed.simulator.hotel.guests.values():
            guest.notes = f"pays with {CARD}, cvv: 123"
        known = b'"Number":'
        payload = json.dumps({"Note": CARD, "cvc": "987", "Plain": int(CARD.replace(" ", ""))})
        installed.change(known, b'"Remark":' + payload.encode() + b',"Number":')
        installed.sync()
        installed.change(b'"State":"Confirmed"', f'"Remark":"{CARD}","State":"Teleported"'.encode())
        assert installed.sync(SyncKind.RECONCILE) is SyncStatus.PARTIAL
        stored = repr(app.store._committed)
        assert "pays with ***" in stored
        assert "1111" in stored
        for card in (CARD, CARD.replace(" ", ""), "123,", '"987"'):
            assert card not in stored.replace("\\", "")
        for row in app.inbox():
            assert CARD.encode() not in row.body
            assert b"**** **** **** 1111" in row.body
        assert CARD not in json.dumps(app.events())
