"""A simulated Mews: the Connector API over the neutral hotel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    HotelEvent,
    HotelEventType,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import (
    HotelSimulator,
    activity_generator_from,
)
from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server import options
from adapters.outbound.providers.mews.capabilities import MAX_PER_PAGE
from adapters.outbound.providers.mews.simulator.api import (
    SimulatedMewsApi,
    SimulatedMewsCredentials,
)
from adapters.outbound.providers.mews.simulator.catalog import Catalog
from adapters.outbound.providers.mews.simulator.operations import MewsOperations
from adapters.outbound.providers.mews.simulator.record_index import MewsRecords
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from domain.status import BookingStatus


@dataclass(frozen=True, slots=True)
class MewsEvent:
    """One entry of a general webhook: something with this id changed."""

    discriminator: str
    id: str


@dataclass(frozen=True, slots=True)
class MewsSimulatorOptions(options.SimulatorOptions):
    """`half_open_intervals`: the vendor's pages disagree (requests.py)."""

    half_open_intervals: bool = False


def start_simulator(wanted: options.SimulatorOptions) -> "MewsSimulator":
    """A running simulator; the caller stops it."""
    simulator = MewsSimulator(
        activity_generator_from(wanted),
        half_open_intervals=isinstance(wanted, MewsSimulatorOptions) and wanted.half_open_intervals,
        **options.run_conditions_from(wanted),
    )
    simulator.begin(wanted)
    return simulator


class MewsSimulator(HotelSimulator[MewsEvent]):
    """One enterprise behind one port."""

    has_one_event_per_message = False
    page_size = MAX_PER_PAGE
    bookings_path = "reservations/getAll"
    reports_paid = reports_balance = True

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        half_open_intervals: bool = False,
        **conditions: Unpack[options.RunConditions],
    ) -> None:
        # Each room is a reservation, and none is ever deleted: an exact number needs single rooms.
        activity.max_rooms_on_request = 1
        self.records = MewsRecords(activity.hotel)
        self.catalog = Catalog(self.records)
        self.credentials = SimulatedMewsCredentials.of(activity.hotel.seed)
        super().__init__(activity, **conditions)
        api = SimulatedMewsApi(
            activity=activity,
            records=self.records,
            operations=MewsOperations(self.records, self.catalog),
            credentials=self.credentials,
            middleware=self.middleware,
            half_open=half_open_intervals,
        )
        self.serve(api.answer)

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.activity.lock:
            return [self._expected(item) for item in self.records.stays()]

    def _expected(self, item: MewsReservation) -> ExpectedBooking:
        """A deleted one is canceled."""
        booking = self.expect_stay(item.id, item.stay, self.records.total(item))
        is_deleted = item.stay.deleted is not None
        return replace(booking, status=BookingStatus.CANCELED) if is_deleted else booking

    def act(self, action: ScenarioAction) -> str | None:
        """The vendor deletes no reservations."""
        return None if action is ScenarioAction.DELETE else super().act(action)

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return self.records.reservation_of(stay.booking_id, stay.line).id

    def unknown_message(self) -> VendorMessage:
        return self.build_message(MewsEvent("WeatherChanged", self.catalog.stay_service_id))

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "client_token": self.credentials.client_token,
            "access_token": self.credentials.access_token,
        }

    def render_events(self, happened: Sequence[HotelEvent]) -> list[MewsEvent]:
        return [event for each in happened for event in self._events(each)]

    def _events(self, event: HotelEvent) -> Iterator[MewsEvent]:
        ids = self.records.ids
        match event.type:
            case HotelEventType.ROOM_CLEANED:
                yield MewsEvent("ResourceUpdated", ids("room", event.subject))
            case HotelEventType.BLOCK_LIFTED:
                yield MewsEvent("ResourceBlockUpdated", ids("block", event.subject))
            case HotelEventType.GUEST_CHANGED | HotelEventType.GUEST_MERGED:
                yield MewsEvent("CustomerUpdated", ids("customer", event.subject))
                if event.type is HotelEventType.GUEST_MERGED:
                    yield from self._moved_account(event.subject)
            case HotelEventType.PAID:
                item = self.records.reservation_of(event.subject, event.line)
                *_, last = self.records.payments_of(item)
                yield MewsEvent("PaymentUpdated", last.id)
            case _:
                yield from self._reservation_events(event)

    def _reservation_events(self, event: HotelEvent) -> Iterator[MewsEvent]:
        item = self.records.reservation_of(event.subject, event.line)
        guest = self.hotel.guests[item.stay.guest_id]
        if event.type is HotelEventType.CREATED and guest.created == item.stay.created:
            yield MewsEvent("CustomerAdded", self.records.ids("customer", guest.id))
        yield MewsEvent("ServiceOrderUpdated", item.id)

    def _moved_account(self, guest_id: str) -> Iterator[MewsEvent]:
        """A merge moves the account of the guest's bookings."""
        for item in self.records.stays():
            if item.stay.guest_id == guest_id:
                yield MewsEvent("ServiceOrderUpdated", item.id)

    def compose(self, events: Sequence[MewsEvent]) -> bytes:
        """Thin, unsigned, without id or time (connector-api/events/wh-general.md)."""
        return orjson.dumps(
            {
                "EnterpriseId": self.catalog.enterprise_id,
                "IntegrationId": self.catalog.integration_id,
                "Events": [
                    {"Discriminator": event.discriminator, "Value": {"Id": event.id}}
                    for event in events
                ],
            }
        )
