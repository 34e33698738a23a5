"""Arguments to filters. What can't be meant as it stands is refused: a filter that is not
understood must never become a wider answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from application.authenticate import Principal
from application.errors import InvalidRequest
from application.find_bookings import AvailabilityFilter, BookingFilter, GuestFilter
from domain.errors import InvalidField
from domain.values import Stay

Arguments = Mapping[str, Any]


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def booking_filter(principal: Principal, given: Arguments | None) -> BookingFilter:
    """Raises InvalidRequest, InvalidField, Forbidden."""
    wanted = _checked(principal, given)
    return BookingFilter(
        hotel_id=principal.hotel_id,
        provider=principal.provider,
        statuses=frozenset(wanted.get("status", ())),
        arrival=wanted.get("arrival"),
        departure=wanted.get("departure"),
        stay=_stay(wanted["stay"]) if "stay" in wanted else None,
        updated_since=wanted.get("updated_since"),
        guest_email=wanted.get("guest_email"),
        confirmation_number=wanted.get("confirmation_number"),
        include_deleted=wanted.get("include_deleted", False),
    )


def availability_filter(principal: Principal, given: Arguments) -> AvailabilityFilter:
    """Raises InvalidRequest, Forbidden."""
    wanted = _checked(principal, given)
    return AvailabilityFilter(
        hotel_id=principal.hotel_id,
        start=wanted["from"],
        end=wanted["to"],
        provider=principal.provider,
        room_types=frozenset(wanted.get("room_types", ())),
    )


def guest_filter(principal: Principal, given: Arguments | None) -> GuestFilter:
    """Raises InvalidRequest, Forbidden."""
    wanted = _checked(principal, given)
    return GuestFilter(
        hotel_id=principal.hotel_id,
        provider=principal.provider,
        email=wanted.get("email"),
        external_ids=frozenset(wanted.get("external_ids", ())),
    )


def _checked(principal: Principal, given: Arguments | None) -> Arguments:
    wanted = given or {}
    for name, value in wanted.items():
        if value is None or value in ("", []):
            path = f"filter.{camel(name)}"
            message = f"{path}: null and empty values are refused; leave it out"
            raise InvalidRequest(message, field=path)
    if "provider" in wanted:
        principal.require_provider(wanted["provider"])
    return wanted


def _stay(given: Mapping[str, date]) -> Stay:
    if given["to"] <= given["from"]:
        raise InvalidRequest("filter.stay.to: must lie after from", field="filter.stay.to")
    try:
        return Stay(given["from"], given["to"])
    except InvalidField as error:
        raise InvalidRequest(f"filter.stay.to: {error.fix}", field="filter.stay.to") from error
