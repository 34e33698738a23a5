"""Credentials and tokens."""

from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from domain.errors import PmsError
from entrypoints.certification.adapter_harness import (
    AdapterHarness,
    PullResult,
    catch_error,
    describe_error,
)
from entrypoints.certification.check import Requirement, check
from entrypoints.certification.check_context import CheckContext, secrets_among
from ports.errors import CredentialsRefused, Misconfigured, ProviderRejected

_FEW_TRIES = 4


@check(
    "auth.account",
    "The test of the connection tells property, time zone and currency",
    Requirement.PULLS,
)
def account(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    with adapter.client() as client:
        report = client.check()
    ctx.expect(report.property_id.strip(), "check() names no property")
    zone, currency = adapter.options.time_zone, adapter.options.currency
    ctx.expect(report.time_zone in (None, zone), f"time zone {report.time_zone}, truly {zone}")
    ctx.expect(report.currency in (None, currency), f"currency {report.currency}, truly {currency}")


@check("auth.wrong_secrets", "Wrong credentials are told as refused credentials", Requirement.PULLS)
def wrong_secrets(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    secrets = secrets_among(ctx.capabilities, adapter.values)
    ctx.require_or_skip(secrets, "it declares no secrets")
    wrong = {name: f"{value}-wrong" for name, value in secrets.items()}
    error = _check_error_with(adapter, {**adapter.values, **wrong})
    ctx.expect(
        isinstance(error, CredentialsRefused),
        f"with every secret wrong: {describe_error(error)} instead of CredentialsRefused",
    )


@check("auth.missing_setting", "A required setting that is missing is named", Requirement.PULLS)
def missing_setting(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    required = [
        spec.name
        for spec in ctx.capabilities.settings
        if spec.required and spec.default is None and spec.name in adapter.values
    ]
    ctx.require_or_skip(required, "it declares no required setting")
    for name in required:
        error = _check_error_with(
            adapter, {key: value for key, value in adapter.values.items() if key != name}
        )
        ctx.expect(isinstance(error, Misconfigured), f"without {name}: {describe_error(error)}")
        ctx.expect(
            isinstance(error, PmsError) and name in f"{error.message} {error.details}",
            f"without {name}: the error does not name it",
        )


@check("auth.secrets_declared", "What is a secret by its name is declared as one")
def secrets_declared(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.settings, "it has no settings")
    for spec in ctx.capabilities.settings:
        secret_words = [w for w in ("secret", "password", "token", "key") if w in spec.name.lower()]
        is_address = spec.name.lower().endswith(("url", "_path"))
        ctx.expect(
            spec.secret or not secret_words or is_address,
            f"the setting {spec.name} is not declared as secret",
        )


@check("auth.401_for_good", "Refused for good, it stops asking and says so", Requirement.PULLS)
def refused_for_good(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.UNAUTHORIZED))
    error = catch_error(adapter.pull)
    ctx.expect(isinstance(error, CredentialsRefused), f"401 for good: {describe_error(error)}")
    ctx.expect(adapter.injected <= _FEW_TRIES, f"asked {adapter.injected} times although refused")


@check("auth.403", "Forbidden, it stops asking and says so", Requirement.PULLS)
def forbidden(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    adapter.inject(Fault(FaultKind.FORBIDDEN))
    error = catch_error(adapter.pull)
    ctx.expect(
        isinstance(error, CredentialsRefused | ProviderRejected),
        f"403 for good: {describe_error(error)}",
    )
    ctx.expect(adapter.injected <= _FEW_TRIES, f"asked {adapter.injected} times although forbidden")


@check("auth.token_kept", "A token is asked for once, not for each request", Requirement.PULLS)
def token_kept(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    path = _token_path(ctx, adapter)
    adapter.pull()
    tokens = sum(n for asked, n in adapter.simulator.requests_served.items() if path in asked)
    ctx.expect(tokens == 1, f"{tokens} tokens for one pull")


@check(
    "auth.token_expired",
    "A token that ran out between requests is asked for anew",
    Requirement.PULLS,
)
def token_expired(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    with adapter.client() as client:
        client.check()
        adapter.simulator.expire_tokens()
        ctx.expect(client.check().property_id, "nothing was told with the new token")


@check(
    "auth.token_withdrawn",
    "A token withdrawn in the middle of a pull loses nothing",
    Requirement.PULLS,
)
def token_withdrawn(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    pages = []
    with adapter.client() as client:
        for page in client.pull(adapter.request()):
            pages.append(page)
            adapter.simulator.expire_tokens()
    diff = adapter.diff(PullResult(pages).bookings)
    ctx.expect(not diff, diff)


@check("auth.one_401", "A single 401 is answered with a new token", Requirement.PULLS)
def one_401(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    adapter.inject(Fault(FaultKind.UNAUTHORIZED, times=1))
    diff = adapter.diff(adapter.pull().bookings)
    ctx.expect(adapter.injected == 1, "the call was never made")
    ctx.expect(not diff, diff)


def _check_error_with(adapter: AdapterHarness, values: dict[str, str]) -> PmsError | None:
    def check_connection() -> None:
        with adapter.client(values) as client:
            client.check()

    return catch_error(check_connection)


def _token_path(ctx: CheckContext, adapter: AdapterHarness) -> str:
    path = adapter.simulator.token_path
    ctx.require_or_skip(path, "this vendor has no tokens that expire")
    return path or ""
