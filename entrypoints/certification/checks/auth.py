"""Credentials and tokens."""

from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from domain.errors import PmsError
from entrypoints.certification.adapter_harness import AdapterHarness, PullResult
from entrypoints.certification.check import check, pull_check, pull_check_for_each
from entrypoints.certification.check_context import CheckContext
from ports.errors import CredentialsRefused, Misconfigured, ProviderRejected

_MAX_REJECTED_REQUESTS = 4
_SECRET_TERMS = ("secret", "password", "token", "key")


@pull_check("auth.account", "The connection test reports property, time zone and currency")
def reported_account(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    with adapter.client() as client:
        report = client.check()
    ctx.expect(report.property_id.strip(), "check() reports no property")
    zone, currency = adapter.options.time_zone, adapter.options.currency
    ctx.expect(report.time_zone in (None, zone), f"time zone {report.time_zone}, expected {zone}")
    ctx.expect(
        report.currency in (None, currency), f"currency {report.currency}, expected {currency}"
    )


@pull_check("auth.wrong_secrets", "Wrong credentials are reported as CredentialsRefused")
def wrong_secrets(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    secrets = ctx.require_or_skip(adapter.account().secrets, "the provider declares no secrets")
    wrong = {name: f"{value}-wrong" for name, value in secrets.items()}
    ctx.expect_error(
        lambda: _test_connection(adapter, {**adapter.values, **wrong}),
        CredentialsRefused,
        during="with every secret wrong",
    )


@pull_check("auth.missing_setting", "The error for a missing required setting names it")
def missing_setting(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    required = [
        spec.name
        for spec in ctx.capabilities.settings
        if spec.required and spec.default is None and spec.name in adapter.values
    ]
    for name in ctx.require_or_skip(required, "the provider declares no required setting"):
        _expect_named_as_missing(ctx, adapter, name)


def _expect_named_as_missing(ctx: CheckContext, adapter: AdapterHarness, name: str) -> None:
    others = {key: value for key, value in adapter.values.items() if key != name}
    error = ctx.expect_error(
        lambda: _test_connection(adapter, others), Misconfigured, during=f"without {name}"
    )
    is_named = name in f"{error.message} {error.details}"
    ctx.expect(is_named, f"without {name}: the error does not name it")


@check("auth.secrets_declared", "Settings with the name of a secret are declared as secret")
def secrets_declared(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.settings, "the provider has no settings")
    for spec in ctx.capabilities.settings:
        name = spec.name.lower()
        is_address = name.endswith(("url", "_path"))
        is_named_secret = any(term in name for term in _SECRET_TERMS)
        ctx.expect(
            spec.secret or not is_named_secret or is_address,
            f"the setting {spec.name} is not declared as secret",
        )


@pull_check_for_each(
    "auth",
    (
        "401_permanent",
        "After repeated 401 the adapter stops and reports CredentialsRefused",
        (FaultKind.UNAUTHORIZED, (CredentialsRefused,)),
    ),
    (
        "403",
        "After 403 the adapter stops and reports it",
        (FaultKind.FORBIDDEN, (CredentialsRefused, ProviderRejected)),
    ),
)
def rejected_requests(
    ctx: CheckContext, case: tuple[FaultKind, tuple[type[PmsError], ...]]
) -> None:
    kind, errors = case
    adapter = ctx.adapter()
    adapter.inject(Fault(kind))
    ctx.expect_error(adapter.pull, *errors, during=f"permanent {kind}")
    ctx.expect(
        adapter.injected <= _MAX_REJECTED_REQUESTS,
        f"{adapter.injected} requests although each was rejected",
    )


@pull_check("auth.token_reused", "One token serves all requests of a pull")
def token_reused(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    token_path = _token_path(ctx, adapter)
    adapter.pull()
    requests = adapter.simulator.requests_served
    tokens = sum(count for path, count in requests.items() if token_path in path)
    ctx.expect(tokens == 1, f"{tokens} tokens requested for one pull")


@pull_check("auth.token_expired", "A token that expires between two requests is renewed")
def token_expired(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    with adapter.client() as client:
        client.check()
        adapter.simulator.expire_tokens()
        ctx.expect(client.check().property_id, "no property reported with the new token")


@pull_check("auth.token_revoked", "Tokens revoked during a pull lose no booking")
def token_revoked(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    pages = []
    with adapter.client() as client:
        for page in client.pull(adapter.request()):
            pages.append(page)
            adapter.simulator.expire_tokens()
    ctx.expect_no_difference(adapter.diff(PullResult(pages).bookings))


@pull_check("auth.401_once", "A single 401 is retried with a new token")
def unauthorized_once(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    _token_path(ctx, adapter)
    adapter.inject(Fault(FaultKind.UNAUTHORIZED, times=1))
    ctx.expect_complete_pull(adapter)


def _test_connection(adapter: AdapterHarness, values: dict[str, str]) -> None:
    with adapter.client(values) as client:
        client.check()


def _token_path(ctx: CheckContext, adapter: AdapterHarness) -> str:
    return ctx.require_or_skip(
        adapter.simulator.token_path, "this vendor has no tokens that expire"
    )
