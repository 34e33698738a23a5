"""The vendor's notifications: each act arrives by them, whatever their order and number."""

from dataclasses import replace
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction, VendorMessage
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from application.errors import Unauthenticated
from application.inbox.receive_webhook import is_authentic
from domain.messages import InboxState
from entrypoints.certification.adapter_harness import catch_error, diff_bookings
from entrypoints.certification.app_harness import AppHarness, observed
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import FEW, CheckContext
from entrypoints.certification.checks.reading import RUBBISH
from entrypoints.certification.outcomes import CheckNotApplicable
from ports.errors import UnreadableMessage

BOOKING_EVENT: Final = "pms.booking.synced"
_OTHER_SEED: Final = 77


def _notified_check(act: ScenarioAction) -> Check:
    @check(
        f"notified.{act}",
        f"{act}: its notification brings it",
        Requirement.WEBHOOKS,
        Requirement.FETCHES,
    )
    def run_check(ctx: CheckContext) -> None:
        app = ctx.shared_app("notified")
        external_id, messages = perform_and_collect(ctx, app, act)
        before = app.bookings().get(external_id)
        app.receive_and_process(messages)
        if act is ScenarioAction.DELETE:
            expect_deleted(ctx, app, external_id, before)
        else:
            expect_matches_source(ctx, app, external_id)

    return run_check


NOTIFIED: Final = tuple(_notified_check(act) for act in ScenarioAction)


@check(
    "notified.twice",
    "Every notification twice is one change and one event",
    Requirement.WEBHOOKS,
    Requirement.FETCHES,
)
def twice(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    external_id, messages = perform_and_collect(ctx, app, ScenarioAction.AMEND)
    before = len(_events_of(app, external_id))
    app.receive_and_process([*messages, *messages])
    app.receive_and_process(messages)
    events = len(_events_of(app, external_id)) - before
    ctx.expect(events == 1, f"one change told {events} times")
    expect_matches_source(ctx, app, external_id)


@check(
    "notified.reversed",
    "Notifications in reverse order end the same",
    Requirement.WEBHOOKS,
    Requirement.FETCHES,
)
def backwards(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    _, messages = perform_and_collect(ctx, app, ScenarioAction.BOOK)
    collected = list(messages)
    for act in (ScenarioAction.AMEND, ScenarioAction.CHECK_IN, ScenarioAction.CANCEL):
        app.adapter.simulator.act(act)
        collected += app.adapter.simulator.messages()
    app.receive_and_process(reversed(collected))
    diff = app.diff_bookings()
    ctx.expect(not diff, diff)


@check(
    "notified.late",
    "A notification that comes late does not bring back what was",
    Requirement.WEBHOOKS,
    Requirement.FETCHES,
)
def late(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    external_id, first = perform_and_collect(ctx, app, ScenarioAction.AMEND)
    app.adapter.simulator.act(ScenarioAction.CANCEL)
    app.receive_and_process(app.adapter.simulator.messages())
    app.receive_and_process(first)
    expect_matches_source(ctx, app, external_id)
    diff = app.diff_bookings()
    ctx.expect(not diff, diff)


@check(
    "notified.unknown_event",
    "An event that nobody knows is acknowledged and ignored",
    Requirement.WEBHOOKS,
)
def unknown_event(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    message = app.adapter.simulator.unknown_message()
    if message is None:
        raise CheckNotApplicable("this vendor has no types of events")
    notification = app.adapter.provider.read_notification(message.body, app.adapter.context)
    ctx.expect(notification.ignored, "it is not told among the ignored")
    before, quarantined = app.bookings(), len(app.quarantined())
    app.receive_and_process([message])
    ctx.expect(not app.inbox(InboxState.RECEIVED), "it waits for ever in the inbox")
    ctx.expect(app.bookings() == before, "a booking changed")
    ctx.expect(len(app.quarantined()) == quarantined, "it was quarantined")


@check(
    "notified.rubbish",
    "A notification that can't be read is told as unreadable",
    Requirement.WEBHOOKS,
)
def rubbish(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    for body in RUBBISH:
        try:
            notification = adapter.provider.read_notification(body, adapter.context)
        except UnreadableMessage:
            ctx.observed()
        else:
            ctx.expect(not notification.refs, f"{body!r} names something to fetch")


@check(
    "notified.unreadable_kept",
    "An unreadable notification is kept in quarantine",
    Requirement.WEBHOOKS,
)
def unreadable_kept(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    before = len(app.quarantined())
    _, messages = perform_and_collect(ctx, app, ScenarioAction.BOOK)
    spoiled = replace(messages[0], body=messages[0].body[: len(messages[0].body) // 2])
    secrets = app.adapter.account().secrets
    ctx.require_or_skip(
        is_authentic(app.adapter.provider, spoiled.headers, spoiled.body, secrets),
        "what is not to the byte what the vendor signed is refused before it is read",
    )
    app.receive_and_process([spoiled])
    app.receive_and_process(messages)
    ctx.expect(len(app.quarantined()) == before + 1, "it is not in quarantine")


@check(
    "notified.foreign_property",
    "A notification of another hotel changes nothing",
    Requirement.WEBHOOKS,
)
def foreign_property(ctx: CheckContext) -> None:
    app = ctx.app(SimulatorOptions(bookings=FEW))
    app.first_sync()
    other = ctx.adapter(SimulatorOptions(bookings=FEW, seed=_OTHER_SEED))
    other.simulator.act(ScenarioAction.BOOK)
    messages = other.simulator.messages()
    ctx.require_or_skip(messages, "this vendor sends no notifications")
    notification = other.provider.read_notification(messages[0].body, other.context)
    with other.client() as client:
        foreign = client.check().property_id
    names_property = foreign.encode() in messages[0].body
    ctx.require_or_skip(
        names_property or notification.property_id, "its notifications do not name the property"
    )
    ctx.expect(
        notification.property_id == foreign, f"the property is read as {notification.property_id!r}"
    )
    before = app.bookings()
    try:
        app.receive_and_process(messages)
    except Unauthenticated:
        ctx.observed()
        return
    ctx.expect(app.bookings() == before, "our bookings changed")
    refused = [row.reason.code for row in app.quarantined() if row.reason]
    ctx.expect("foreign_property" in refused, f"it was not refused as foreign: {refused}")


@check("trust.genuine", "What the vendor sends is trusted", Requirement.WEBHOOKS)
def genuine(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    for message in _some_messages(ctx, app):
        secrets = app.adapter.account().secrets
        trusted = is_authentic(app.adapter.provider, message.headers, message.body, secrets)
        ctx.expect(trusted, "a genuine notification is not trusted")


@check(
    "trust.stripped",
    "Without the vendor's proof nothing is trusted, nor stored",
    Requirement.WEBHOOKS,
)
def stripped(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    (message, *_) = _signed_messages(ctx, app)
    _expect_refused(ctx, app, replace(message, headers={}), "without its proof")


@check("trust.forged", "A proof that was altered is not trusted", Requirement.WEBHOOKS)
def forged(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    (message, *_) = _signed_messages(ctx, app)
    headers = {
        name: f"{value[:-1]}{chr(ord(value[-1]) ^ 1)}" for name, value in message.headers.items()
    }
    _expect_refused(ctx, app, replace(message, headers=headers), "with an altered proof")


@check("trust.other_hotel", "The proof of another hotel is not trusted", Requirement.WEBHOOKS)
def other_hotel(ctx: CheckContext) -> None:
    app = ctx.shared_app("notified")
    other = ctx.adapter(SimulatorOptions(bookings=FEW, seed=_OTHER_SEED))
    own = app.adapter.account().secrets
    ctx.require_or_skip(
        other.account().secrets != own, "every simulated hotel has the same secrets"
    )
    other.simulator.act(ScenarioAction.BOOK)
    for message in other.simulator.messages()[:1]:
        ctx.require_or_skip(message.headers, _NO_PROOF)
        trusted = is_authentic(app.adapter.provider, message.headers, message.body, own)
        ctx.expect(not trusted, "it was trusted")


_NO_PROOF: Final = "this vendor gives no proof beyond the unguessable URL"


def _signed_messages(ctx: CheckContext, app: AppHarness) -> list[VendorMessage]:
    found = [message for message in _some_messages(ctx, app) if message.headers]
    ctx.require_or_skip(found, _NO_PROOF)
    return found


def _some_messages(ctx: CheckContext, app: AppHarness) -> list[VendorMessage]:
    app.adapter.simulator.act(ScenarioAction.BOOK)
    found = list(app.adapter.simulator.messages())
    ctx.require_or_skip(found, "this vendor sends no notifications")
    app.receive_and_process(found)
    return found


def _expect_refused(ctx: CheckContext, app: AppHarness, message: VendorMessage, how: str) -> None:
    ended = catch_error(lambda: app.deliver([message]))
    ctx.expect(isinstance(ended, Unauthenticated), f"{how} it was trusted")
    ctx.expect(not app.batches, f"{how} it was stored")


def _events_of(app: AppHarness, external_id: str) -> list[str]:
    return [
        message.body
        for message in app.events(BOOKING_EVENT)
        if message.ordering_key.endswith(f"/{external_id}")
    ]


def perform_and_collect(
    ctx: CheckContext, app: AppHarness, act: ScenarioAction
) -> tuple[str, list[VendorMessage]]:
    """Whom it was done to, and what the vendor would tell of it. All before it is known here."""
    simulator = app.adapter.simulator
    app.adapter.prepare(act)
    if ctx.capabilities.webhooks:
        app.receive_and_process(simulator.messages())
    external_id = simulator.act(act)
    ctx.require_or_skip(external_id, f"its simulator has no {act}")
    return external_id or "", list(simulator.messages())


def expect_matches_source(ctx: CheckContext, app: AppHarness, external_id: str) -> None:
    expected_booking = {external_id: app.adapter.expected_bookings()[external_id]}
    stored_booking = observed(app.bookings())
    ours = {external_id: stored_booking[external_id]} if external_id in stored_booking else {}
    diff = diff_bookings(expected_booking, ours)
    ctx.expect(not diff, diff)


def expect_deleted(ctx: CheckContext, app: AppHarness, external_id: str, before: object) -> None:
    stored_booking = app.bookings().get(external_id)
    ctx.require_or_skip(before, f"{external_id} was never known here")
    ctx.expect(
        stored_booking is not None, "it was taken out of the store: it has to stay until retention"
    )
    if stored_booking is None:
        return
    ctx.expect(stored_booking.details.deleted_at_source, "it is not told as gone at the source")
    ctx.expect(not stored_booking.details.holds_inventory, "it still holds a room")
