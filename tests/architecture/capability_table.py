"""What each vendor can do and what our adapter makes of it, with the test that shows it: the table
of PROJECT_SUMMARY.md. Every test that is named here has to exist."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Cell(NamedTuple):
    """`test`: below tests/providers/<provider>/, or from the root where it begins with `tests/`."""

    text: str
    test: str


PROVIDERS: Final = ("mews", "apaleo", "cloudbeds", "ohip", "alpinebits")

ROWS: Final[Mapping[str, tuple[Cell, ...]]] = {
    "delta": (
        Cell(
            "by `UpdatedUtc`, inclusive, pages of 1,000; also customers and order items",
            "test_client.py::TestDelta::test_reads_booking_whose_price_alone_changed",
        ),
        Cell(
            "by `modified`, half-open, pages until 204, `count` never trusted",
            "test_client.py::TestPull::test_reads_more_than_one_page_of_changes_in_one_second",
        ),
        Cell(
            "by `modifiedFrom`, whichever zone the vendor means, pages of 100",
            "test_client.py::TestPull::test_delta_reads_changes_in_wall_time_or_utc",
        ),
        Cell(
            "by business events, which vanish when they are read: kept before anything else; "
            "there is no filter by modification",
            "tests/application/inbox/test_forwarded_notifications.py",
        ),
        Cell(
            "what was not delivered yet, acknowledged once it is stored",
            "test_client.py::TestDelta::test_acknowledges_only_stored_items",
        ),
    ),
    "what the delta misses": (
        Cell(
            "changes without a new `UpdatedUtc`: found by the reconcile",
            "test_client.py::TestReconcile::test_reads_changes_without_timestamp_and_moves_no_cursor",
        ),
        Cell(
            "bookers: found by the reconcile",
            "test_client.py::TestPull::test_reconcile_reads_booker_that_the_delta_misses",
        ),
        Cell(
            "changes that leave the modification time alone: found by the reconcile",
            "test_client.py::TestPull::test_reconcile_reads_changes_without_timestamp",
        ),
        Cell(
            "events of a lost response, or never configured: found by the reconcile",
            "test_convergence.py::TestBusinessEvents::"
            "test_lost_in_a_broken_response_are_repaired_by_reconcile",
        ),
        Cell(
            "what another client acknowledged: found by the reconcile",
            "test_client.py::TestReconcile::test_reads_all_acknowledges_nothing_and_moves_no_cursor",
        ),
    ),
    "deletion": (
        Cell(
            "not in the answer to its id",
            "test_client.py::TestFetch::test_fetch_omits_missing_items",
        ),
        Cell(
            "`deleted` webhook, 404 to its id",
            "test_client.py::TestFetch::test_fetch_omits_missing_items",
        ),
        Cell(
            "`isDeleted`, `deleted` webhook, not found by its id",
            "test_client.py::TestPull::test_reports_deleted_booking",
        ),
        Cell(
            "not in the answer to its id",
            "test_client.py::TestFetch::test_fetches_singly_reservations_that_the_list_omits",
        ),
        Cell(
            "none: a cancellation is the end",
            "test_reservation_mapping.py::TestIdentity::test_accepts_cancellation_type_and_no_type",
        ),
    ),
    "webhooks": (
        Cell(
            "ids only, hundreds of events in one",
            "test_notifications.py::TestGeneralWebhook::test_parses_hundreds_of_events",
        ),
        Cell(
            "ids only, one event, three time stamp formats",
            "test_notifications.py::TestNotification::test_accepts_all_timestamp_formats",
        ),
        Cell(
            "ids only, two spellings of keys, no event id",
            "test_notifications.py::TestNotification::test_accepts_other_key_spelling",
        ),
        Cell(
            "none of the vendor's; a forwarder of its stream may push business events",
            "test_notifications.py::TestEvents::test_parses_streaming_envelope",
        ),
        Cell(
            "complete documents, answered by the standard's response messages",
            "tests/http/test_alpinebits.py::TestGuestRequest::"
            "test_is_stored_and_acknowledged_by_its_id",
        ),
    ),
    "webhook authentication": (
        Cell(
            "the unguessable URL",
            "test_notifications.py::TestAuthenticity::test_depends_on_the_url_only",
        ),
        Cell(
            "the unguessable URL; what it names is fetched",
            "test_notifications.py::TestNotification::test_returns_reservation_reference",
        ),
        Cell(
            "the unguessable URL; what it names is fetched",
            "test_notifications.py::TestNotification::test_returns_reservation_reference",
        ),
        Cell(
            "the unguessable URL of the forwarder; what it names is fetched",
            "test_notifications.py::TestEvents::test_list_returns_each_reference_once",
        ),
        Cell(
            "basic auth or WSSE, for one hotel",
            "tests/http/test_alpinebits.py::TestSenderCredentials::test_must_be_valid",
        ),
    ),
    "guests": (
        Cell(
            "customers by id, merged ones too",
            "test_guest_mapping.py::TestCustomer::test_maps_merge_target",
        ),
        Cell(
            "no ids: persons of a booking by their role",
            "test_booking_mapping.py::TestReservation::test_maps_parties_by_role_without_ids",
        ),
        Cell(
            "by id; merged and anonymised ones",
            "test_guest_mapping.py::TestGuest::test_clears_anonymized_guest",
        ),
        Cell(
            "profiles by id, by event or if `pull_profiles` is set",
            "test_guest_mapping.py::TestProfile::test_clears_anonymized_guest",
        ),
        Cell(
            "persons of a reservation, by their profile's id within its context",
            "test_reservation_mapping.py::TestPeople::test_maps_profile_id_with_context",
        ),
    ),
    "availability": (
        Cell(
            "per category and day, total, occupied, blocked",
            "test_availability_mapping.py::TestCell::test_total_is_the_sum_of_the_parts",
        ),
        Cell(
            "per unit group and night",
            "test_availability_mapping.py::TestAvailability::test_maps_one_cell_per_unit_group_and_night",
        ),
        Cell(
            "per room type and night, with the lowest open rate",
            "test_availability_mapping.py::TestRatesByNight::"
            "test_maps_one_cell_per_room_type_and_night",
        ),
        Cell(
            "inventory statistics per room type and night",
            "test_availability_mapping.py::TestStatistics::test_maps_one_cell_per_night",
        ),
        Cell(
            "FreeRooms of 2017/18 and 2020: sets, deltas, closing seasons",
            "test_free_rooms.py::TestMessage::test_rejects_message_that_breaks_a_rule",
        ),
    ),
    "prices": (
        Cell(
            "from order items, per night, rounded once",
            "test_booking_mapping.py::TestPrices::test_are_summed_exactly_and_rounded_once",
        ),
        Cell(
            "per time slice",
            "test_booking_mapping.py::TestReservation::test_maps_nightly_prices",
        ),
        Cell(
            "per room and night; half to even, the vendor's number kept",
            "test_booking_mapping.py::TestMoney::"
            "test_rounds_half_to_even_and_keeps_the_source_number",
        ),
        Cell(
            "totals and rates, numbers as text; a suppressed rate is absent",
            "test_booking_mapping.py::TestMoney::test_suppressed_rate_is_absent",
        ),
        Cell(
            "totals with or without tax, also per room; rates per night and basis, where certain",
            "test_reservation_mapping.py::TestNightlyPrices::"
            "test_rates_that_do_not_cover_the_stay_stay_in_the_extras",
        ),
    ),
    "payments and balance": (
        Cell(
            "payments of the reservation: with `PaymentUpdated` and every delta",
            "test_client.py::TestDelta::test_reads_booking_whose_payment_alone_changed",
        ),
        Cell(
            "with the folio's webhook; without it late until the next reconcile",
            "test_notifications.py::TestNotification::"
            "test_references_the_reservation_of_a_folio_event",
        ),
        Cell(
            "with the transaction's webhook; without it late until the next reconcile",
            "test_notifications.py::TestNotification::test_transaction_references_its_reservation",
        ),
        Cell(
            "with Cashiering events that have RESV NAME ID; without them late until the next "
            "reconcile",
            "test_notifications.py::TestEvents::test_references_the_reservation_of_a_posting",
        ),
        Cell(
            "none: the messages have totals only",
            "test_reservation_mapping.py::TestNightlyPrices::"
            "test_rates_that_do_not_cover_the_stay_stay_in_the_extras",
        ),
    ),
    "limits": (
        Cell(
            "200 requests in 30 s, respected; pages shrink",
            "test_client.py::TestFaults::test_stays_below_rate_limit",
        ),
        Cell(
            "no published limit; waits after 429",
            "test_client.py::TestFaults::test_waits_for_rate_limit",
        ),
        Cell(
            "5 requests a second, respected: exceeding it suspends credentials",
            "test_client.py::TestFaults::test_stays_below_rate_limit",
        ),
        Cell(
            "50 requests a second, events 20 a call, 300 calls a minute",
            "test_client.py::TestFaults::test_waits_for_vendor_rate_limit",
        ),
        Cell(
            "2 MB a message",
            "tests/http/test_alpinebits.py::TestXmlAttack::test_by_size_is_rejected",
        ),
    ),
}


def place(provider: str, cell: Cell) -> str:
    """Of its test, from the root."""
    return (
        cell.test if cell.test.startswith("tests/") else f"tests/providers/{provider}/{cell.test}"
    )


def rows() -> list[tuple[str, ...]]:
    return [
        (capability, *(f"{cell.text}<br>{cell.test}" for cell in cells))
        for capability, cells in ROWS.items()
    ]
