"""Payloads and webhooks of a declared vendor."""

import hmac
import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from adapters.outbound.provider_kit import authoring as pms
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.values import ABSENT
from ports.errors import TooManyItems, UnreadableMessage, Unsupported
from ports.providers import Notification, ReadItem, Ref, RefKind
from tests.adapters.provider_kit.declarative.listing_vendor import VENDOR, booking, local_tools
from tests.providers.mews.payloads import context

SECRETS = {"webhook_secret": "hush"}


def read(value: Any, *, limit: int = 10, **how: Any) -> list[ReadItem]:
    provider = pms.DeclarativeProvider(VENDOR, local_tools())
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(provider.read_items(ItemKind.BOOKING, [body], context(), limit=limit, **how))


def read_cell(r: pms.Reader, hotel: pms.HotelContext) -> pms.AvailabilitySnapshot:
    return pms.AvailabilitySnapshot(
        room_type_id=r.text("type", "room_type_id"),
        day=r.local_date("day", "day"),
        version=pms.SourceVersion(hotel.observed_at),
        version_is_ours=True,
        available=r.integer("left", "available"),
    )


class TestItems:
    @pytest.mark.parametrize(
        "payload",
        [booking(1), [booking(1)], {"stays": [booking(1)], "total": 1}],
        ids=["one", "array", "answer"],
    )
    def test_are_read_from_three_shapes(self, payload: Any) -> None:
        (item,) = read(payload)
        assert item.external_id == "B0001"

    def test_keep_unread_fields_as_extras(self) -> None:
        (item,) = read(booking(1, pet={"kind": "dog"}), explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.extras == (("pet", '{"kind":"dog"}'),)
        field_trace = dict(item.field_trace)
        assert field_trace.keys() == {"id", "state", "from", "to", "changed", "pet"}
        assert (field_trace["pet"], field_trace["from"]) == ("extras", "stay.arrival")

    def test_of_availability_report_what_is_not_kept(self) -> None:
        cells = pms.Availability(
            path="/free", paging=VENDOR.bookings.paging, items="free", read=read_cell
        )
        provider = pms.DeclarativeProvider(replace(VENDOR, availability=cells), local_tools())
        free = {"type": "DBL", "day": "2026-03-10", "left": 3, "view": "sea"}
        body = json.dumps({"free": [free], "page": {"total": 1}}).encode()
        (item,) = provider.read_items(
            ItemKind.AVAILABILITY, [body], context(), limit=1, explain=True
        )
        assert dict(item.field_trace) == {
            "type": "room_type_id",
            "day": "day",
            "left": "available",
            "view": "(not kept)",
            "$.page": "(not kept)",
        }

    def test_of_availability_report_the_property_around_them(self) -> None:
        cells = pms.Availability(
            path="/free",
            paging=VENDOR.bookings.paging,
            items="free",
            read=read_cell,
            property="hotel",
        )
        provider = pms.DeclarativeProvider(replace(VENDOR, availability=cells), local_tools())
        free = {"type": "DBL", "day": "2026-03-10", "left": 3}
        body = json.dumps({"hotel": "H", "free": [free], "total": 1}).encode()
        (item,) = provider.read_items(
            ItemKind.AVAILABILITY, [body], context(), limit=1, explain=True
        )
        assert dict(item.field_trace)["$.hotel"] == "(not kept)"
        assert "hotel" not in dict(item.field_trace)

    def test_keep_nothing_of_declared_sensitive_fields(self) -> None:
        vendor = replace(VENDOR, sensitive_fields=frozenset({"pet.chip"}))
        provider = pms.DeclarativeProvider(vendor, local_tools())
        body = json.dumps(booking(1, pet={"kind": "dog", "chip": "SECRET"})).encode()
        (item,) = provider.read_items(ItemKind.BOOKING, [body], context(), limit=1, explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.extras == (("pet", '{"kind":"dog"}'),)
        assert dict(item.field_trace)["pet.chip"] == "(dropped: declared as sensitive)"

    def test_distinguish_absent_from_null(self) -> None:
        absent, null = read([booking(1), booking(2, note=None)])
        assert isinstance(absent.snapshot, BookingSnapshot)
        assert isinstance(null.snapshot, BookingSnapshot)
        assert (absent.snapshot.notes, null.snapshot.notes) == (ABSENT, None)

    def test_that_are_invalid_do_not_affect_others(self) -> None:
        odd = booking(2)
        del odd["from"]
        good, bad, nothing = read({"stays": [booking(1), odd, 7]})
        assert good.snapshot is not None
        assert bad.reason is not None
        assert nothing.reason is not None
        assert (bad.external_id, bad.reason.path) == ("B0002", "stays[1].from")
        assert nothing.reason.path == "stays[2]"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"7", b'"text"', b"\xff"])
    def test_of_an_unreadable_body_are_rejected(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            read(body)

    def test_beyond_the_limit_are_rejected(self) -> None:
        with pytest.raises(TooManyItems):
            read([booking(n) for n in range(3)], limit=2)

    def test_of_another_property_named_around_them_are_refused(self) -> None:
        vendor = replace(VENDOR, bookings=replace(VENDOR.bookings, property="hotel.id"))
        provider = pms.DeclarativeProvider(vendor, local_tools())
        pages = [{"hotel": {"id": name}, "stays": [booking(1)]} for name in ("X", "OURS")]
        ours = replace(context(), property_id="OURS")
        other, own = provider.read_items(
            ItemKind.BOOKING, [json.dumps(pages).encode()], ours, limit=9
        )
        assert own.reason is None
        assert other.reason is not None
        assert (other.reason.code, other.reason.path) == ("foreign_property", "hotel.id")
        (again,) = provider.read_items(ItemKind.BOOKING, [other.raw], ours, limit=9)
        assert again.reason is not None
        assert again.reason.code == "foreign_property"

    def test_missing_from_a_list_that_counts_them_are_an_error(self) -> None:
        vendor = replace(VENDOR, bookings=replace(VENDOR.bookings, count="meta.total"))
        provider = pms.DeclarativeProvider(vendor, local_tools())
        for total, is_lost in ((0, False), (2, True)):
            body = json.dumps({"stays": [], "meta": {"total": total}}).encode()
            if not is_lost:
                assert not provider.read_items(ItemKind.BOOKING, [body], context(), limit=9)
                continue
            with pytest.raises(UnreadableMessage):
                provider.read_items(ItemKind.BOOKING, [body], context(), limit=9)

    def test_of_other_kinds_are_not_this_vendors(self) -> None:
        provider = pms.DeclarativeProvider(VENDOR, local_tools())
        for kind in (ItemKind.GUEST, ItemKind.AVAILABILITY):
            with pytest.raises(Unsupported):
                provider.read_items(kind, [b"[]"], context(), limit=1)


def notification(r: pms.Reader) -> Notification:
    kinds = {"stay": RefKind.BOOKING, "rooms": RefKind.AVAILABILITY}
    return pms.notification_for_event(
        r.text("event"), kinds, r.text("id"), property_id=r.optional_text("hotel")
    )


def provider_with_webhooks(proof: Any) -> pms.DeclarativeProvider:
    webhooks = pms.Webhooks(proof=proof, read=notification)
    return pms.DeclarativeProvider(replace(VENDOR, webhooks=webhooks), local_tools())


class TestNotification:
    def read(self, value: Any) -> Notification:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return provider_with_webhooks(pms.UnguessableUrl()).read_notification(body, context())

    def test_names_what_to_fetch(self) -> None:
        notification = self.read({"event": "stay", "id": "1", "hotel": "h"})
        assert (notification.refs, notification.property_id) == ((Ref(RefKind.BOOKING, "1"),), "h")

    def test_of_many_names_each_once(self) -> None:
        events = [("stay", "1"), ("rooms", "x"), ("stay", "1"), ("spa", "2"), ("stay", "3")]
        notification = self.read([{"event": event, "id": id_} for event, id_ in events])
        assert notification.refs == (
            Ref(RefKind.BOOKING, "1"),
            Ref(RefKind.AVAILABILITY),
            Ref(RefKind.BOOKING, "3"),
        )
        assert notification.ignored == ("spa",)

    def test_of_several_hotels_is_read_event_by_event(self) -> None:
        events = [{"event": "stay", "id": name, "hotel": name} for name in ("h", "other", "third")]
        ours = replace(context(), property_id="h")
        provider = provider_with_webhooks(pms.UnguessableUrl())
        found = provider.read_notification(json.dumps(events).encode(), ours)
        assert (found.refs, found.property_id) == ((Ref(RefKind.BOOKING, "h"),), "h")
        assert [(each.property_id, each.reason.code) for each in found.unreadable] == [
            ("other", "foreign_property"),
            ("third", "foreign_property"),
        ]
        assert json.loads(found.unreadable[0].raw) == events[1]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{}",
            b"[7]",
            {"event": 1, "id": "1"},
            [{"event": "stay", "id": "1", "hotel": h} for h in "ab"],
        ],
    )
    def test_rejects_unreadable_message(self, body: Any) -> None:
        with pytest.raises(UnreadableMessage):
            self.read(body)

    def test_is_unknown_to_a_vendor_without(self) -> None:
        provider = pms.DeclarativeProvider(VENDOR, local_tools())
        assert not provider.authentic({}, SECRETS)
        with pytest.raises(Unsupported):
            provider.read_notification(b"{}", context())


class TestProof:
    BODY = b'{"event": "stay"}'

    def test_by_a_shared_secret(self) -> None:
        provider = provider_with_webhooks(pms.SharedSecret(header="x-secret"))
        assert provider.authentic_body({"x-secret": "hush"}, self.BODY, SECRETS)
        assert provider.authentic({"x-secret": "hush"}, SECRETS)
        assert not provider.authentic_body({"x-secret": "hush!"}, self.BODY, SECRETS)
        assert not provider.authentic_body({"x-secret": "hüsh"}, self.BODY, SECRETS)
        assert not provider.authentic_body({}, self.BODY, SECRETS)

    def test_by_a_secret_that_is_not_there_is_none(self) -> None:
        provider = provider_with_webhooks(pms.SharedSecret(header="x-secret"))
        assert not provider.authentic_body({"x-secret": ""}, self.BODY, {})
        assert not provider.authentic_body({"x-secret": ""}, self.BODY, {"webhook_secret": ""})

    @pytest.mark.parametrize("encoding", ["hex", "base64"])
    def test_by_a_signature_over_the_body(self, encoding: Any) -> None:
        digest = hmac.digest(b"hush", self.BODY, "sha256")
        text = digest.hex() if encoding == "hex" else b64encode(digest).decode()
        provider = provider_with_webhooks(
            pms.HmacSignature(header="x-signature", prefix="sha256=", encoding=encoding)
        )
        headers = {"x-signature": f"sha256={text}"}
        assert provider.authentic_body(headers, self.BODY, SECRETS)
        assert not provider.authentic_body(headers, self.BODY + b" ", SECRETS)
        assert not provider.authentic_body(headers, self.BODY, {"webhook_secret": "other"})
        assert not provider.authentic_body({"x-signature": text}, self.BODY, SECRETS)

    def test_by_the_url_alone(self) -> None:
        provider = provider_with_webhooks(pms.UnguessableUrl())
        assert provider.authentic_body({}, self.BODY, {})
        assert "unguessable" in provider.capabilities.trust


class TestCapabilities:
    def test_list_every_setting(self) -> None:
        provider = provider_with_webhooks(pms.HmacSignature(header="x"))
        is_secret = {spec.name: spec.secret for spec in provider.capabilities.settings}
        assert is_secret == {
            "api_key": True,
            "hotel": False,
            "webhook_secret": True,
            "base_url": False,
        }
