"""Module paths of version 0.1 that plug-ins may still import in 0.2, with a DeprecationWarning."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

from domain.renamed import warn_renamed

_KIT: Final = "adapters.outbound.provider_kit"
_MOVED_IN_KIT: Final = {
    "access_token": "http.access_token",
    "checkpoint": "pull.checkpoint",
    "errors": "parsing.errors",
    "field_values": "parsing.field_values",
    "guarded_pool": "http.guarded_connections",
    "host_policy": "http.host_policy",
    "http_call": "http.messages",
    "json_text": "parsing.json_text",
    "local_time": "parsing.local_time",
    "opening": "http.endpoint",
    "plain_items": "parsing.standalone_items",
    "rate_window": "http.rate_budget",
    "reader": "parsing.reader",
    "retrying": "http.retry_policy",
    "simple_rest": "declarative",
    "simple_rest.api": "declarative.api",
    "simple_rest.client": "declarative.client",
    "simple_rest.credentials": "declarative.credentials",
    "simple_rest.items": "declarative.items",
    "simple_rest.paging": "declarative.paging",
    "simple_rest.provider": "declarative.provider",
    "simple_rest.vendor": "declarative.vendor",
    "simple_rest.walk": "declarative.pull",
    "simple_rest.webhooks": "declarative.webhooks",
    "simulation.control": "simulation.server.control",
    "simulation.fault_answers": "simulation.server.fault_responses",
    "simulation.fault_plan": "simulation.server.fault_plan",
    "simulation.front_desk": "simulation.hotel.commands",
    "simulation.gate": "simulation.server.middleware",
    "simulation.hotel_life": "simulation.hotel.activity",
    "simulation.hotel_making": "simulation.hotel.seeding",
    "simulation.hotel_records": "simulation.hotel.records",
    "simulation.journal": "simulation.server.journal",
    "simulation.loopback_http": "simulation.server.loopback_http",
    "simulation.neutral_simulator": "simulation.hotel_simulator",
    "simulation.options": "simulation.server.options",
    "simulation.request_window": "simulation.server.rate_limit",
    "simulation.running": "simulation.server.running_simulator",
    "simulation.seeded_hotel": "simulation.hotel.seeded_hotel",
    "simulation.simple_api": "simulation.declarative_api",
    "simulation.simple_simulator": "simulation.declarative_simulator",
    "simulation.simple_words": "simulation.declarative_renderer",
    "simulation.stage": "simulation.scenario",
    "simulation.token_book": "simulation.server.issued_tokens",
    "simulation.webhook_sender": "simulation.server.webhook_sender",
    "status_errors": "http.status_errors",
    "told_items": "parsing.mapping_report",
    "tracked_object": "parsing.tracked_object",
    "transport": "http.transport",
    "xml_reader": "parsing.xml_reader",
    "xml_text": "parsing.xml_text",
}
MOVED: Final = {f"{_KIT}.{old}": f"{_KIT}.{new}" for old, new in _MOVED_IN_KIT.items()}
RENAMED: Final = {
    "Act": "ScenarioAction",
    "Bursting": "SupportsBurst",
    "Conditions": "RunConditions",
    "Failure": "HttpFailure",
    "FaultUnreadable": "InvalidFault",
    "FrontDesk": "HotelCommands",
    "Homes": "FieldTrace",
    "HotelLife": "ActivityGenerator",
    "Link": "TransportSettings",
    "NeutralSimulator": "HotelSimulator",
    "NotAMessage": "NotAnObjectOrArray",
    "PlainItems": "StandaloneItems",
    "Reach": "VendorEndpoint",
    "SimpleApi": "DeclarativeApi",
    "SimpleClient": "DeclarativeClient",
    "SimpleProvider": "DeclarativeProvider",
    "SimpleSimulator": "DeclarativeSimulator",
    "SimpleVendor": "VendorDeclaration",
    "SimpleWords": "SimulatorRenderer",
    "StagedSimulator": "ScenarioSimulator",
    "TokenBook": "IssuedTokens",
    "TokenGiving": "SupportsIssuedTokens",
    "TrueBooking": "ExpectedBooking",
    "WebhookHabits": "WebhookFaults",
    "all_homes": "build_field_trace",
    "book_at_once": "create_bookings_at_once",
    "conditions_of": "run_conditions_from",
    "failure_of_status": "failure_for_status",
    "instant_in": "parse_cursor_instant",
    "items_of": "as_list",
    "jittered_waits": "backoff_delays",
    "joined": "join_path",
    "loads_answer": "loads_response",
    "named": "notification_for_event",
    "perform": "apply_action",
    "placed": "with_item_path",
    "proven": "is_proof_valid",
    "reader_of": "item_reader_for",
    "safe_value": "printable_value",
    "secret_of": "require_secret",
    "seeded_life": "create_activity_generator",
    "start_simple": "start_declarative_simulator",
    "utc_text": "format_utc_seconds",
    "zone_of": "require_time_zone",
}


class _MovedModules(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 the protocol's shape
        target: ModuleType | None = None,  # noqa: ARG002 the protocol's shape
    ) -> ModuleSpec | None:
        if fullname not in MOVED:
            return None
        return ModuleSpec(fullname, _MovedLoader(), is_package=f"{fullname}." in _PARENTS)


_PARENTS: Final = frozenset(f"{name.rpartition('.')[0]}." for name in MOVED)


class _MovedLoader(Loader):
    """Makes a module that looks its names up in the new ones."""

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        warn_renamed(old, MOVED[old], stacklevel=2)
        names = vars(import_module(MOVED[old]))

        def find(name: str) -> object:
            for candidate in (name, RENAMED.get(name, name)):
                if candidate in names:
                    return names[candidate]
            raise AttributeError(f"module {old!r} has no attribute {name!r}", name=name)

        public = [name for name in names if not name.startswith("_")]
        renamed = [name for name, new in RENAMED.items() if new in names]
        vars(module).update(__getattr__=find, __all__=[*public, *renamed])


def install() -> None:
    """Once per process."""
    if not any(isinstance(finder, _MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(_MovedModules())


def moved_attribute(package: str, name: str, module: str) -> Callable[[str], object]:
    """The `__getattr__` of a package that had `name`, which is now in its `module`."""

    def find(asked: str) -> object:
        if asked != name:
            raise AttributeError(f"module {package!r} has no attribute {asked!r}", name=asked)
        warn_renamed(f"{package}.{name}", f"{package}.{module}.{name}", stacklevel=2)
        return vars(import_module(f"{package}.{module}"))[name]

    return find
