"""AlpineBits, OTA XML and SOAP over HTTP, with a SQLite store."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from adapters.inbound.rest.use_cases import RestOptions
from adapters.outbound.persistence.stores import inbox
from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml
from tests.http.graphql_client import run_query
from tests.http.http_harness import HttpHarness, sql_harness
from tests.http.ota_sender import (
    COUNTS,
    LIMITS,
    NAMESPACE,
    PASSWORD,
    PATH,
    PING,
    PUSH,
    SOAP,
    Sender,
    alpinebits,
    closing,
    counts,
    error_of,
    inventory,
    limit,
    limits,
    reservation,
    reservations,
    succeeded,
)

SPECS = Path(os.environ.get("PMS_VENDOR_SPECS", "../shared/vendor-specs")) / "alpinebits"
SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", "../shared/vendor-samples")) / "ota"
XSDS = {
    "2020-10": "alpinebits-2020-10-2020-10.xsd",
    "2018-10": "alpinebits-2018-10-2018-10.xsd",
    "2017-10": "alpinebits-2017-10-2017-10.xsd",
    "2015-07b": "alpinebits-2015-07b-2015-07.xsd",
}
NIGHTS = ("2026-03-10", "2026-03-12")
CELLS = """{availability(filter: {from: "2026-03-01", to: "2026-12-31"})
  {roomTypeId date available}}"""
BOOKINGS = "{bookings {edges {node {externalId status}}}}"


@pytest.fixture
def installed(upgraded_sqlite_url: str) -> Iterator[HttpHarness]:
    options = RestOptions(max_body_bytes=4_000_000)
    with sql_harness(
        upgraded_sqlite_url, options=options, further_providers=alpinebits()
    ) as harness:
        yield harness


@pytest.fixture
def sender(installed: HttpHarness) -> Sender:
    return connected(installed, "alpha", hotel_code="123")


def connected(installed: HttpHarness, hotel: str, **settings: str) -> Sender:
    installed.hotel(hotel)
    _, key = installed.connection(hotel, "alpinebits", password=PASSWORD, **settings)
    return Sender(installed.client, key)


def cells(installed: HttpHarness, hotel: str = "alpha") -> dict[tuple[str, str], int]:
    caller = installed.caller(hotel, provider="alpinebits")
    found = run_query(caller, CELLS)["availability"]
    return {(c["roomTypeId"], c["date"][5:]): c["available"] for c in found}


def statuses(installed: HttpHarness, hotel: str = "alpha") -> dict[str, str]:
    edges = run_query(installed.caller(hotel, provider="alpinebits"), BOOKINGS)["bookings"]["edges"]
    return {edge["node"]["externalId"]: edge["node"]["status"] for edge in edges}


def events(installed: HttpHarness) -> list[str]:
    with installed.store.unit_of_work() as uow:
        return [message.type for message in uow.outbox.next_batch(limit=100)]


def quarantined(installed: HttpHarness) -> list[Any]:
    caller = installed.caller("alpha", provider="alpinebits")
    found: list[Any] = caller.get("/api/pms/quarantine").get_json()["items"]
    return found


def inbox_bodies(installed: HttpHarness) -> list[str]:
    queries = installed.store.queries
    with queries.pool.reading() as session:
        rows = session.rows(f"{inbox.SELECT} ORDER BY id", ())
    return [inbox.item_of(row, queries.sealer).body.decode() for row in rows]


def line_of(response: TestResponse, status: int) -> str:
    """The standard's one-line response to an invalid request."""
    assert (response.status_code, response.mimetype) == (status, "text/plain")
    return response.get_data(as_text=True)


class TestFreeRooms:
    def test_are_stored_before_the_response(self, installed: HttpHarness, sender: Sender) -> None:
        succeeded(sender.form(COUNTS, counts(inventory(*NIGHTS, count=3))))
        assert cells(installed) == {("DBL", f"03-{day}"): 3 for day in (10, 11, 12)}

    def test_are_read_from_limits_of_older_clients(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sender.version = "2018-10"
        message = limits(limit(*NIGHTS, count=5, BookingThreshold="2"))
        assert succeeded(sender.form(LIMITS, message)).name == "OTA_HotelAvailNotifRS"
        assert set(cells(installed).values()) == {3}

    def test_of_a_complete_set_replace_all_others(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sent = (inventory(*NIGHTS, count=3), inventory(*NIGHTS, "SGL", 1))
        succeeded(sender.form(COUNTS, counts(*sent, complete=True)))
        installed.clock.advance(timedelta(minutes=1))
        fewer = counts(inventory("2026-03-11", "2026-03-11", count=2), complete=True)
        succeeded(sender.form(COUNTS, fewer))
        left = {key: number for key, number in cells(installed).items() if number}
        assert left == {("DBL", "03-11"): 2}
        installed.clock.advance(timedelta(minutes=1))
        succeeded(sender.form(COUNTS, counts("<Inventory/>", complete=True)))
        assert set(cells(installed).values()) == {0}

    def test_are_zero_in_a_closing_season(self, installed: HttpHarness, sender: Sender) -> None:
        message = counts(
            closing("2026-03-11", "2026-03-12"),
            inventory("2026-03-10", "2026-03-10", count=3),
            complete=True,
        )
        succeeded(sender.form(COUNTS, message))
        assert cells(installed) == {("DBL", "03-10"): 3, ("DBL", "03-11"): 0, ("DBL", "03-12"): 0}

    def test_of_single_rooms_are_summed(self, installed: HttpHarness, sender: Sender) -> None:
        rooms = [inventory(*NIGHTS, count=1, room=name) for name in ("101", "102")]
        succeeded(sender.form(COUNTS, counts(*rooms, complete=True)))
        assert set(cells(installed).values()) == {2}
        installed.clock.advance(timedelta(minutes=1))
        succeeded(sender.form(COUNTS, counts(inventory("2026-03-10", "2026-03-10", room="101"))))
        assert cells(installed)["DBL", "03-10"] == 1

    def test_repeated_are_one_change(self, installed: HttpHarness, sender: Sender) -> None:
        message = counts(inventory(*NIGHTS, count=3), TimeStamp="2026-03-01T11:00:00Z")
        for _ in range(3):
            succeeded(sender.form(COUNTS, message))
            installed.clock.advance(timedelta(minutes=1))
        assert len(events(installed)) == 1

    def test_that_are_older_are_ignored(self, installed: HttpHarness, sender: Sender) -> None:
        for stamp, count in (("2026-03-01T11:00:00Z", 3), ("2026-03-01T10:00:00Z", 7)):
            message = counts(inventory(*NIGHTS, count=count), TimeStamp=stamp)
            succeeded(sender.form(COUNTS, message))
        assert set(cells(installed).values()) == {3}

    def test_that_break_a_rule_are_quarantined(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        broken = counts(inventory(*NIGHTS, count=3), inventory("2026-03-12", "2026-03-13", count=1))
        responses = error_of(sender.form(COUNTS, broken))
        assert (responses["Type"], responses["Code"]) == ("13", "404")
        assert "Inventory[1]" in responses["text"]
        assert cells(installed) == {}
        (row,) = quarantined(installed)
        assert row["reason"]["code"] == "overlap"

    @pytest.mark.parametrize("version", ["2022-10", "2020-10", "2018-10", "2017-10", "2015-07b"])
    def test_that_are_misspelt_are_quarantined(
        self, installed: HttpHarness, sender: Sender, version: str
    ) -> None:
        sender.version = version
        if version > "2020":
            action, sent = COUNTS, counts(inventory(*NIGHTS, count=3))
            wrong = sent.replace("Inventory>", "Inventorry>")
        else:
            action, sent = LIMITS, limits(limit(*NIGHTS))
            wrong = sent.replace("AvailStatusMessage>", "AvailstatusMessage>").replace(
                "<AvailStatusMessage ", "<AvailstatusMessage "
            )
        assert error_of(sender.form(action, wrong))["Code"] == "320"
        (row,) = quarantined(installed)
        assert row["reason"]["code"] == "unknown_element"
        assert cells(installed) == {}

    def test_in_soap_are_closed_by_a_restriction(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sent = counts(
            inventory("2026-03-09", "2026-03-15", count=3)
            .replace("InvTypeCode", 'Sat="true" Sun="true" InvTypeCode')
            .replace("</Inventory>", '<RestrictionStatus Status="Close"/></Inventory>')
        )
        succeeded(sender.soap(sent))
        query = CELLS.replace("-12-", "-03-").replace(" available}", " available closed}")
        found = run_query(installed.caller("alpha", provider="alpinebits"), query)["availability"]
        assert [(c["date"][8:], c["available"], c["closed"]) for c in found] == [
            ("14", 3, True),
            ("15", 3, True),
        ]

    def test_delta_without_a_complete_set_requests_one(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        change, complete_set = counts(inventory(*NIGHTS)), counts(inventory(*NIGHTS), complete=True)
        (asked,) = warnings_of(succeeded(sender.form(COUNTS, change)))
        assert asked.attributes == {"Type": "11", "Status": "ALPINEBITS_SEND_FREEROOMS"}
        for message in (complete_set, change):
            installed.clock.advance(timedelta(minutes=1))
            assert warnings_of(succeeded(sender.form(COUNTS, message))) == ()

    def test_far_in_the_future_get_a_warning(self, installed: HttpHarness, sender: Sender) -> None:
        response = succeeded(
            sender.form(COUNTS, counts(inventory("2030-01-01", "2030-01-02"), complete=True))
        )
        assert [each.get("Type") for each in warnings_of(response)] == ["3"]
        assert cells(installed) == {}


class TestGuestRequest:
    def test_is_stored_and_acknowledged_by_its_id(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sent = reservations(reservation("R1"), reservation("R2"))
        response = succeeded(sender.form(PUSH, sent))
        assert listed(response) == ["R1", "R2"]
        assert statuses(installed) == {"R1": "CONFIRMED", "R2": "CONFIRMED"}

    def test_that_is_invalid_among_others_gets_a_warning(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sent = reservations(reservation("R1"), reservation("R2", status="Dreamt"))
        response = succeeded(sender.form(PUSH, sent))
        assert [each.get("RecordID") for each in warnings_of(response)] == ["R2"]
        assert listed(response) == ["R1"]
        assert statuses(installed) == {"R1": "CONFIRMED"}
        assert len(quarantined(installed)) == 1

    def test_that_is_invalid_alone_gets_an_error(self, sender: Sender) -> None:
        sent = reservations(reservation("R2", status="Dreamt"))
        assert error_of(sender.form(PUSH, sent))["Type"] == "13"

    def test_for_an_offer_is_acknowledged_without_a_booking(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        response = succeeded(sender.form(PUSH, reservations(reservation("Q1", "Requested"))))
        assert listed(response) == ["Q1"]
        assert statuses(installed) == {}
        assert quarantined(installed) == []

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 1)])
    def test_of_one_instant_is_applied_by_its_kind(
        self, installed: HttpHarness, sender: Sender, order: tuple[int, ...]
    ) -> None:
        midnight = "2026-02-03T00:00:00+05:30"
        messages = [
            reservations(
                reservation("R1").replace(' ResStatus="Reserved"', "").replace(
                    'CreateDateTime="2026-02-01T10:00:00+01:00"', f'CreateDateTime="{midnight}"'
                ),
                ResStatus=action,
                TimeStamp=midnight,
            )
            for action in ("Commit", "Modify", "Cancel")
        ]  # fmt: skip
        for n in order:
            succeeded(sender.xml(messages[n]))
        assert statuses(installed) == {"R1": "CANCELED"}
        assert quarantined(installed) == []

    def test_of_one_instant_counts_as_sent_in_its_document(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        """Sent again, it changes nothing; another document of that instant is a conflict."""
        day = 'LastModifyDateTime="2026-02-03" ResStatus="Modify"'
        stays = [reservation("R1", arrival=f"2026-03-0{n}") for n in (1, 2, 3)]
        first, second, third = (s.replace('ResStatus="Reserved"', day) for s in stays)
        document = reservations(first, second)
        for _ in range(2):
            assert listed(succeeded(sender.xml(document))) == ["R1", "R1"]
        succeeded(sender.xml(reservations(second)))
        assert events(installed) == ["pms.booking.synced"] * 2
        assert quarantined(installed) == []
        assert error_of(sender.xml(reservations(third)))["Code"] == "450"
        (row,) = quarantined(installed)
        assert row["reason"]["code"] == "version_tie"
        caller = installed.caller("alpha", provider="alpinebits")
        found = run_query(caller, "{bookings {edges {node {stay {arrival}}}}}")["bookings"]
        assert found["edges"] == [{"node": {"stay": {"arrival": "2026-03-02"}}}]

    def test_without_unique_id_is_acknowledged_by_its_reservation_id(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        ids = (
            "<HotelReservationIDs>"
            '<HotelReservationID ResID_Type="13" ResID_Value="BROKER-1"/>'
            '<HotelReservationID ResID_Type="14" ResID_Value="N-1"/></HotelReservationIDs>'
        )
        sent = reservation().replace('<UniqueID Type="14" ID="R1"/>', "")
        sent = sent.replace("<ResGlobalInfo>", f"<ResGlobalInfo>{ids}")
        assert listed(succeeded(sender.form(PUSH, reservations(sent)))) == ["N-1"]
        assert statuses(installed) == {"N-1": "CONFIRMED"}

    def test_is_canceled_by_a_cancel_request(self, installed: HttpHarness, sender: Sender) -> None:
        succeeded(sender.form(PUSH, reservations(reservation("R1"))))
        cancel = (
            f'<OTA_CancelRQ xmlns="{NAMESPACE}" Version="1.0" CancelType="{{}}" '
            'TimeStamp="2026-02-05T00:00:00Z"><UniqueID Type="14" ID="R1"/></OTA_CancelRQ>'
        )
        assert error_of(sender.xml(cancel.format("Ignore")))["Code"] == "320"
        assert statuses(installed) == {"R1": "CONFIRMED"}
        for response in (sender.xml(cancel.format("Cancel")), sender.soap(cancel.format("Commit"))):
            root = succeeded(response)
            assert (root.name, root.get("Status")) == ("OTA_CancelRS", "Cancelled")
            assert [each.get("ID") for each in root.all("UniqueID")] == ["R1"]
        assert statuses(installed) == {"R1": "CANCELED"}

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            (("HotelReservations>", "HotelReservation>"), "unknown_element"),
            (("HotelReservations>", "Reservations>"), "unknown_element"),
            (("<HotelReservations>", "<!--"), "missing_field"),
        ],
    )
    def test_in_an_unknown_list_is_in_quarantine(
        self, installed: HttpHarness, sender: Sender, wrong: tuple[str, str], code: str
    ) -> None:
        sent = (
            reservations(reservation("R1")).replace(*wrong).replace("</HotelReservations>", "-->")
        )
        assert error_of(sender.form(PUSH, sent))["Code"] in ("320", "321")
        (row,) = quarantined(installed)
        assert row["reason"]["code"] == code
        assert statuses(installed) == {}

    def test_of_another_action_is_in_quarantine(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        error_of(sender.form(COUNTS, reservations(reservation("R1"))))
        (row,) = quarantined(installed)
        assert (row["kind"], row["reason"]["code"]) == ("booking", "wrong_root")
        assert "R1" in inbox_bodies(installed)[0]

    def test_beside_an_unknown_element_is_applied(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        sent = reservations(reservation("R1"), "<HotelResevation/>")
        response = succeeded(sender.form(PUSH, sent))
        assert listed(response) == ["R1"]
        assert len(warnings_of(response)) == len(quarantined(installed)) == 1

    def test_never_stores_a_card_number(self, installed: HttpHarness, sender: Sender) -> None:
        card = (
            "<Guarantee><GuaranteesAccepted><GuaranteeAccepted><PaymentCard><CardNumber>"
            "<PlainText>&#52;111111111111111</PlainText></CardNumber></PaymentCard>"
            "</GuaranteeAccepted></GuaranteesAccepted></Guarantee>"
        )
        note = '<RoomRates CardNumber="5555555555554444"/>'
        sent = reservations(
            reservation("R1", extra=card + note), reservation("R2", "Dreamt", extra=card + note)
        )
        succeeded(sender.form(PUSH, sent))
        stored = "".join(body for body in inbox_bodies(installed))
        assert "R1" in stored
        assert "4111111111111111" not in stored
        assert "5555555555554444" not in stored


class TestRetrievedReservations:
    """OTA_ResRetrieveRS, pushed: the response of a system that expects to be asked."""

    def retrieved(self, *content: str) -> str:
        children = "".join(content)
        return (
            f'<OTA_ResRetrieveRS xmlns="{NAMESPACE}" Version="1.0">{children}</OTA_ResRetrieveRS>'
        )

    def test_are_applied_without_an_action(self, installed: HttpHarness, sender: Sender) -> None:
        good, bad = reservation("R1"), reservation("R2", status="Unheard")
        list_ = f"<ReservationsList>{good}{bad}</ReservationsList>"
        document = self.retrieved("<Success/>", list_)
        for response in (sender.form(None, document), sender.xml(document), sender.soap(document)):
            root = succeeded(response)
            assert root.name == "OTA_HotelResNotifRS"
            assert listed(root) == ["R1"]
            assert [each.get("RecordID") for each in root.walk() if each.name == "Warning"] == [
                "R2"
            ]
        assert statuses(installed) == {"R1": "CONFIRMED"}
        assert [row["reason"]["code"] for row in quarantined(installed)] == ["unknown_value"]

    def test_of_another_action_are_in_quarantine(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        list_ = f"<ReservationsList>{reservation('R1')}</ReservationsList>"
        error_of(sender.form(COUNTS, self.retrieved("<Success/>", list_)))
        assert [row["reason"]["code"] for row in quarantined(installed)] == ["wrong_root"]
        assert statuses(installed) == {}

    def test_may_be_none(self, installed: HttpHarness, sender: Sender) -> None:
        for document in ("<Success/>", "<Success/><ReservationsList/>"):
            assert listed(succeeded(sender.form(None, self.retrieved(document)))) == []
        assert quarantined(installed) == []

    @pytest.mark.parametrize(
        "document", ["", '<Errors><Error Type="3" Code="450"/></Errors>', "<Successes/>"]
    )
    def test_without_a_list_are_in_quarantine(
        self, installed: HttpHarness, sender: Sender, document: str
    ) -> None:
        error_of(sender.form(None, self.retrieved(document)))
        assert len(quarantined(installed)) == 1


class TestSenderCredentials:
    def test_must_be_valid(self, installed: HttpHarness, sender: Sender) -> None:
        message = counts(inventory(*NIGHTS, count=3))
        for key, password in ((sender.key, "wrong"), ("wrong", PASSWORD), (sender.key, "")):
            wrong_sender = Sender(installed.client, key, password)
            response = wrong_sender.form(COUNTS, message)
            assert line_of(response, 401).startswith("ERROR:")
            assert response.headers["WWW-Authenticate"].startswith("Basic ")
            assert wrong_sender.soap(message).status_code == 401
        kind = "multipart/form-data"
        unauthenticated = installed.client.post(
            PATH, data={"action": "getVersion"}, content_type=kind
        )
        assert unauthenticated.status_code == 401
        assert cells(installed) == {}

    def test_of_another_provider_are_rejected(self, installed: HttpHarness) -> None:
        installed.hotel("alpha")
        _, key = installed.connection("alpha", "canonical")
        for password in (PASSWORD, ""):
            assert Sender(installed.client, key, password).form("getVersion").status_code == 401

    def test_are_limited_to_their_hotel_code(self, installed: HttpHarness, sender: Sender) -> None:
        connected(installed, "beta", hotel_code="999")
        foreign = counts(inventory(*NIGHTS, count=3), hotel="999")
        assert error_of(sender.form(COUNTS, foreign))["Code"] == "392"
        sent = reservations(reservation().replace('"123"', '"999"'))
        assert error_of(sender.form(PUSH, sent))["Code"] == "392"
        assert cells(installed) == cells(installed, "beta") == {}

    def test_apply_their_part_of_a_document_of_several_hotels(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        ours, other = (counts(inventory(*NIGHTS, count=3), hotel=code) for code in ("123", "999"))
        part = other[other.index("<Inventories") : other.index("</OTA")]
        both = ours.replace("</OTA", f"{part}</OTA")
        for response in (sender.form(COUNTS, both), sender.soap(both)):
            warnings = [each for each in succeeded(response).walk() if each.name == "Warning"]
            assert ("392", "999") in [(each.get("Code"), each.get("RecordID")) for each in warnings]
        assert len(cells(installed)) == 3
        assert {row["reason"]["code"] for row in quarantined(installed)} == {"foreign_property"}
        mixed = reservations(reservation("R1"), reservation("R2").replace('"123"', '"999"'))
        assert listed(succeeded(sender.form(PUSH, mixed))) == ["R1"]
        assert statuses(installed) == {"R1": "CONFIRMED"}

    def test_without_a_hotel_code_accept_any(self, installed: HttpHarness) -> None:
        free = connected(installed, "beta")
        succeeded(free.form(COUNTS, counts(inventory(*NIGHTS, count=3), hotel="whatever")))
        assert len(cells(installed, "beta")) == 3


class TestForm:
    @pytest.mark.parametrize("action", ["OTA_Read:GuestRequests", COUNTS + "x", LIMITS])
    def test_rejects_an_unknown_action(self, sender: Sender, action: str) -> None:
        response = sender.form(action, counts(inventory(*NIGHTS)))
        assert line_of(response, 400) == "ERROR:unknown or missing action"

    @pytest.mark.parametrize("action", [None, "", " "])
    @pytest.mark.parametrize("version", ["2020-10", "2018-10", None])
    def test_takes_a_missing_action_from_the_document(
        self, installed: HttpHarness, sender: Sender, action: str | None, version: str | None
    ) -> None:
        sender.version = version
        assert succeeded(sender.form(action, counts(inventory(*NIGHTS)))).name == (
            "OTA_HotelInvCountNotifRS"
        )
        assert listed(succeeded(sender.form(action, reservations(reservation("R1"))))) == ["R1"]
        assert len(cells(installed)) == 3
        assert statuses(installed) == {"R1": "CONFIRMED"}

    @pytest.mark.parametrize("document", ["<OTA_ReadRQ/>", "<OTA_HotelResNotifRS/>", None, " "])
    def test_rejects_a_missing_action_that_the_document_does_not_tell(
        self, sender: Sender, document: str | None
    ) -> None:
        assert line_of(sender.form(None, document), 400) == "ERROR:unknown or missing action"

    @pytest.mark.parametrize("version", [None, "2011-11", "1"])
    def test_rejects_an_unknown_version(self, sender: Sender, version: str | None) -> None:
        sender.version = version
        actions = (COUNTS, None) if version else (COUNTS,)
        for action in actions:
            response = sender.form(action, counts(inventory(*NIGHTS)))
            assert "version" in line_of(response, 400)

    def test_rejects_a_missing_document(self, sender: Sender) -> None:
        assert "request" in line_of(sender.form(COUNTS), 400)

    def test_reports_a_document_of_another_action(self, sender: Sender) -> None:
        assert "OTA_HotelInvCountNotifRQ" in error_of(sender.form(COUNTS, reservations()))["text"]

    def test_accepts_a_compressed_body(self, installed: HttpHarness, sender: Sender) -> None:
        packed = gzip.compress(form_of(counts(inventory(*NIGHTS, count=3))))
        response = sender.client.post(
            PATH, data=packed, headers={**sender.headers, **MULTIPART, "Content-Encoding": "gzip"}
        )
        succeeded(response)
        assert response.headers["X-AlpineBits-Server-Accept-Encoding"] == "gzip"
        assert len(cells(installed)) == 3

    @pytest.mark.parametrize(
        ("packed", "status"),
        [
            (gzip.compress(b" " * 5_000_000, mtime=0), 413),
            (gzip.compress(b"x", mtime=0)[:-4], 415),
            (b"not gzip", 415),
        ],
        ids=["too much", "cut off", "not gzip"],
    )
    def test_rejects_invalid_or_oversized_gzip(
        self, sender: Sender, packed: bytes, status: int
    ) -> None:
        headers = {**sender.headers, **MULTIPART, "Content-Encoding": "gzip"}
        response = sender.client.post(PATH, data=packed, headers=headers)
        assert line_of(response, status).startswith("ERROR:")

    def test_accepts_a_document_sent_as_a_file(self, sender: Sender) -> None:
        body = form_of(counts(inventory(*NIGHTS, count=1)), filename="request.xml")
        headers = {**sender.headers, **MULTIPART}
        succeeded(sender.client.post(PATH, data=body, headers=headers))

    @pytest.mark.parametrize("body", [b"", b"rubbish", b"--b\r\n\r\n\r\n--b--"])
    def test_rejects_an_invalid_form(self, sender: Sender, body: bytes) -> None:
        headers = {**sender.headers, **MULTIPART}
        response = sender.client.post(PATH, data=body, headers=headers)
        assert line_of(response, 400).startswith("ERROR:")

    def test_keeps_the_bytes_of_its_document(self, sender: Sender) -> None:
        latin = counts(inventory(*NIGHTS, "Süß", 1)).encode("iso8859-1")
        assert "encoding" in line_of(sender.form(COUNTS, latin), 400)
        declared = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + latin
        succeeded(sender.form(COUNTS, declared))


class TestHandshake:
    def test_returns_the_common_capabilities(self, sender: Sender) -> None:
        wanted = [
            {"action": "action_OTA_Ping"},
            {
                "action": "action_OTA_HotelInvCountNotif",
                "supports": ["OTA_HotelInvCountNotif_accept_rooms", "unknown_capability"],
            },
            {"action": "action_OTA_HotelRatePlanNotif_RatePlans"},
        ]
        asked = {"versions": [{"version": "2020-10", "actions": wanted}, {"version": "1999-01"}]}
        response = succeeded(sender.form(PING, ping(asked)))
        assert handshake_of(response) == {
            "versions": [
                {
                    "version": "2020-10",
                    "actions": [
                        {"action": "action_OTA_Ping"},
                        {
                            "action": "action_OTA_HotelInvCountNotif",
                            "supports": ["OTA_HotelInvCountNotif_accept_rooms"],
                        },
                    ],
                }
            ]
        }
        echo = response.child("EchoData")
        assert echo is not None
        assert loads(echo.value) == asked

    def test_accepts_an_unknown_protocol_version(self, sender: Sender) -> None:
        sender.version = "2030-10"
        response = succeeded(sender.form(PING, ping({"versions": [{"version": "2018-10"}]})))
        assert handshake_of(response) == {"versions": [{"version": "2018-10", "actions": []}]}

    @pytest.mark.parametrize("asked", ["", "{", "[" * 2000])
    def test_rejects_invalid_json(self, sender: Sender, asked: str) -> None:
        document = f'<OTA_PingRQ Version="8.000"><EchoData>{asked}</EchoData></OTA_PingRQ>'
        assert error_of(sender.form(PING, document))["Type"] == "13"

    @pytest.mark.parametrize("asked", ["[]", "null", '{"versions": 1}', '{"versions": [1, {}]}'])
    def test_negotiates_nothing_with_an_invalid_document(self, sender: Sender, asked: str) -> None:
        document = f'<OTA_PingRQ Version="8.000"><EchoData>{asked}</EchoData></OTA_PingRQ>'
        assert handshake_of(succeeded(sender.form(PING, document))) == {"versions": []}

    def test_answers_housekeeping_of_versions_before_2018(self, sender: Sender) -> None:
        sender.version = "2017-10"
        assert line_of(sender.form("getVersion"), 200) == "OK:2017-10"
        responses = line_of(sender.form("getCapabilities"), 200)
        assert responses.startswith("OK:action_getVersion,")
        assert "OTA_HotelAvailNotif_accept_deltas" in responses.split(",")
        sender.version = "2020-10"
        assert line_of(sender.form("getVersion"), 400) == "ERROR:unknown or missing action"


class TestStandaloneDocument:
    @pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=utf-8"])
    def test_gets_a_response_document(self, sender: Sender, content_type: str) -> None:
        message = counts(inventory(*NIGHTS, count=3), EchoToken="t-1")
        response = sender.xml(message, content_type)
        root = succeeded(response)
        assert root.name == "OTA_HotelInvCountNotifRS"
        assert (root.get("EchoToken"), root.get("Version")) == ("t-1", "4")
        assert root.get("TimeStamp") == "2026-03-01T12:00:00Z"

    def test_in_soap_gets_a_soap_response_with_an_empty_header(
        self, installed: HttpHarness, sender: Sender
    ) -> None:
        response = sender.soap(reservations(reservation(), EchoToken="e"))
        envelope = parse_xml(response.data)
        assert (envelope.name, envelope.namespace) == ("Envelope", SOAP)
        header = envelope.child("Header")
        assert header is not None
        assert header.children == ()
        assert succeeded(response).get("EchoToken") == "e"
        assert statuses(installed) == {"R1": "CONFIRMED"}

    def test_stores_no_password(self, installed: HttpHarness, sender: Sender) -> None:
        succeeded(sender.soap(reservations(reservation())))
        counted = inventory(*NIGHTS, count=3)
        succeeded(sender.soap(counts(counted)))
        assert error_of(sender.soap(counts(counted.replace('"3"', '"x"'))))
        stored = inbox_bodies(installed)
        assert len(stored) == 3
        assert not any(PASSWORD in body or sender.key in body for body in stored)

    def test_in_soap_accepts_basic_auth(self, sender: Sender) -> None:
        message = reservations(reservation())
        succeeded(
            sender.xml(f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{message}</s:Body></s:Envelope>')
        )

    def test_in_soap_1_2_gets_a_soap_1_2_response(self, sender: Sender) -> None:
        newer = "http://www.w3.org/2003/05/soap-envelope"
        message = f'<s:Envelope xmlns:s="{newer}"><s:Body><Nonsense/></s:Body></s:Envelope>'
        response = sender.xml(message, "application/soap+xml")
        assert (response.status_code, response.mimetype) == (400, "application/soap+xml")
        assert parse_xml(response.data).namespace == newer

    def test_in_soap_that_is_invalid_gets_a_fault(self, sender: Sender) -> None:
        for response in (
            sender.soap("<Nonsense/>"),
            sender.xml("<a", "application/soap+xml"),
            sender.soap(""),
        ):
            assert response.status_code == 400
            body = parse_xml(response.data).child("Body")
            assert body is not None
            assert body.children[0].name == "Fault"

    @pytest.mark.parametrize(
        "content_type", ["application/json", "text/html", "application/x-www-form-urlencoded"]
    )
    def test_of_another_content_type_is_rejected(self, sender: Sender, content_type: str) -> None:
        assert line_of(sender.xml("<a/>", content_type), 415).startswith("ERROR:")


class TestXmlAttack:
    @pytest.mark.parametrize(
        "document",
        [
            '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
            '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            "<a>" * 1_000,
            "<a>&unknown;</a>",
        ],
    )
    def test_is_rejected(self, sender: Sender, document: str) -> None:
        for response in (sender.form(COUNTS, document), sender.xml(document)):
            assert line_of(response, 400).startswith("ERROR:unreadable XML")

    def test_by_size_is_rejected(self, sender: Sender) -> None:
        assert line_of(sender.xml(" " * 2_100_000 + "<a/>"), 413)
        assert line_of(sender.xml("<a>" + "<b/>" * 120_000 + "</a>"), 413)
        assert line_of(sender.xml(" " * 4_100_000), 413)


class TestResponse:
    def test_conforms_to_the_standard_s_schema(self, sender: Sender) -> None:
        for version, action, document in exchanges():
            sender.version = version
            response = sender.form(action, document)
            assert response.status_code == 200, (version, action)
            schema(version).assertValid(etree.fromstring(response.data))

    @pytest.mark.parametrize("name", ["ok", "err"])
    def test_matches_the_published_examples(self, installed: HttpHarness, name: str) -> None:
        found = sorted(SAMPLES.glob(f"alpinebits-2020_10-HotelAvailNotifRQ_{name}_*.xml"))
        if not found:
            pytest.skip(f"no vendor samples in {SAMPLES}")
        free = connected(installed, "beta")
        for sample in found:
            installed.clock.advance(timedelta(minutes=1))
            response = free.form(COUNTS, sample.read_bytes())
            assert succeeded(response) if name == "ok" else error_of(response), sample.name


MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def form_of(document: str, filename: str = "") -> bytes:
    named = f'; filename="{filename}"\r\nContent-Type: text/xml' if filename else ""
    return (
        '--b\r\nContent-Disposition: form-data; name="action"\r\n\r\n'
        f'{COUNTS}\r\n--b\r\nContent-Disposition: form-data; name="request"{named}\r\n\r\n'
        f"{document}\r\n--b--\r\n"
    ).encode()


def ping(asked: object) -> str:
    return (
        f'<OTA_PingRQ xmlns="{NAMESPACE}" Version="8.000">'
        f"<EchoData>{json.dumps(asked)}</EchoData></OTA_PingRQ>"
    )


def handshake_of(response: XmlElement) -> object:
    (warning,) = warnings_of(response)
    assert warning.attributes == {"Type": "11", "Status": "ALPINEBITS_HANDSHAKE"}
    return loads(warning.value)


def warnings_of(response: XmlElement) -> tuple[XmlElement, ...]:
    found = response.child("Warnings")
    return found.children if found else ()


def listed(response: XmlElement) -> list[str | None]:
    found = response.child("HotelReservations")
    return [each.children[0].get("ID") for each in found.children] if found else []


def exchanges() -> list[tuple[str, str, str]]:
    """(version, action, document) for every kind of response."""
    asked = {"versions": [{"version": "2018-10", "actions": [{"action": "action_OTA_Ping"}]}]}
    good, bad = inventory(*NIGHTS, count=3), inventory(*reversed(NIGHTS), count=3)
    far = inventory("2030-01-01", "2030-01-02")
    mixed = reservations(reservation("R1"), reservation("R2", "Dreamt"), EchoToken="")
    limited = [limits(limit(*NIGHTS)), limits(limit(*reversed(NIGHTS)))]
    broken = "<OTA_PingRQ Version='1'><EchoData>{</EchoData></OTA_PingRQ>"
    return [
        *[("2020-10", COUNTS, counts(each)) for each in (good, bad, far)],
        *[(v, LIMITS, each) for v in ("2018-10", "2017-10", "2015-07b") for each in limited],
        *[(v, PING, ping(asked)) for v in ("2018-10", "2020-10")],
        *[(v, PUSH, mixed) for v in ("2018-10", "2020-10")],
        ("2020-10", PING, broken),
    ]


def schema(version: str) -> etree.XMLSchema:
    path = SPECS / XSDS[version]
    if not path.exists():
        pytest.skip(f"no vendor specifications in {SPECS}")
    return etree.XMLSchema(etree.parse(str(path)))
