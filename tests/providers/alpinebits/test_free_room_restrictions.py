"""Free rooms messages: weekdays, restrictions, and elements that are not known."""

from datetime import date

import pytest

from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT
from tests.providers.alpinebits import free_room_payloads as payloads

WEEK = {"start": "2026-04-06", "end": "2026-04-12"}
"""From a Monday to a Sunday."""
STATUS = "RestrictionStatus[0]"
LENGTH = "LengthsOfStay/LengthOfStay[0]"


def days(body: bytes) -> list[int]:
    return [cell.day.day for cell in payloads.understood(body).cells]


def restricted(inside: str) -> AvailabilitySnapshot:
    """Of a message that has a restriction and nothing else."""
    (only,) = payloads.understood(payloads.enveloped(payloads.limits(message(inside)))).cells
    return only


def message(inside: str, **attributes: str) -> str:
    listed = "".join(f' {name}="{value}"' for name, value in attributes.items())
    given = payloads.control(end="2026-04-01")
    return f"<AvailStatusMessage{listed}>{given}{inside}</AvailStatusMessage>"


def status(value: str, **more: str) -> str:
    listed = "".join(f' {name}="{text}"' for name, text in more.items())
    return f'<RestrictionStatus Status="{value}"{listed}/>'


def with_status(line: str, value: str) -> str:
    return line.replace("</Inventory>", f"{status(value)}</Inventory>")


def length(kind: str, time: str = "3", **more: str) -> str:
    listed = "".join(f' {name}="{text}"' for name, text in more.items())
    inside = f'<LengthOfStay MinMaxMessageType="{kind}" Time="{time}"{listed}/>'
    return f"<LengthsOfStay>{inside}</LengthsOfStay>"


def rejected_limits(inside: str) -> tuple[str, str | None]:
    """The reason's code and path."""
    return payloads.rejected(payloads.enveloped(payloads.limits(message(inside))))


class TestWeekdays:
    @pytest.mark.parametrize(
        ("flags", "expected"),
        [
            ({"Mon": "true", "Tue": "false", "Weds": "0", "Sun": "false"}, [6]),
            ({"Fri": "1", "Sat": "true"}, [10, 11]),
            ({"Sat": "false", "Sun": "0"}, [6, 7, 8, 9, 10]),
            ({"Weds": "true", "Thur": "true"}, [8, 9]),
            ({"Wed": "true", "Thu": "true"}, [8, 9]),
        ],
    )
    def test_limit_the_nights_of_a_line(self, flags: dict[str, str], expected: list[int]) -> None:
        sent = payloads.counts(payloads.line(("2", 3), **WEEK, **flags))
        given = payloads.control(WEEK["start"], WEEK["end"], **flags)
        for body in (
            sent,
            payloads.enveloped(sent),
            payloads.limits(payloads.limit(given)),
            payloads.enveloped(payloads.limits(payloads.limit(given))),
        ):
            assert days(body) == expected

    def test_of_two_lines_may_complement_each_other(self) -> None:
        week = payloads.line(("2", 3), **WEEK, Sat="false", Sun="false")
        weekend = payloads.line(("2", 1), **WEEK, Sat="true", Sun="true")
        for lines in ((week, weekend), (weekend, week)):
            found = payloads.cells(payloads.counts(*lines))
            assert [found["DBL", f"04-{n:02}"].available for n in range(6, 13)] == [3] * 5 + [1] * 2

    @pytest.mark.parametrize(
        "second",
        [payloads.line(("2", 1), **WEEK, Mon="true"), payloads.line(("2", 1), **WEEK, Sun="false")],
    )
    def test_of_two_lines_must_not_overlap(self, second: str) -> None:
        first = payloads.line(("2", 3), **WEEK, Mon="true", Weds="true")
        assert payloads.rejected(payloads.counts(first, second)) == (
            "overlap",
            payloads.SECOND,
        )

    def test_apply_to_the_conflict_with_a_closing_season(self) -> None:
        season = payloads.closing("2026-04-07", "2026-04-12")
        assert (
            len(days(payloads.complete(season, payloads.line(("2", 3), **WEEK, Mon="true")))) == 1
        )
        both = payloads.line(("2", 3), **WEEK, Mon="true", Fri="true")
        assert payloads.rejected(payloads.complete(season, both))[0] == "overlap"

    @pytest.mark.parametrize(
        ("flags", "code", "path"),
        [
            ({"Mon": "yes"}, "unknown_value", f"{payloads.CONTROL}/@Mon"),
            (
                {"Mon": "false", "Monday": "true"},
                "unknown_attribute",
                f"{payloads.CONTROL}/@Monday",
            ),
            ({"mon": "true"}, "unknown_attribute", f"{payloads.CONTROL}/@mon"),
            ({"Sun": "true", "end": "2026-04-11"}, "bad_period", payloads.CONTROL),
            (
                dict.fromkeys(("Mon", "Tue", "Weds", "Thur", "Fri", "Sat", "Sun"), "false"),
                "bad_period",
                payloads.CONTROL,
            ),
        ],
    )
    def test_reject_what_is_not_understood(
        self, flags: dict[str, str], code: str, path: str
    ) -> None:
        sent = payloads.counts(payloads.line(("2", 3), **{**WEEK, **flags}))
        assert (
            payloads.rejected(sent) == payloads.rejected(payloads.enveloped(sent)) == (code, path)
        )

    def test_reject_a_blank_flag(self) -> None:
        sent = payloads.counts(payloads.line(("2", 3), **WEEK, Mon=""))
        assert (
            payloads.rejected(sent)
            == payloads.rejected(payloads.enveloped(sent))
            == ("bad_text", f"{payloads.CONTROL}/@Mon")
        )

    def test_are_refused_in_a_closing_season(self) -> None:
        assert payloads.rejected(
            payloads.complete(payloads.closing("2026-04-07", "2026-04-12", Mon="true"))
        ) == (
            "mixed",
            f"{payloads.CONTROL}/@Mon",
        )


class TestRestrictions:
    @pytest.mark.parametrize(
        ("inside", "name", "value"),
        [
            (status("Close"), "closed", True),
            (status("Open", SellThroughOpenIndicator="false"), "closed", False),
            (status("Close", Restriction="Master"), "closed", True),
            (status("Close", Restriction="Arrival"), "closed_to_arrival", True),
            (status("ClosedOnArrival"), "closed_to_arrival", True),
            (status("Open", Restriction="Departure"), "closed_to_departure", False),
            (length("SetMinLOS"), "min_stay", 3),
            (length("MinLOS", TimeUnit="Day"), "min_stay", 3),
            (length("SetMaxLOS", "14"), "max_stay", 14),
            (length("SetMaxLOS", "0"), "max_stay", None),
        ],
    )
    def test_alone_change_nothing_else(self, inside: str, name: str, value: object) -> None:
        found = restricted(inside)
        names = ("closed", "closed_to_arrival", "closed_to_departure", "min_stay", "max_stay")
        expected = {each: value if each == name else ABSENT for each in names}
        assert {each: getattr(found, each) for each in names} == expected
        assert {found.total, found.available, found.occupied, found.blocked} == {ABSENT}

    def test_are_kept_beside_counts(self) -> None:
        inside = with_status(payloads.line(("2", 3)), "Close")
        found = payloads.cells(payloads.enveloped(payloads.counts(inside)))["DBL", "04-01"]
        assert (found.available, found.closed) == (3, True)
        limited = {"BookingLimit": "4", "BookingLimitMessageType": "SetLimit"}
        (found,) = payloads.understood(payloads.limits(message(status("Close"), **limited))).cells
        assert (found.available, found.closed) == (4, True)

    def test_of_several_lines_are_combined(self) -> None:
        lines = [
            message("", BookingLimit="4"),
            message(status("Close", Restriction="Arrival")),
            message(length("SetMinLOS") + status("Open")),
        ]
        (found,) = payloads.understood(payloads.enveloped(payloads.limits(*lines))).cells
        assert (found.available, found.closed, found.closed_to_arrival, found.min_stay) == (
            4, False, True, 3
        )  # fmt: skip

    def test_of_several_lines_must_not_contradict(self) -> None:
        lines = [message(status("Close")), message(status("Open"))]
        assert payloads.rejected(payloads.enveloped(payloads.limits(*lines)))[0] == "overlap"

    def test_of_a_complete_set_have_no_rooms_without_counts(self) -> None:
        inside = with_status(payloads.line(), "Open")
        body = payloads.complete(inside)
        assert {(cell.available, cell.closed) for cell in payloads.understood(body).cells} == {
            (0, False)
        }

    def test_do_not_open_a_closing_season(self) -> None:
        inside = with_status(payloads.line(), "Open")
        body = payloads.complete(payloads.closing("2026-04-02", "2026-04-03"), inside)
        found = {cell.day: cell.closed for cell in payloads.understood(body).cells}
        assert found == {date(2026, 4, 1): False, date(2026, 4, 2): True}

    @pytest.mark.parametrize(
        ("value", "name", "text", "code"),
        [
            ("Close", "Restriction", "NonGuarantee", "unknown_value"),
            ("ClosedOnArrival", "Restriction", "Departure", "contradiction"),
            ("Close", "SellThroughOpenIndicator", "true", "unknown_value"),
            ("Open", "MinAdvancedBookingOffset", "P2D", "unknown_attribute"),
            ("Open", "MaxAdvancedBookingOffset", "P200D", "unknown_attribute"),
        ],
    )
    def test_reject_a_status_with_an_attribute_that_cannot_be_stored(
        self, value: str, name: str, text: str, code: str
    ) -> None:
        assert rejected_limits(status(value, **{name: text})) == (
            code,
            f"{payloads.MESSAGE}/{STATUS}/@{name}",
        )

    @pytest.mark.parametrize(
        ("inside", "code", "path"),
        [
            (status("OnRequest"), "unknown_value", f"{STATUS}/@Status"),
            ("<RestrictionStatus/>", "missing_field", f"{STATUS}/@Status"),
            (status("Open") + status("Close"), "duplicate", "RestrictionStatus[1]"),
            (length("SetForwardMinStay"), "unknown_value", f"{LENGTH}/@MinMaxMessageType"),
            (length("SetMinLOS", ""), "bad_count", f"{LENGTH}/@Time"),
            (length("SetMinLOS", TimeUnit="Week"), "unknown_value", f"{LENGTH}/@TimeUnit"),
            (
                '<LengthsOfStay FixedPatternLength="7"/>',
                "unknown_attribute",
                "LengthsOfStay/@FixedPatternLength",
            ),
            (
                "<LengthsOfStay><LOS_Pattern/></LengthsOfStay>",
                "unknown_element",
                "LengthsOfStay/LOS_Pattern",
            ),
            ("<BestAvailableRates/>", "unknown_element", "BestAvailableRates"),
            ("<HurdleRate/>", "unknown_element", "HurdleRate"),
            ("", "missing_field", "@BookingLimit"),
        ],
    )
    def test_reject_what_cannot_be_stored(self, inside: str, code: str, path: str) -> None:
        assert rejected_limits(inside) == (code, f"{payloads.MESSAGE}/{path}")

    @pytest.mark.parametrize("kind", ["AdjustLimit", "RemoveLimit"])
    def test_reject_a_relative_limit(self, kind: str) -> None:
        sent = payloads.limits(message("", BookingLimit="4", BookingLimitMessageType=kind))
        path = f"{payloads.MESSAGE}/@BookingLimitMessageType"
        assert (
            payloads.rejected(sent)
            == payloads.rejected(payloads.enveloped(sent))
            == ("unknown_value", path)
        )

    def test_reject_a_threshold_without_a_limit(self) -> None:
        sent = payloads.enveloped(payloads.limits(message(status("Open"), BookingThreshold="1")))
        assert payloads.rejected(sent) == ("missing_field", f"{payloads.MESSAGE}/@BookingLimit")

    def test_of_a_rate_plan_are_rejected(self) -> None:
        path = f"{payloads.CONTROL}/@RatePlanCode"
        assert payloads.rejected(
            payloads.enveloped(payloads.counts(payloads.line(("2", 1), RatePlanCode="BAR")))
        ) == (
            "by_rate_plan",
            path,
        )

    def test_of_a_room_are_rejected(self) -> None:
        inside = with_status(payloads.line(("2", 1), InvCode="101"), "Close")
        assert payloads.rejected(payloads.counts(inside)) == (
            "mixed",
            f"{payloads.CONTROL}/@InvCode",
        )

    def test_are_rejected_in_a_closing_season(self) -> None:
        inside = with_status(payloads.closing("2026-04-02", "2026-04-03"), "Open")
        assert payloads.rejected(payloads.complete(inside)) == (
            "mixed",
            f"{payloads.INVENTORY}/RestrictionStatus",
        )


class TestUnknownElements:
    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            (("Inventory>", "Inventorry>"), "Inventories[0]/Inventorry"),
            (("Inventory>", "inventory>"), "Inventories[0]/inventory"),
            (("Inventories", "inventories"), "inventories"),
            (("InvCounts>", "Invcounts>"), f"{payloads.INVENTORY}/Invcounts"),
            (("<InvCount ", "<InvCnt "), f"{payloads.INVENTORY}/InvCounts/InvCnt"),
            (("StatusApplicationControl", "StatusControl"), f"{payloads.INVENTORY}/StatusControl"),
            (
                ("<InvCount ", '<InvCount xmlns="urn:x" '),
                payloads.FIRST,
            ),
            (("<Inventory>", '<Inventory xmlns="urn:x">'), payloads.INVENTORY),
        ],
    )
    def test_reject_the_message(self, wrong: tuple[str, str], path: str) -> None:
        sent = payloads.counts(payloads.line(("2", 3))).decode().replace(*wrong).encode()
        for body in (sent, payloads.enveloped(sent)):
            assert payloads.rejected(body) == ("unknown_element", path)
            assert payloads.rejected(payloads.read(body).raw) == ("unknown_element", path)

    @pytest.mark.parametrize(
        ("wrong", "code", "path"),
        [
            (("Count=", "count="), "unknown_attribute", f"{payloads.FIRST}/@count"),
            (
                ("InvTypeCode=", "InvTypecode="),
                "unknown_attribute",
                f"{payloads.CONTROL}/@InvTypecode",
            ),
            (("<InvCounts>", "<InvCounts>3"), "bad_text", f"{payloads.INVENTORY}/InvCounts"),
        ],
    )
    def test_reject_unknown_attributes_and_text(
        self, wrong: tuple[str, str], code: str, path: str
    ) -> None:
        sent = payloads.counts(payloads.line(("2", 3))).decode().replace(*wrong).encode()
        assert (
            payloads.rejected(sent) == payloads.rejected(payloads.enveloped(sent)) == (code, path)
        )

    @pytest.mark.parametrize(
        "added",
        [
            "<TPA_Extensions><Foo Bar='1'/></TPA_Extensions>",
            "<Remark Language='de'/>",
            "<x:Foo xmlns:x='urn:x'/>",
        ],
    )
    def test_ignore_extensions_of_the_format(self, added: str) -> None:
        sent = payloads.counts(payloads.line(("2", 3))).decode()
        for place in (
            "<Inventory>",
            "<InvCounts>",
            "</Inventories>",
            "</OTA_HotelInvCountNotifRQ>",
        ):
            body = sent.replace(place, f"{added}{place}" if "/" in place else f"{place}{added}")
            assert payloads.understood(body.encode()) == payloads.understood(sent.encode())

    @pytest.mark.parametrize("name", ["Ivnentory", "Inventoy", "INVENTORY", "Foo"])
    def test_reject_a_line_under_another_name(self, name: str) -> None:
        sent = payloads.counts(
            payloads.line(("2", 3)), payloads.line(("2", 3), InvTypeCode="SGL")
        ).decode()
        body = sent.replace("<Inventory>", f"<{name}>", 1).replace("</Inventory>", f"</{name}>", 1)
        assert payloads.rejected(body.encode()) == ("unknown_element", f"Inventories[0]/{name}")

    def test_blank_limit_is_not_an_empty_set(self) -> None:
        sent = payloads.limits('<AvailStatusMessage BookingLimit=""/>', unique=payloads.COMPLETE)
        assert payloads.rejected(sent) == (
            "missing_field",
            f"{payloads.MESSAGE}/StatusApplicationControl",
        )

    def test_accepts_point_of_sale_and_prefixed_attributes(self) -> None:
        sent = payloads.counts(payloads.line(("2", 3)), unique="<POS><Source/></POS>").decode()
        schema = 'xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a b"'
        payloads.understood(sent.replace("<Inventories", f"<Inventories {schema}").encode())
