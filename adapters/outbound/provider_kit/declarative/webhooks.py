"""How a vendor's webhooks are authenticated and read."""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from adapters.outbound.provider_kit.parsing.event_lists import read_events
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries, split_body
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind, SettingSpec
from ports.renamed import accepts_old_fields, renamed_property
from ports.system import Secrets

_SECRET: Final = "webhook_secret"  # noqa: S105 a name


@accepts_old_fields(says="description")
@dataclass(frozen=True, slots=True, kw_only=True)
class UnguessableUrl:
    """The vendor signs nothing: whoever knows the webhook's URL is trusted."""

    specs: tuple[SettingSpec, ...] = ()
    description: str = "the unguessable URL alone: the vendor signs nothing"

    def headers(self, body: bytes, secrets: Secrets) -> Mapping[str, str]:  # noqa: ARG002 one shape for all
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecretProof:
    """Proves the knowledge of a secret in `header`, which is in lower case."""

    purpose: ClassVar[str]
    header: str

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return (_spec(self.purpose),)

    if not TYPE_CHECKING:
        says = renamed_property("says", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSecret(_SecretProof):
    """The same secret in a header of every message. `header` in lower case."""

    purpose = "the vendor sends it with every webhook"

    @property
    def description(self) -> str:
        return f"a secret in the header {self.header}"

    def headers(self, body: bytes, secrets: Secrets) -> Mapping[str, str]:  # noqa: ARG002 one shape for all
        return {self.header: secrets[_SECRET]}


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacSignature(_SecretProof):
    """A keyed hash over the exact body. `header` in lower case; `prefix` e.g. `sha256=`."""

    purpose = "the vendor signs its webhooks with it"
    prefix: str = ""
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"

    @property
    def description(self) -> str:
        return f"HMAC-{self.algorithm.upper()} of the body in the header {self.header}"

    def headers(self, body: bytes, secrets: Secrets) -> Mapping[str, str]:
        digest = hmac.digest(secrets[_SECRET].encode(), body, self.algorithm)
        text = digest.hex() if self.encoding == "hex" else b64encode(digest).decode()
        return {self.header: f"{self.prefix}{text}"}


Proof: TypeAlias = UnguessableUrl | SharedSecret | HmacSignature


def is_proof_valid(proof: Proof, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> bool:
    """In constant time. False if the connection has no secret to compare with."""
    if any(not secrets.get(spec.name) for spec in proof.specs):
        return False
    return all(
        hmac.compare_digest(headers.get(name, "").encode(), expected.encode())
        for name, expected in proof.headers(body, secrets).items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """`read` gets one message; a body that is an array holds several."""

    proof: Proof
    read: Callable[[Reader], Notification]


def notification_for_event(
    event: str, kinds: Mapping[str, RefKind], external_id: str, *, property_id: str | None = None
) -> Notification:
    """What to fetch after an event. An event missing from `kinds` is listed as ignored."""
    kind = kinds.get(event)
    if kind is None:
        return Notification(ignored=(event,), property_id=property_id)
    has_no_id = kind in (RefKind.AVAILABILITY, RefKind.RECORDS)
    return Notification(
        refs=(Ref(kind, "" if has_no_id else external_id),), property_id=property_id
    )


def read_messages(webhooks: Webhooks, body: bytes, own_property: str | None) -> Notification:
    """Raises UnreadableMessage."""
    entries = list(split_body(body, _split_messages))
    found, unreadable = read_events(
        entries,
        lambda entry: webhooks.read(Reader(entry.value, entry.path)),
        property_of=lambda notification: notification.property_id,
        own_property=own_property,
    )
    return Notification(
        refs=tuple(dict.fromkeys(ref for each in found for ref in each.refs)),
        ignored=tuple(name for each in found for name in each.ignored),
        property_id=_single_property(found),
        unreadable=unreadable,
    )


def _split_messages(value: Json) -> list[JsonEntry]:
    return numbered_entries("", value) if isinstance(value, list) else [JsonEntry("", value)]


def _single_property(notifications: list[Notification]) -> str | None:
    names = {each.property_id for each in notifications if each.property_id is not None}
    if len(names) > 1:
        raise UnreadableMessage("the messages of one body name several hotels")
    return next(iter(names), None)


def _spec(what: str) -> SettingSpec:
    return SettingSpec(name=_SECRET, help=what, secret=True, required=False)
