"""The vendor's notifications: processing in any order and number, and their authentication."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction, VendorMessage
from application.errors import Unauthenticated
from application.inbox.receive_webhook import is_authentic
from domain.messages import InboxState
from entrypoints.certification.adapter_harness import AdapterHarness
from entrypoints.certification.app_harness import AppHarness, observe_stored
from entrypoints.certification.booking_diff import diff_bookings
from entrypoints.certification.check import (
    Requirement,
    check_for_each,
    notification_check,
    webhook_check,
)
from entrypoints.certification.check_context import FEW, CheckContext
from entrypoints.certification.checks.reading import MALFORMED
from entrypoints.certification.outcomes import CheckFailed
from ports.errors import UnreadableMessage

Headers = Mapping[str, str]

BOOKING_EVENT: Final = "pms.booking.synced"
_OTHER_SEED: Final = 77
_NO_NOTIFICATIONS: Final = "this vendor sends no notifications"
_NO_PROOF: Final = "this vendor authenticates by the unguessable URL only"


@check_for_each(
    "notified",
    (
        (action.value, f"{action}: its notification stores the change", action)
        for action in ScenarioAction
    ),
    Requirement.WEBHOOKS,
    Requirement.FETCHES,
)
def notified_change(ctx: CheckContext, action: ScenarioAction) -> None:
    app = ctx.shared_app("notified")
    external_id, messages = perform_and_collect(ctx, app, action)
    before = app.bookings().get(external_id)
    app.receive_and_process(messages)
    expect_stored(ctx, app, action, external_id, before)


@notification_check("notified.twice", "Duplicate notifications publish one event per change")
def duplicate_notifications(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    external_id, messages = perform_and_collect(ctx, app, ScenarioAction.AMEND)
    before = _count_events(app, external_id)
    app.receive_and_process([*messages, *messages])
    app.receive_and_process(messages)
    events = _count_events(app, external_id) - before
    ctx.expect(events == 1, f"one change published {events} events")
    expect_matches_source(ctx, app, external_id)


@notification_check("notified.reversed", "Notifications in reverse order lead to the same bookings")
def reversed_order(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    _, messages = perform_and_collect(ctx, app, ScenarioAction.BOOK)
    for action in (ScenarioAction.AMEND, ScenarioAction.CHECK_IN, ScenarioAction.CANCEL):
        app.adapter.perform(action)
        messages += app.adapter.simulator.messages()
    app.receive_and_process(reversed(messages))
    ctx.expect_no_difference(app.diff_bookings())


@notification_check("notified.late", "A delayed notification does not restore outdated data")
def late_notification(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    external_id, first = perform_and_collect(ctx, app, ScenarioAction.AMEND)
    app.adapter.perform(ScenarioAction.CANCEL)
    app.receive_and_process(app.adapter.simulator.messages())
    app.receive_and_process(first)
    expect_matches_source(ctx, app, external_id)
    ctx.expect_no_difference(app.diff_bookings())


@webhook_check("notified.unknown_event", "An event of an unknown type is acknowledged and ignored")
def unknown_event(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    message = ctx.require_or_skip(
        app.adapter.simulator.unknown_message(), "this vendor has no event types"
    )
    notification = app.adapter.provider.read_notification(message.body, app.adapter.context)
    ctx.expect(notification.ignored, "it is not reported as ignored")
    before, quarantined = app.bookings(), len(app.quarantined())
    app.receive_and_process([message])
    ctx.expect(not app.inbox(InboxState.RECEIVED), "it stays in the inbox")
    ctx.expect(app.bookings() == before, "a booking changed")
    ctx.expect(len(app.quarantined()) == quarantined, "it was quarantined")


@webhook_check("notified.malformed", "A malformed notification is reported as unreadable")
def malformed_notifications(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    for body in MALFORMED:
        try:
            notification = adapter.provider.read_notification(body, adapter.context)
        except UnreadableMessage:
            ctx.count_expectation()
        else:
            ctx.expect(not notification.refs, f"{body!r} references something to fetch")


@webhook_check("notified.unreadable_quarantined", "An unreadable notification goes to quarantine")
def unreadable_quarantined(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    before = len(app.quarantined())
    _, messages = perform_and_collect(ctx, app, ScenarioAction.BOOK)
    truncated = replace(messages[0], body=messages[0].body[: len(messages[0].body) // 2])
    ctx.require_or_skip(
        _is_trusted(app.adapter, truncated),
        "this vendor signs the body, so that a truncated one is not authentic",
    )
    app.receive_and_process([truncated])
    app.receive_and_process(messages)
    ctx.expect(len(app.quarantined()) == before + 1, "it is not in quarantine")


@webhook_check("notified.foreign_property", "A notification of another property changes nothing")
def foreign_property(ctx: CheckContext) -> None:
    app = ctx.synced_app()
    other, messages = _other_hotel(ctx)
    ctx.require_or_skip(messages, _NO_NOTIFICATIONS)
    notification = other.provider.read_notification(messages[0].body, other.context)
    with other.client() as client:
        foreign_id = client.check().property_id
    names_property = foreign_id.encode() in messages[0].body
    ctx.require_or_skip(
        names_property or notification.property_id, "its notifications do not name the property"
    )
    ctx.expect(
        notification.property_id == foreign_id,
        f"the property is read as {notification.property_id!r}",
    )
    before = app.bookings()
    try:
        app.receive_and_process(messages)
    except Unauthenticated:
        ctx.count_expectation()
        return
    ctx.expect(app.bookings() == before, "stored bookings changed")
    codes = [row.reason.code for row in app.quarantined() if row.reason]
    ctx.expect("foreign_property" in codes, f"it was not rejected as foreign: {codes}")


@webhook_check("trust.genuine", "The vendor's own notifications are authentic")
def genuine_notifications(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    for message in _process_new_messages(ctx, app):
        ctx.expect(_is_trusted(app.adapter, message), "a genuine notification is not authentic")


def _flip_last_bits(headers: Headers) -> Headers:
    return {name: f"{value[:-1]}{chr(ord(value[-1]) ^ 1)}" for name, value in headers.items()}


@check_for_each(
    "trust",
    (
        (
            "stripped",
            "A notification without the vendor's proof is rejected and not stored",
            lambda _: {},
        ),
        ("forged", "A notification with an altered proof is rejected", _flip_last_bits),
    ),
    Requirement.WEBHOOKS,
)
def altered_proof(ctx: CheckContext, alter: Callable[[Headers], Headers]) -> None:
    app = ctx.shared_app("notified")
    signed = [each for each in _process_new_messages(ctx, app) if each.headers]
    message = ctx.require_or_skip(signed, _NO_PROOF)[0]
    altered = replace(message, headers=alter(message.headers))
    ctx.expect_error(lambda: app.deliver([altered]), Unauthenticated, during="delivered")
    ctx.expect(not app.batches, "it was stored")


@webhook_check("trust.other_hotel", "The proof of another hotel is rejected")
def other_hotel(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    other, messages = _other_hotel(ctx)
    ctx.require_or_skip(
        other.account().secrets != app.adapter.account().secrets,
        "every simulated hotel has the same secrets",
    )
    for message in messages[:1]:
        ctx.require_or_skip(message.headers, _NO_PROOF)
        ctx.expect(not _is_trusted(app.adapter, message), "it was accepted")


def _other_hotel(ctx: CheckContext) -> tuple[AdapterHarness, list[VendorMessage]]:
    """A hotel of the same vendor, and the notifications of a new booking there."""
    adapter = ctx.adapter(replace(FEW, seed=_OTHER_SEED))
    return adapter, adapter.book_and_collect()


def _is_trusted(adapter: AdapterHarness, message: VendorMessage) -> bool:
    secrets = adapter.account().secrets
    return is_authentic(adapter.provider, message.headers, message.body, secrets)


def _process_new_messages(ctx: CheckContext, app: AppHarness) -> list[VendorMessage]:
    messages = ctx.require_or_skip(app.adapter.book_and_collect(), _NO_NOTIFICATIONS)
    app.receive_and_process(messages)
    return messages


def _count_events(app: AppHarness, external_id: str) -> int:
    keys = [message.ordering_key for message in app.events(BOOKING_EVENT)]
    return sum(key.endswith(f"/{external_id}") for key in keys)


def perform_and_collect(
    ctx: CheckContext, app: AppHarness, action: ScenarioAction
) -> tuple[str, list[VendorMessage]]:
    """The booking that changed, and its notifications; earlier ones are processed before."""
    app.adapter.prepare(action)
    if ctx.capabilities.webhooks:
        app.receive_and_process(app.adapter.simulator.messages())
    changed = app.adapter.perform(action)
    (external_id,) = ctx.require_or_skip(changed, f"its simulator has no {action}")
    return external_id, list(app.adapter.simulator.messages())


def expect_matches_source(ctx: CheckContext, app: AppHarness, external_id: str) -> None:
    expected = {external_id: app.adapter.expected_bookings()[external_id]}
    stored = observe_stored(app.bookings())
    found = {id_: booking for id_, booking in stored.items() if id_ == external_id}
    ctx.expect_no_difference(diff_bookings(expected, found))


def expect_stored(
    ctx: CheckContext, app: AppHarness, action: ScenarioAction, external_id: str, before: object
) -> None:
    """That the action on this booking is stored; `before`: the booking stored before it."""
    if action is not ScenarioAction.DELETE:
        expect_matches_source(ctx, app, external_id)
        return
    ctx.require_or_skip(before, f"{external_id} was never stored")
    stored = app.bookings().get(external_id)
    ctx.count_expectation()
    if stored is None:
        raise CheckFailed("the booking was removed from the store; retention must do that")
    ctx.expect(stored.details.deleted_at_source, "it is not stored as deleted at the source")
    ctx.expect(not stored.details.holds_inventory, "it still holds inventory")
