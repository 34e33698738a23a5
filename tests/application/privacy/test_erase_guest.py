"""An erased guest stays erased, whatever is received before, meanwhile and afterwards."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.events.in_process_bus import InProcessEventBus
from application.errors import InvalidRequest, NotFound
from application.events.relay_outbox import LONGEST_PAUSE, RelayOutbox
from application.privacy.erase_guest import EraseGuest, ErasureResult
from application.privacy.stored_person import PersonRequest
from domain.messages import ItemKind, OutboxMessage
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party, PartyRole
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import ABSENT
from ports.errors import ProviderRejected, VendorError
from ports.providers import Ref, RefKind
from tests.application.use_case_harness import App, booked, guest

NAME = "Lovelace"
ADA = Party(guest_id="G1", first_name="Ada", last_name=NAME)
BOB = Party(guest_id="G2", first_name="Bob", last_name="Rider")
COMPANION = replace(ADA, role=PartyRole.COMPANION)


def received(number: int) -> list[BookingSnapshot | GuestSnapshot]:
    """Version `number` of all that the provider has of the guest."""
    return [
        guest("G1", number, last_name=NAME, notes=f"{number}"),
        guest("G0", number, last_name=NAME, merged_into="G1"),
        booked("B1", number, primary_guest=ADA, notes=f"{NAME} {number}"),
        booked("B2", number, primary_guest=BOB, further_guests=(COMPANION,)),
        booked("B3", number, BookingStatus.CANCELED, primary_guest=ADA, cancel_reason=NAME),
        replace(
            booked("B4", number, BookingStatus.CANCELED, primary_guest=ADA, cancel_reason=NAME),
            stay=ABSENT,
        ),
    ]


def erase(app: App, external_id: str | None = "G1", *bookings: str) -> ErasureResult:
    request = PersonRequest(
        hotel_id=app.hotel.id,
        provider=app.connection.provider,
        external_id=external_id,
        booking_ids=frozenset(bookings),
    )
    erase_guest = EraseGuest(
        app.unit_of_work, app.clock, app.ids, app.randomness, app.store.shred_deleted, app.audit
    )
    return erase_guest(request)


def is_named(app: App) -> bool:
    """In any table, payloads included."""
    return NAME in repr(app.store._committed)


def push(app: App, snapshot: BookingSnapshot | GuestSnapshot, *, deferred: bool) -> None:
    kind = ItemKind.GUEST if isinstance(snapshot, GuestSnapshot) else ItemKind.BOOKING
    app.push(snapshot, kind=kind, deferred=deferred)


def perform(app: App, action: str, snapshot: BookingSnapshot | GuestSnapshot) -> None:
    match action:
        case "sync":
            app.run(SyncKind.DELTA, app.page(snapshot))
        case "work":
            app.run_jobs()
        case _:
            push(app, snapshot, deferred=action == "later")


class TestErasedGuest:
    @pytest.mark.parametrize("kind", SyncKind)
    def test_is_not_recreated_by_a_sync(self, app: App, kind: SyncKind) -> None:
        app.run(kind, app.page(*received(1)))
        erase(app)
        run = app.run(kind, app.page(*received(2)))
        assert not is_named(app)
        assert (run.counts.quarantined, run.error_code) == (0, None)
        before = len(app.events())
        app.run(kind, app.page(*received(2)))
        changed = [event for event in app.events()[before:] if "sync." not in event["type"]]
        assert changed == []

    def test_is_not_recreated_by_a_fetch(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(*received(1)))
        erase(app)
        app.provider.holds(*received(2))
        app.notify(Ref(RefKind.BOOKING, "B1"), Ref(RefKind.GUEST, "G1"))
        app.run_jobs()
        assert not is_named(app)

    def test_is_erased_with_the_error_responses_of_the_hotel(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(*received(1)))
        error = ProviderRejected()
        error.vendor_error = VendorError(None, f"{NAME} has no profile")
        app.run(SyncKind.DELTA, error)
        assert is_named(app)
        erase(app)
        assert not is_named(app)

    def test_keeps_stays_rooms_and_amounts(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(*received(1)))
        before = app.known("B1").details
        erase(app)
        after = app.known("B1").details
        kept = ("status", "stay", "rooms", "holds_inventory", "total", "paid", "balance", "source")
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]

    @given(
        erased_at=st.integers(0, 5),
        actions=st.lists(
            st.tuples(st.sampled_from(["sync", "push", "later", "work"]), st.integers(0, 5)),
            min_size=5,
            max_size=9,
        ),
    )
    def test_is_forgotten_in_any_order(
        self, erased_at: int, actions: list[tuple[str, int]]
    ) -> None:
        app = App()
        app.run(SyncKind.FULL, app.page(*received(1)))
        for number, (action, index) in enumerate(actions, start=2):
            if number - 2 == erased_at:
                erase(app)
            snapshot = received(number)[index]
            perform(app, action, snapshot)
        erase(app)
        app.run_jobs()
        assert not is_named(app)

    def test_without_an_id_is_erased_by_booking(self, app: App) -> None:
        nameless = replace(ADA, guest_id=None)
        app.push(booked("B9", 1, primary_guest=nameless))
        erase(app, None, "B9")
        app.push(booked("B9", 2, primary_guest=nameless, notes=NAME))
        assert not is_named(app)
        app.push(booked("B9", 3, primary_guest=BOB))
        assert app.known("B9").details.primary_guest == BOB

    def test_is_erased_at_one_provider_only(self, app: App) -> None:
        other = app.connect(app.hotel, provider="push_only", name="other")
        for connection in (app.connection, other):
            app.push(guest("G1", last_name=NAME), kind=ItemKind.GUEST, to=connection)
        assert erase(app).guests == 1
        assert erase(app).guests == 0
        with app.store.unit_of_work() as uow:
            assert uow.guests.load(app.hotel.id, "push_only", ["G1"])
            assert not uow.guests.load(app.hotel.id, app.connection.provider, ["G1"])

    def test_is_reported_after_all_earlier_events_of_the_guest(self, app: App) -> None:
        delivered: list[str] = []

        def fail(message: OutboxMessage) -> None:
            raise ValueError(message.type)

        def relay(subscriber: Callable[[OutboxMessage], None]) -> None:
            RelayOutbox(app.unit_of_work, InProcessEventBus({"s": subscriber}), app.clock, "r")()

        app.push(guest("G1"), kind=ItemKind.GUEST)
        relay(fail)
        erase(app)
        for _ in range(3):
            relay(lambda message: delivered.append(message.type))
            app.clock.advance(LONGEST_PAUSE)
        assert delivered == ["pms.guest.synced", "pms.guest.erased"]

    def test_must_be_known(self, app: App) -> None:
        with pytest.raises(NotFound):
            erase(app, "nobody")
        with pytest.raises(InvalidRequest):
            erase(app, None)
