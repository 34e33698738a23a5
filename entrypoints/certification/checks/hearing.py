"""The vendor's notifications: each act arrives by them, whatever their order and number."""

from dataclasses import replace
from typing import Final

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act, VendorMessage
from application.errors import Unauthenticated
from application.receive_webhook import is_authentic
from domain.messages import InboxState
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.checks.reading import RUBBISH
from entrypoints.certification.endings import NotApplicable
from entrypoints.certification.house import House, seen
from entrypoints.certification.scene import FEW, Scene
from entrypoints.certification.visit import differences, met
from ports.errors import UnreadableMessage

BOOKING_EVENT: Final = "pms.booking.synced"
_OTHER_SEED: Final = 77


def _heard(act: Act) -> Check:
    @check(f"notified.{act}", f"{act}: its notification brings it", Need.WEBHOOKS, Need.FETCHES)
    def look(scene: Scene) -> None:
        house = scene.shared_house("notified")
        done, messages = acted(scene, house, act)
        before = house.bookings().get(done)
        house.hear(messages)
        if act is Act.DELETE:
            expect_gone(scene, house, done, before)
        else:
            expect_true(scene, house, done)

    return look


HEARD: Final = tuple(_heard(act) for act in Act)


@check(
    "notified.twice",
    "Every notification twice is one change and one event",
    Need.WEBHOOKS,
    Need.FETCHES,
)
def twice(scene: Scene) -> None:
    house = scene.shared_house("notified")
    done, messages = acted(scene, house, Act.AMEND)
    before = len(_events_of(house, done))
    house.hear([*messages, *messages])
    house.hear(messages)
    events = len(_events_of(house, done)) - before
    scene.expect(events == 1, f"one change told {events} times")
    expect_true(scene, house, done)


@check(
    "notified.reversed", "Notifications in reverse order end the same", Need.WEBHOOKS, Need.FETCHES
)
def backwards(scene: Scene) -> None:
    house = scene.shared_house("notified")
    _, messages = acted(scene, house, Act.BOOK)
    collected = list(messages)
    for act in (Act.AMEND, Act.CHECK_IN, Act.CANCEL):
        house.visit.simulator.act(act)
        collected += house.visit.simulator.messages()
    house.hear(reversed(collected))
    unlike = house.differences()
    scene.expect(not unlike, unlike)


@check(
    "notified.late",
    "A notification that comes late does not bring back what was",
    Need.WEBHOOKS,
    Need.FETCHES,
)
def late(scene: Scene) -> None:
    house = scene.shared_house("notified")
    done, first = acted(scene, house, Act.AMEND)
    house.visit.simulator.act(Act.CANCEL)
    house.hear(house.visit.simulator.messages())
    house.hear(first)
    expect_true(scene, house, done)
    unlike = house.differences()
    scene.expect(not unlike, unlike)


@check(
    "notified.unknown_event",
    "An event that nobody knows is acknowledged and ignored",
    Need.WEBHOOKS,
)
def unknown_event(scene: Scene) -> None:
    house = scene.shared_house("notified")
    message = house.visit.simulator.unknown_message()
    if message is None:
        raise NotApplicable("this vendor has no types of events")
    said = house.visit.provider.read_notification(message.body, house.visit.context)
    scene.expect(said.ignored, "it is not told among the ignored")
    before, quarantined = house.bookings(), len(house.quarantined())
    house.hear([message])
    scene.expect(not house.inbox(InboxState.RECEIVED), "it waits for ever in the inbox")
    scene.expect(house.bookings() == before, "a booking changed")
    scene.expect(len(house.quarantined()) == quarantined, "it was quarantined")


@check("notified.rubbish", "A notification that can't be read is told as unreadable", Need.WEBHOOKS)
def rubbish(scene: Scene) -> None:
    visit = scene.visit()
    for body in RUBBISH:
        try:
            said = visit.provider.read_notification(body, visit.context)
        except UnreadableMessage:
            scene.seen()
        else:
            scene.expect(not said.refs, f"{body!r} names something to fetch")


@check(
    "notified.unreadable_kept", "An unreadable notification is kept in quarantine", Need.WEBHOOKS
)
def unreadable_kept(scene: Scene) -> None:
    house = scene.shared_house("notified")
    before = len(house.quarantined())
    _, messages = acted(scene, house, Act.BOOK)
    spoiled = replace(messages[0], body=messages[0].body[: len(messages[0].body) // 2])
    secrets = house.visit.account().secrets
    scene.skip_unless(
        is_authentic(house.visit.provider, spoiled.headers, spoiled.body, secrets),
        "what is not to the byte what the vendor signed is refused before it is read",
    )
    house.hear([spoiled])
    house.hear(messages)
    scene.expect(len(house.quarantined()) == before + 1, "it is not in quarantine")


@check(
    "notified.foreign_property", "A notification of another hotel changes nothing", Need.WEBHOOKS
)
def foreign_property(scene: Scene) -> None:
    house = scene.house(SimulatorOptions(bookings=FEW))
    house.first_sync()
    other = scene.visit(SimulatorOptions(bookings=FEW, seed=_OTHER_SEED))
    other.simulator.act(Act.BOOK)
    messages = other.simulator.messages()
    scene.skip_unless(messages, "this vendor sends no notifications")
    said = other.provider.read_notification(messages[0].body, other.context)
    with other.client() as client:
        foreign = client.check().property_id
    named = foreign.encode() in messages[0].body
    scene.skip_unless(named or said.property_id, "its notifications do not name the property")
    scene.expect(said.property_id == foreign, f"the property is read as {said.property_id!r}")
    before = house.bookings()
    try:
        house.hear(messages)
    except Unauthenticated:
        scene.seen()
        return
    scene.expect(house.bookings() == before, "our bookings changed")
    refused = [row.reason.code for row in house.quarantined() if row.reason]
    scene.expect("foreign_property" in refused, f"it was not refused as foreign: {refused}")


@check("trust.genuine", "What the vendor sends is trusted", Need.WEBHOOKS)
def genuine(scene: Scene) -> None:
    house = scene.shared_house("notified")
    for message in _some_messages(scene, house):
        secrets = house.visit.account().secrets
        trusted = is_authentic(house.visit.provider, message.headers, message.body, secrets)
        scene.expect(trusted, "a genuine notification is not trusted")


@check("trust.stripped", "Without the vendor's proof nothing is trusted, nor stored", Need.WEBHOOKS)
def stripped(scene: Scene) -> None:
    house = scene.shared_house("notified")
    (message, *_) = _proven(scene, house)
    _expect_refused(scene, house, replace(message, headers={}), "without its proof")


@check("trust.forged", "A proof that was altered is not trusted", Need.WEBHOOKS)
def forged(scene: Scene) -> None:
    house = scene.shared_house("notified")
    (message, *_) = _proven(scene, house)
    headers = {
        name: f"{value[:-1]}{chr(ord(value[-1]) ^ 1)}" for name, value in message.headers.items()
    }
    _expect_refused(scene, house, replace(message, headers=headers), "with an altered proof")


@check("trust.other_hotel", "The proof of another hotel is not trusted", Need.WEBHOOKS)
def other_hotel(scene: Scene) -> None:
    house = scene.shared_house("notified")
    other = scene.visit(SimulatorOptions(bookings=FEW, seed=_OTHER_SEED))
    own = house.visit.account().secrets
    scene.skip_unless(other.account().secrets != own, "every simulated hotel has the same secrets")
    other.simulator.act(Act.BOOK)
    for message in other.simulator.messages()[:1]:
        scene.skip_unless(message.headers, _NO_PROOF)
        trusted = is_authentic(house.visit.provider, message.headers, message.body, own)
        scene.expect(not trusted, "it was trusted")


_NO_PROOF: Final = "this vendor gives no proof beyond the unguessable URL"


def _proven(scene: Scene, house: House) -> list[VendorMessage]:
    found = [message for message in _some_messages(scene, house) if message.headers]
    scene.skip_unless(found, _NO_PROOF)
    return found


def _some_messages(scene: Scene, house: House) -> list[VendorMessage]:
    house.visit.simulator.act(Act.BOOK)
    found = list(house.visit.simulator.messages())
    scene.skip_unless(found, "this vendor sends no notifications")
    house.hear(found)
    return found


def _expect_refused(scene: Scene, house: House, message: VendorMessage, how: str) -> None:
    ended = met(lambda: house.deliver([message]))
    scene.expect(isinstance(ended, Unauthenticated), f"{how} it was trusted")
    scene.expect(not house.batches, f"{how} it was stored")


def _events_of(house: House, external_id: str) -> list[str]:
    return [
        message.body
        for message in house.events(BOOKING_EVENT)
        if message.ordering_key.endswith(f"/{external_id}")
    ]


def acted(scene: Scene, house: House, act: Act) -> tuple[str, list[VendorMessage]]:
    """Whom it was done to, and what the vendor would tell of it. All before it is known here."""
    simulator = house.visit.simulator
    house.visit.prepare(act)
    if scene.capabilities.webhooks:
        house.hear(simulator.messages())
    done = simulator.act(act)
    scene.skip_unless(done, f"its simulator has no {act}")
    return done or "", list(simulator.messages())


def expect_true(scene: Scene, house: House, external_id: str) -> None:
    true = {external_id: house.visit.truth()[external_id]}
    held = seen(house.bookings())
    ours = {external_id: held[external_id]} if external_id in held else {}
    unlike = differences(true, ours)
    scene.expect(not unlike, unlike)


def expect_gone(scene: Scene, house: House, external_id: str, before: object) -> None:
    held = house.bookings().get(external_id)
    scene.skip_unless(before, f"{external_id} was never known here")
    scene.expect(held is not None, "it was taken out of the store: it has to stay until retention")
    if held is None:
        return
    scene.expect(held.details.deleted_at_source, "it is not told as gone at the source")
    scene.expect(not held.details.holds_inventory, "it still holds a room")
