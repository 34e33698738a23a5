"""Any snapshot that a provider could give, for properties."""

from datetime import UTC, date, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from domain.currencies import EXPONENTS
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    BookingSource,
    Extras,
    GuestSnapshot,
    Party,
    PartyRole,
    RoomStay,
)
from domain.status import BookingStatus
from domain.values import (
    ABSENT,
    MAX_MINOR,
    MAX_STAY_NIGHTS,
    AgeClass,
    AgeCount,
    Field,
    Money,
    NightlyPrice,
    SourceVersion,
    Stay,
)

T = TypeVar("T")

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=12,
)
ids = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text.isprintable()
)
instants = st.datetimes(timezones=st.just(UTC))
versions = st.builds(SourceVersion, instants, st.integers(0, 2**63 - 1))
monies = st.builds(Money, st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
stays = st.builds(
    lambda arrival, nights: Stay(arrival, arrival + timedelta(days=nights)),
    st.dates(max_value=date(9990, 1, 1)),
    st.integers(0, MAX_STAY_NIGHTS),
)
statuses = st.sampled_from(BookingStatus)
json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | texts
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def _as_extras(values: dict[str, Json]) -> Extras:
    return tuple(sorted((path, dumps(value)) for path, value in values.items()))


extras = st.dictionaries(texts, json_values, max_size=3).map(_as_extras)


def present(values: st.SearchStrategy[T]) -> st.SearchStrategy[Field[T]]:
    return st.just(ABSENT) | values


def nullable(values: st.SearchStrategy[T]) -> st.SearchStrategy[Field[T | None]]:
    return st.just(ABSENT) | st.none() | values


parties = st.builds(
    Party,
    guest_id=st.none() | texts,
    role=st.sampled_from(PartyRole),
    first_name=st.none() | texts,
    last_name=st.none() | texts,
    email=st.none() | texts,
    phone=st.none() | texts,
    country=st.none() | texts,
    language=st.none() | texts,
)
age_counts = st.builds(
    AgeCount,
    age_class=st.sampled_from(AgeClass),
    count=st.integers(0, 9_999),
    age=st.none() | st.integers(0, 120),
    category=st.none() | texts,
)
room_stays = st.builds(
    RoomStay,
    line_id=st.none() | texts,
    room_type_id=st.none() | texts,
    room_id=st.none() | texts,
    rate_plan_id=st.none() | texts,
    stay=stays,
    status=statuses,
    occupancy=st.lists(age_counts, max_size=2).map(tuple),
    nightly_prices=st.lists(st.builds(NightlyPrice, st.dates(), monies), max_size=2).map(tuple),
    units=st.integers(1, 999),
)
bookings = st.builds(
    BookingSnapshot,
    external_id=ids,
    version=versions,
    deleted=st.booleans(),
    status=present(statuses),
    holds_inventory=present(st.booleans()),
    confirmation_number=nullable(texts),
    group_id=nullable(texts),
    share_id=nullable(texts),
    source=present(st.sampled_from(BookingSource)),
    stay=present(stays),
    rooms=present(st.lists(room_stays, min_size=1, max_size=2).map(tuple)),
    primary_guest=nullable(parties),
    further_guests=present(st.lists(parties, max_size=2).map(tuple)),
    total=nullable(monies),
    paid=nullable(monies),
    balance=nullable(monies),
    special_requests=nullable(texts),
    notes=nullable(texts),
    checked_in_at=nullable(instants),
    checked_out_at=nullable(instants),
    canceled_at=nullable(instants),
    cancel_reason=nullable(texts),
    extras=present(extras),
)
_GUEST_TEXTS = (
    "title",
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "city",
    "region",
    "postal_code",
    "country",
    "nationality",
    "language",
    "loyalty_number",
    "loyalty_tier",
    "id_document_type",
    "id_document_number",
    "preferences",
    "notes",
    "merged_into",
)
guests = st.builds(
    GuestSnapshot,
    external_id=ids,
    version=versions,
    deleted=st.booleans(),
    **{name: nullable(texts) for name in _GUEST_TEXTS},
    birth_date=nullable(st.dates()),
    vip=nullable(st.booleans()),
    loyalty_points=nullable(st.integers(-(10**15), 10**15)),
    email_opt_in=nullable(st.booleans()),
    sms_opt_in=nullable(st.booleans()),
    total_stays=nullable(st.integers(0, 10**6)),
    total_spent=nullable(monies),
    last_stay_on=nullable(st.dates()),
    extras=present(extras),
)
_counts = nullable(st.integers(-100_000, 100_000))
availability = st.builds(
    AvailabilitySnapshot,
    room_type_id=ids,
    day=st.dates(),
    version=versions,
    version_is_ours=st.booleans(),
    total=_counts,
    available=_counts,
    occupied=_counts,
    blocked=_counts,
    lowest_rate=nullable(monies),
    closed=nullable(st.booleans()),
    closed_to_arrival=nullable(st.booleans()),
    closed_to_departure=nullable(st.booleans()),
    min_stay=_counts,
    max_stay=_counts,
)
