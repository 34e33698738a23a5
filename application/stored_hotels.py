"""Stored hotels: load one, or raise."""

from application.errors import HotelDisabled, HotelNotFound
from domain.hotel import Hotel
from domain.values import HotelId
from ports.directory import Directory
from ports.unit_of_work import UnitOfWork


def get_hotel(directory: Directory, hotel_id: HotelId) -> Hotel:
    """Raises HotelNotFound."""
    hotel = directory.hotel(hotel_id)
    if hotel is None:
        raise HotelNotFound
    return hotel


def get_enabled_hotel(directory: Directory, hotel_id: HotelId) -> Hotel:
    """Raises HotelNotFound, HotelDisabled."""
    hotel = get_hotel(directory, hotel_id)
    if not hotel.enabled:
        raise HotelDisabled
    return hotel


def get_hotel_by_slug(uow: UnitOfWork, slug: str) -> Hotel:
    """Raises HotelNotFound."""
    hotel = uow.hotels.by_slug(slug)
    if hotel is None:
        raise HotelNotFound(f"there is no hotel '{slug}'; see `pms hotel list`")
    return hotel
