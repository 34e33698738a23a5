"""Query arguments to filters. Invalid arguments are rejected, so that no error widens a result."""

from collections.abc import Mapping
from typing import Any

from application.access.authenticate import Principal
from application.access.personal_data import require_email_search
from application.errors import InvalidRequest
from application.events.cloud_events import to_camel_case
from application.queries.find_bookings import AvailabilityFilter, BookingFilter, GuestFilter
from domain.errors import InvalidField
from domain.values import DateRange, Stay

Arguments = Mapping[str, Any]


def booking_filter(principal: Principal, arguments: Arguments | None) -> BookingFilter:
    """Raises InvalidRequest, InvalidField, Forbidden."""
    checked = _check_person_filter(principal, arguments, email="guest_email")
    return BookingFilter(
        hotel_id=principal.hotel_id,
        provider=checked.get("provider", principal.provider),
        statuses=frozenset(checked.get("status", ())),
        arrival=checked.get("arrival"),
        departure=checked.get("departure"),
        arrival_range=_days(checked, "arrival_range"),
        departure_range=_days(checked, "departure_range"),
        stay=_stay(checked),
        in_house_on=checked.get("in_house_on"),
        updated_since=checked.get("updated_since"),
        guest_email=checked.get("guest_email"),
        confirmation_number=checked.get("confirmation_number"),
        include_deleted=checked.get("include_deleted", False),
    )


def availability_filter(principal: Principal, arguments: Arguments) -> AvailabilityFilter:
    """Raises InvalidRequest, Forbidden."""
    checked = _require_no_empty_values(principal, arguments)
    return AvailabilityFilter(
        hotel_id=principal.hotel_id,
        start=checked["from"],
        end=checked["to"],
        provider=checked.get("provider", principal.provider),
        room_types=frozenset(checked.get("room_types", ())),
    )


def guest_filter(principal: Principal, arguments: Arguments | None) -> GuestFilter:
    """Raises InvalidRequest, Forbidden."""
    checked = _check_person_filter(principal, arguments, email="email")
    return GuestFilter(
        hotel_id=principal.hotel_id,
        provider=checked.get("provider", principal.provider),
        email=checked.get("email"),
        external_ids=frozenset(checked.get("external_ids", ())),
    )


def require_storable_texts(value: object, path: str) -> None:
    """Raises InvalidRequest for NUL, which no column holds and PostgreSQL does not take. Lone
    surrogates do not get here: neither JSON nor a document may have them."""
    if isinstance(value, str) and "\0" in value:
        raise InvalidRequest(f"{path}: send text without NUL", field=path)
    if isinstance(value, list):
        for each in value:
            require_storable_texts(each, path)
    elif isinstance(value, dict):
        for name, each in value.items():
            require_storable_texts(each, f"{path}.{to_camel_case(name)}")


def _check_person_filter(
    principal: Principal, arguments: Arguments | None, *, email: str
) -> Arguments:
    """`email`: the name of the argument that needs the scope to search by e-mail."""
    checked = _require_no_empty_values(principal, arguments)
    if email in checked:
        require_email_search(principal)
    return checked


def _require_no_empty_values(principal: Principal, arguments: Arguments | None) -> Arguments:
    checked = arguments or {}
    for name, value in checked.items():
        if value is None or value in ("", []):
            path = f"filter.{to_camel_case(name)}"
            message = f"{path}: null and empty values are rejected; omit the field"
            raise InvalidRequest(message, field=path)
    if "provider" in checked:
        principal.require_provider(checked["provider"])
    return checked


def _days(arguments: Arguments, name: str) -> DateRange | None:
    """Raises InvalidRequest for an empty or reversed range."""
    if name not in arguments:
        return None
    days = arguments[name]
    if days["to"] <= days["from"]:
        path = f"filter.{to_camel_case(name)}.to"
        raise InvalidRequest(f"{path}: must lie after from", field=path)
    return DateRange(days["from"], days["to"])


def _stay(arguments: Arguments) -> DateRange | None:
    window = _days(arguments, "stay")
    if window is None:
        return None
    try:
        return Stay(window.start, window.end).dates
    except InvalidField as error:
        raise InvalidRequest(f"filter.stay.to: {error.fix}", field="filter.stay.to") from error
