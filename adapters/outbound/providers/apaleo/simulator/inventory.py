"""The property, its unit groups, units and availability in the vendor's format."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, SimulatedRoom
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject

ARRIVAL_MINUTE: Final = 15 * 60
DEPARTURE_MINUTE: Final = 11 * 60


class ApaleoInventory:
    """Inventory v1 and Availability v1; also formats the instants and amounts of all responses."""

    def __init__(self, hotel: SeededHotel) -> None:
        self._hotel = hotel

    def property(self) -> JsonObject:
        hotel = self._hotel
        return {
            **self.embedded_property(),
            "isTemplate": False,
            "location": {
                "addressLine1": "Main Street 1",
                "postalCode": "1010",
                "city": "Vienna",
                "countryCode": "AT",
            },
            "timeZone": hotel.time_zone,
            "currencyCode": hotel.currency,
            "created": "2024-01-01T00:00:00+01:00",
        }

    def unit_groups(self) -> list[JsonObject]:
        return [
            {
                **self.group(kind.id),
                "memberCount": len(self._hotel.rooms_of(kind.id)),
                "maxPersons": kind.sleeps,
                "property": self.embedded_property(),
            }
            for kind in self._hotel.room_types.values()
        ]

    def units(self) -> list[JsonObject]:
        return [self._unit_item(room) for room in self._hotel.rooms.values()]

    def availability(self, first: date, until: date) -> list[JsonObject]:
        sold = self._hotel.sold(first, until)
        slices: list[JsonObject] = []
        day = first
        while day < until:
            groups = [
                self._availability_counts(kind, sold[kind, day]) for kind in self._hotel.room_types
            ]
            slices.append(
                {
                    "from": self.text(self._hotel.instant(day, ARRIVAL_MINUTE)),
                    "to": self.text(self._hotel.instant(day + timedelta(days=1), DEPARTURE_MINUTE)),
                    "unitGroups": groups,
                }
            )
            day += timedelta(days=1)
        return slices

    def _availability_counts(self, kind: str, sold: int) -> JsonObject:
        rooms = len(self._hotel.rooms_of(kind))
        return {
            "unitGroup": self.group(kind),
            "physicalCount": rooms,
            "houseCount": rooms,
            "soldCount": sold,
            "occupancy": round(100 * sold / rooms, 2) if rooms else 0,
            "sellableCount": rooms - sold,
            "availableCount": rooms - sold + 1,
            "allowedOverbookingCount": 1,
            "maintenance": {"outOfService": 0, "outOfOrder": 0, "outOfInventory": 0},
            "block": {"definite": 0, "tentative": 0, "picked": 0, "remaining": 0},
        }

    def group(self, room_type_id: str) -> JsonObject:
        kind = self._hotel.room_types[room_type_id]
        return {
            "id": f"{self._hotel.id}-{kind.id}",
            "code": kind.id,
            "name": kind.name,
            "description": f"{kind.name} room",
        }

    def unit(self, room: SimulatedRoom) -> JsonObject:
        return {
            "id": f"{self._hotel.id}-{room.id}",
            "name": room.number,
            "unitGroupId": f"{self._hotel.id}-{room.room_type_id}",
        }

    def _unit_item(self, room: SimulatedRoom) -> JsonObject:
        condition = "Clean" if room.is_clean else "Dirty"
        return {
            "id": f"{self._hotel.id}-{room.id}",
            "name": room.number,
            "description": f"Floor {room.floor}",
            "property": self.embedded_property(),
            "unitGroup": self.group(room.room_type_id),
            "status": {"isOccupied": False, "condition": condition},
            "maxPersons": self._hotel.room_types[room.room_type_id].sleeps,
            "created": "2024-01-01T00:00:00+01:00",
        }

    def embedded_property(self) -> JsonObject:
        return {"id": self._hotel.id, "code": self._hotel.id, "name": self._hotel.name}

    def amount(self, minor: int) -> JsonObject:
        return {"amount": self._hotel.major(minor), "currency": self._hotel.currency}

    def text(self, instant: int | None, *, exact: bool = False) -> str | None:
        """With the property's offset; `exact` with the vendor's seven digits."""
        if instant is None:
            return None
        seconds, rest = divmod(instant, TICKS)
        local = datetime.fromtimestamp(seconds, UTC).astimezone(self._hotel.zone)
        text = local.isoformat()
        return f"{text[:19]}.{rest:07}{text[19:]}" if exact else text
