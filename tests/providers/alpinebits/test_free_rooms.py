"""Free rooms messages: mapping of lines, and rejected messages."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.outbound.provider_kit.parsing.xml_text import parse_xml
from adapters.outbound.providers.alpinebits.mapping.free_rooms import MAX_CELLS, read_free_rooms
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, SourceVersion
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import HotelContext
from tests.providers.alpinebits.free_room_payloads import (
    COMPLETE,
    CONTEXT,
    CONTROL,
    FIRST,
    INVENTORY,
    MAY,
    MESSAGE,
    NOON,
    SECOND,
    TODAY,
    cells,
    closing,
    complete,
    control,
    counts,
    enveloped,
    limit,
    limits,
    line,
    read,
    rejected,
    understood,
)

SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", "../shared/vendor-samples")) / "ota"


def numbers(found: AvailabilitySnapshot) -> Sequence[object]:
    return found.total, found.available, found.occupied, found.blocked


class TestCategory:
    def test_maps_each_night_including_the_last(self) -> None:
        found = cells(counts(line(("2", 3))))
        assert {key: cell.available for key, cell in found.items()} == {
            ("DBL", "04-01"): 3,
            ("DBL", "04-02"): 3,
        }

    def test_is_sold_out_without_counts(self) -> None:
        found = cells(counts(line()))["DBL", "04-01"]
        assert numbers(found) == (ABSENT, 0, ABSENT, 0)

    def test_maps_blocked_rooms(self) -> None:
        found = cells(counts(line(("2", 3), ("6", 1), ("9", 2))))["DBL", "04-01"]
        assert numbers(found) == (ABSENT, 3, ABSENT, 3)

    def test_available_is_limit_minus_threshold(self) -> None:
        found = cells(limits(limit(BookingThreshold="1")))["DBL", "04-01"]
        assert numbers(found) == (ABSENT, 2, ABSENT, 1)

    def test_maps_all_htng_counts(self) -> None:
        reported = [("1", 20), ("2", 15), ("4", 3), ("5", 2), ("3", 9), ("6", 1), ("8", 1)]
        found = cells(enveloped(counts(line(*reported, end="-"))))
        assert found.keys() == {("DBL", "04-01")}
        assert numbers(found["DBL", "04-01"]) == (20, 15, 5, 2)

    def test_missing_htng_count_is_absent(self) -> None:
        found = cells(enveloped(counts(line(("2", -1), InvTypeCode="A long category"))))
        assert numbers(found["A long category", "04-01"]) == (ABSENT, -1, ABSENT, ABSENT)


class TestRooms:
    def test_are_added_up_by_category(self) -> None:
        rooms = [line(("2", 1), InvCode="101"), line(("2", 1), InvCode="102", end="2026-04-01")]
        found = cells(complete(*rooms))
        assert (found["DBL", "04-01"].available, found["DBL", "04-02"].available) == (2, 1)

    def test_delta_keeps_the_counts_of_each_room(self) -> None:
        found = cells(counts(line(InvCode="101")))["DBL", "04-01"]
        assert found.counted_rooms == (RoomCount(room_id="101"),)
        assert not found.rooms_are_all
        complete_item = cells(complete(line(("2", 1), InvCode="101")))["DBL", "04-01"]
        assert complete_item.counted_rooms == (RoomCount(room_id="101", available=1),)
        assert complete_item.rooms_are_all


class TestCompleteSet:
    def test_applies_from_the_hotels_today(self) -> None:
        late = CONTEXT.observed_at.replace(hour=23, minute=30)
        context = HotelContext(time_zone="Europe/Rome", currency="EUR", observed_at=late)
        item = read(complete(line(("2", 3))), context=context)
        assert isinstance(item.snapshot, AvailabilitySet)
        assert item.snapshot.complete_from == TODAY + timedelta(days=1)

    @pytest.mark.parametrize(
        "body", [complete("<Inventory/>"), limits("<AvailStatusMessage/>", unique=COMPLETE)]
    )
    def test_may_be_empty(self, body: bytes) -> None:
        assert understood(body).cells == ()
        assert understood(body).complete_from == TODAY

    def test_accepts_both_id_types(self) -> None:
        assert understood(counts(line(), unique=COMPLETE.replace("16", "35"))).complete_from

    def test_maps_closed_days(self) -> None:
        body = complete(closing("2026-04-02", "2026-04-03"), line())
        assert [cell.closed for cell in understood(body).cells] == [False, True]
        assert understood(body).closed_days == {date(2026, 4, 2), date(2026, 4, 3)}

    def test_delta_has_no_complete_from(self) -> None:
        delta = understood(counts(line(("2", 1))))
        assert (delta.complete_from, delta.cells[0].closed) == (None, ABSENT)


class TestVersion:
    def test_is_the_messages_time_stamp(self) -> None:
        payload = understood(counts(line(), root=' TimeStamp="2026-03-01T11:00:00+02:00"'))
        assert payload.version == SourceVersion(datetime(2026, 3, 1, 9, tzinfo=UTC))
        assert not payload.cells[0].version_is_ours

    def test_defaults_to_the_time_of_receipt(self) -> None:
        payload = understood(counts(line()))
        assert (payload.version, payload.version_is_ours) == (SourceVersion(NOON), True)

    def test_rejects_invalid_instant(self) -> None:
        assert rejected(counts(line(), root=' TimeStamp="yesterday"')) == (
            "bad_instant",
            "@TimeStamp",
        )


class TestMessage:
    @pytest.mark.parametrize(
        ("body", "code", "path"),
        [
            # the whole
            (counts(line(), hotel=""), "missing_field", "Inventories[0]/@HotelCode"),
            (counts(), "missing_field", "Inventories[0]/Inventory"),
            (counts("<Inventory/>"), "reset", INVENTORY),
            (complete("<Inventory/>", line()), "reset", INVENTORY),
            (complete(line(), "<Inventory/>"), "reset", SECOND),
            (
                counts(line(), unique=COMPLETE.replace("CompleteSet", "Delta")),
                "unknown_value",
                "UniqueID[0]/@Instance",
            ),
            (
                counts(line(), unique='<UniqueID Type="16" ID="1"/>'),
                "missing_field",
                "UniqueID[0]/@Instance",
            ),
            (
                counts(line(), unique=COMPLETE.replace("16", "14")),
                "unknown_value",
                "UniqueID[0]/@Type",
            ),
            (counts(line(), unique=COMPLETE * 2), "duplicate", "UniqueID[1]"),
            # its lines
            (counts(line(("2", 1), InvTypeCode="-")), "missing_field", f"{CONTROL}/@InvTypeCode"),
            (counts(line(InvTypeCode="NINECHARS")), "bad_text", f"{CONTROL}/@InvTypeCode"),
            (counts(line(InvTypeCode="")), "bad_text", f"{CONTROL}/@InvTypeCode"),
            (counts(line(InvCode="")), "bad_text", f"{CONTROL}/@InvCode"),
            (
                counts(line(InvTypeCode="-", InvCode="101")),
                "missing_field",
                f"{CONTROL}/@InvTypeCode",
            ),
            (counts(line(start="-")), "missing_field", f"{CONTROL}/@Start"),
            (counts(line(end="-")), "missing_field", f"{CONTROL}/@End"),
            (counts(line(start="2026-02-30")), "bad_date", f"{CONTROL}/@Start"),
            (counts(line(end="2026-4-2")), "bad_date", f"{CONTROL}/@End"),
            (counts(line(end="2026-04-02T00:00:00")), "bad_date", f"{CONTROL}/@End"),
            (counts(line(end="2026-03-31")), "bad_period", f"{CONTROL}/@End"),
            (counts(line(end="2027-05-06")), "bad_period", f"{CONTROL}/@End"),
            (counts(line(("2", 1)).replace(control(), "")), "missing_field", CONTROL),
            # their counts
            (counts(line(("2", -1))), "bad_count", f"{FIRST}/@Count"),
            (counts(line(("2", "1.5"))), "bad_count", f"{FIRST}/@Count"),
            (counts(line(("2", ""))), "missing_field", f"{FIRST}/@Count"),
            (counts(line(("2", "+1"))), "bad_count", f"{FIRST}/@Count"),
            (counts(line(("1", 1))), "unknown_value", f"{FIRST}/@CountType"),
            (counts(line(("", 1))), "missing_field", f"{FIRST}/@CountType"),
            (
                counts(line(("2", 1), ("2", 1))),
                "duplicate",
                f"{INVENTORY}/InvCounts/InvCount[1]/@CountType",
            ),
            (
                counts(f"<Inventory>{control()}<InvCounts/></Inventory>"),
                "missing_field",
                f"{INVENTORY}/InvCounts/InvCount",
            ),
            (counts(line(("2", 2), InvCode="101")), "bad_count", INVENTORY),
            (counts(line(("2", 1), ("6", 1), InvCode="101")), "bad_count", INVENTORY),
            # lines together
            (counts(line(), line(start="2026-04-02", end="2026-04-05")), "overlap", SECOND),
            (counts(line(), line()), "overlap", SECOND),
            (counts(line(InvCode="1"), line(InvCode="1")), "overlap", SECOND),
            (counts(line(InvCode="1"), line(InvCode="1", InvTypeCode="SGL")), "overlap", SECOND),
            (complete(line(), line(InvCode="1", start=MAY[0], end=MAY[0])), "mixed", SECOND),
            (complete(line(InvCode="1"), line(InvTypeCode="SGL")), "mixed", SECOND),
            # closing seasons
            (counts(closing(*MAY)), "closing_season", INVENTORY),
            (complete(line(), closing(*MAY)), "closing_season", SECOND),
            (complete(closing(*MAY), closing("2026-05-02", "2026-05-03")), "overlap", SECOND),
            (complete(closing("2026-04-02", "2026-05-02"), line(("2", 1))), "overlap", SECOND),
            (complete(closing(*MAY, InvTypeCode="DBL")), "mixed", f"{CONTROL}/@InvTypeCode"),
            (complete(closing(*MAY, InvCode="1")), "mixed", f"{CONTROL}/@InvCode"),
            (
                complete(line(("2", 0), InvTypeCode="-", AllInvCode="1")),
                "mixed",
                f"{INVENTORY}/InvCounts",
            ),
            (complete(closing(*MAY, AllInvCode="yes")), "unknown_value", f"{CONTROL}/@AllInvCode"),
            (
                complete(closing(*MAY, AllInvCode="false")),
                "missing_field",
                f"{CONTROL}/@InvTypeCode",
            ),
            (complete(closing("2026-05-02", "2026-05-01")), "bad_period", f"{CONTROL}/@End"),
            # limits
            (limits("<AvailStatusMessage/>"), "reset", MESSAGE),
            (limits(limit(BookingLimit="-")), "missing_field", f"{MESSAGE}/@BookingLimit"),
            (limits(limit(BookingLimit="-1")), "bad_count", f"{MESSAGE}/@BookingLimit"),
            (
                limits(limit(BookingLimitMessageType="-")),
                "missing_field",
                f"{MESSAGE}/@BookingLimitMessageType",
            ),
            (
                limits(limit(BookingLimitMessageType="AdjustLimit")),
                "unknown_value",
                f"{MESSAGE}/@BookingLimitMessageType",
            ),
            (limits(limit(BookingThreshold="4")), "bad_count", f"{MESSAGE}/@BookingThreshold"),
            (limits(limit(" ")), "missing_field", f"{MESSAGE}/StatusApplicationControl"),
            (limits(limit(), limit()), "overlap", "AvailStatusMessages[0]/AvailStatusMessage[1]"),
            (limits(limit(control(InvCode="1"))), "bad_count", MESSAGE),
            (
                limits(limit(control(RatePlanCode="BAR"))),
                "by_rate_plan",
                f"{MESSAGE}/StatusApplicationControl/@RatePlanCode",
            ),
            (
                limits(limit(control() + control(InvTypeCode="SGL"))),
                "duplicate",
                f"{MESSAGE}/StatusApplicationControl[1]",
            ),
            (
                counts(line(("2", 1)).replace("</InvCounts>", "</InvCounts><InvCounts/>")),
                "duplicate",
                f"{INVENTORY}/InvCounts[1]",
            ),
            # HTNG
            (enveloped(counts(line())), "missing_field", f"{INVENTORY}/InvCounts"),
            (enveloped(counts(line(("7", 1)))), "unknown_value", f"{FIRST}/@CountType"),
        ],
    )
    def test_rejects_message_that_breaks_a_rule(self, body: bytes, code: str, path: str) -> None:
        assert rejected(body) == (code, path)

    @pytest.mark.parametrize(
        "body",
        [
            counts(line(), line(start="2026-04-03", end="2026-04-04")),
            counts(line(), line(InvTypeCode="SGL")),
            counts(line(InvCode="1"), line(InvCode="2")),
            counts(line(InvCode="1"), line(InvCode="1", InvTypeCode="S", start=MAY[0], end=MAY[0])),
            counts(line(), hotel='HotelName="Inn"'),
            counts(line(end="2027-05-05")),
            counts(line(AllInvCode="false")),
            complete(closing(*MAY)),
            complete(closing("2026-04-01", "2026-05-02"), line()),
            complete(closing("2026-04-01", "2026-05-02"), line(("2", 0))),
        ],
    )
    def test_accepts_valid_message(self, body: bytes) -> None:
        understood(body)

    def test_rejects_more_cells_than_the_limit(self) -> None:
        nights = (date(2026, 1, 1), date(2026, 12, 31))
        lines = [
            line(InvTypeCode=str(n), start=nights[0].isoformat(), end=nights[1].isoformat())
            for n in range(MAX_CELLS // 365 + 1)
        ]
        assert rejected(counts(*lines))[0] == "too_many"

    def test_drops_nights_beyond_the_horizon(self) -> None:
        assert understood(counts(line(start="2031-01-01", end="2031-01-02"))).cells == ()

    def test_rejects_other_documents(self) -> None:
        for body in (b"<OTA_PingRQ/>", b"<Envelope/>", b"<Envelope><Body/></Envelope>"):
            with pytest.raises(UnreadableMessage):
                read(body)

    def test_is_one_item_within_the_limit(self) -> None:
        assert len(read_free_rooms([counts(line())] * 2, CONTEXT, limit=2, explain=False)) == 2
        with pytest.raises(TooManyItems):
            read_free_rooms([counts(line())] * 3, CONTEXT, limit=2, explain=False)

    def test_raw_text_has_no_password(self) -> None:
        raw = read(enveloped(counts(line(("2", 1))))).raw
        assert b"Password" not in raw
        assert read(raw).snapshot == read(enveloped(counts(line(("2", 1))))).snapshot

    def test_traces_every_field(self) -> None:
        item = read(counts(line(("2", 1), ("6", 0))), explain=True)
        assert dict(item.field_trace) == {
            "@Version": "(not kept)",
            "Inventories[0]/@HotelCode": "(not kept)",
            f"{CONTROL}/@Start": "day",
            f"{CONTROL}/@End": "day",
            f"{CONTROL}/@InvTypeCode": "room_type_id",
            f"{FIRST}/@CountType": "available",
            f"{FIRST}/@Count": "available",
            f"{INVENTORY}/InvCounts/InvCount[1]/@CountType": "blocked",
            f"{INVENTORY}/InvCounts/InvCount[1]/@Count": "blocked",
        }


class TestPublishedMessages:
    @pytest.mark.parametrize(
        ("name", "nights"),
        [
            ("alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ.xml", 20),
            ("alpinebits-2017_10-FreeRooms-OTA_HotelAvailNotifRQ-empty.xml", 0),
            ("alpinebits-2020_10-FreeRooms-OTA_HotelInvCountNotifRQ.xml", 30),
            ("alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-categories.xml", 10),
            ("alpinebits-2020_10-HotelAvailNotifRQ_ok_delta-and-rooms.xml", 10),
            ("htng-OTA_HotelInvCountNotifRQ-create.xml", 2),
        ],
    )
    def test_are_accepted(self, name: str, nights: int) -> None:
        assert len(understood(sample(name)).cells) == nights

    @pytest.mark.parametrize(
        ("name", "code"),
        [("categories-and-rooms-mixed", "mixed"), ("no-uniqueid-and-reset", "reset")],
    )
    def test_invalid_examples_are_rejected(self, name: str, code: str) -> None:
        assert rejected(sample(f"alpinebits-2020_10-HotelAvailNotifRQ_err_{name}.xml"))[0] == code

    def test_traces_every_field_but_names(self) -> None:
        item = read(
            sample("alpinebits-2020_10-FreeRooms-OTA_HotelInvCountNotifRQ.xml"), explain=True
        )
        assert {target for _, target in item.field_trace} == {
            "(not kept)",
            "complete_from",
            "room_type_id",
            "day",
            "available",
        }


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no vendor samples in {SAMPLES}")
    assert parse_xml(path.read_bytes())
    return path.read_bytes()
