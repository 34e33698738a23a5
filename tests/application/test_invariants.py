"""Invariants of the use cases. Under reordering, loss, outages and kills: tests/simulation."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.errors import ConnectionNotFound, Forbidden
from application.ingest.ingest_items import Push
from domain.messages import ItemKind
from domain.snapshots import Party
from domain.sync_run import SyncKind
from domain.values import Money
from ports.errors import ProviderUnavailable
from ports.providers import Ref, RefKind
from tests.application.use_case_harness import App, booked, guest


class TestNeverBackwards:
    """Rule 2."""

    @settings(max_examples=100)
    @given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
    def test_any_order_of_pushes_ends_with_the_newest(
        self, order: list[int], again: list[int]
    ) -> None:
        app = App()
        lines = [app.provider.line(booked(number=n, notes=f"{n}")) for n in range(6)]
        versions = []
        for n in (*order, *again):
            app.push(lines[n])
            versions.append(app.known().version)
        assert versions == sorted(versions)
        assert app.known().details.notes == "5"


class TestTenancy:
    """Rule 6."""

    def test_the_hotel_comes_from_the_credential_alone(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(booked(notes="theirs"), to=other)
        app.push(booked(notes="ours"))
        theirs = app.booking(of=other)
        assert theirs is not None
        assert theirs.details.notes == "theirs"
        assert app.known().details.notes == "ours"
        assert {e["data"]["hotelId"] for e in app.events()} == {
            str(app.hotel.id),
            str(other.hotel_id),
        }

    def test_a_sync_never_marks_another_connections_booking_deleted(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(booked(), to=other)
        app.push(booked())
        app.run(SyncKind.RECONCILE)
        theirs = app.booking(of=other)
        assert theirs is not None
        assert theirs.details.deleted_at_source is None
        assert app.known().details.deleted_at_source is not None

    def test_no_job_of_one_hotel_opens_anothers_batch(self, app: App) -> None:
        batch = app.push(booked(), deferred=True).batch_id
        other_hotel = app.add_hotel()
        assert app.process(other_hotel.id, batch) == []
        assert app.booking() is None

    def test_a_credential_of_one_provider_does_not_write_for_another(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only", key="push_only")
        with pytest.raises(Forbidden):
            app.ingest(
                app.caller(push_only),
                Push(provider="scripted", kind=ItemKind.BOOKING, body=b"x", correlation_id="c"),
            )
        with pytest.raises(ConnectionNotFound):
            app.notify(Ref(RefKind.BOOKING, "B1"), key="push_only")


class TestIsolation:
    """Rule 8."""

    @settings(max_examples=60)
    @given(st.lists(st.booleans(), min_size=1, max_size=12))
    def test_each_good_item_is_stored_whatever_is_around_it(self, good: list[bool]) -> None:
        for deferred in (False, True):
            app = App()
            lines = [
                app.provider.line(booked(f"B{n}")) if fine else f"bad {n}".encode()
                for n, fine in enumerate(good)
            ]
            app.push(*lines, deferred=deferred)
            app.run_jobs()
            stored = [app.booking(f"B{n}") is not None for n in range(len(good))]
            assert stored == good
            assert len(app.quarantined()) == good.count(False)


class TestSecretsAndPersonalData:
    """Rule 10: canaries in every field that may hold personal data or secrets."""

    CANARY = "Zanzibar-Quokka"

    def test_stay_out_of_jobs_events_errors_and_reprs(self, app: App) -> None:
        good = booked(
            primary_guest=Party(first_name=self.CANARY, email=f"{self.CANARY}@example.org"),
            notes=self.CANARY,
            special_requests=self.CANARY,
            total=Money(1, "EUR"),
            extras=((self.CANARY, '"x"'),),
        )
        app.connect(app.hotel, key=self.CANARY, secrets={"trust": "vendor", "t": self.CANARY})
        bad = f"{self.CANARY} in a line that nobody understands".encode()
        app.push(good, bad, deferred=True)
        seen = [repr(app.queue.jobs)]
        app.run_jobs()
        app.push(guest(first_name=self.CANARY, email=self.CANARY), kind=ItemKind.GUEST)
        app.push(booked(number=2, notes=f"{self.CANARY} 2"))
        app.provider.refusal = ProviderUnavailable()
        app.notify(Ref(RefKind.BOOKING, "B1"), key=self.CANARY, new_secrets={"t": self.CANARY})
        seen.append(repr(app.queue.jobs))
        app.run_jobs()
        app.deliver(bad, key=self.CANARY)
        app.run_jobs()
        run = app.run(SyncKind.DELTA, ProviderUnavailable())
        seen += [json.dumps(app.events()), repr(run), repr(app.runs())]
        seen += [str(row.reason) for row in app.inbox()]
        with pytest.raises(ConnectionNotFound) as caught:
            app.deliver(b"x", key="wrong" + self.CANARY)
        seen += [str(caught.value), repr(caught.value)]
        assert [text for text in seen if self.CANARY in text] == []
        assert len(app.events()) > 4
        assert all(self.CANARY not in repr(account) for account in app.provider.accounts)
