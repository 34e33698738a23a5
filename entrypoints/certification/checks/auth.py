"""Credentials and tokens."""

from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from domain.errors import PmsError
from entrypoints.certification.check import Need, check
from entrypoints.certification.scene import Scene, secrets_among
from entrypoints.certification.visit import Pulled, Visit, met, named
from ports.errors import CredentialsRefused, Misconfigured, ProviderRejected

_FEW_TRIES = 4


@check(
    "auth.account", "The test of the connection tells property, time zone and currency", Need.PULLS
)
def account(scene: Scene) -> None:
    visit = scene.visit()
    with visit.client() as client:
        report = client.check()
    scene.expect(report.property_id.strip(), "check() names no property")
    zone, currency = visit.options.time_zone, visit.options.currency
    scene.expect(report.time_zone in (None, zone), f"time zone {report.time_zone}, truly {zone}")
    scene.expect(
        report.currency in (None, currency), f"currency {report.currency}, truly {currency}"
    )


@check("auth.wrong_secrets", "Wrong credentials are told as refused credentials", Need.PULLS)
def wrong_secrets(scene: Scene) -> None:
    visit = scene.visit()
    secrets = secrets_among(scene.capabilities, visit.values)
    scene.skip_unless(secrets, "it declares no secrets")
    wrong = {name: f"{value}-wrong" for name, value in secrets.items()}
    error = _checked_with(visit, {**visit.values, **wrong})
    scene.expect(
        isinstance(error, CredentialsRefused),
        f"with every secret wrong: {named(error)} instead of CredentialsRefused",
    )


@check("auth.missing_setting", "A required setting that is missing is named", Need.PULLS)
def missing_setting(scene: Scene) -> None:
    visit = scene.visit()
    required = [
        spec.name
        for spec in scene.capabilities.settings
        if spec.required and spec.default is None and spec.name in visit.values
    ]
    scene.skip_unless(required, "it declares no required setting")
    for name in required:
        error = _checked_with(
            visit, {key: value for key, value in visit.values.items() if key != name}
        )
        scene.expect(isinstance(error, Misconfigured), f"without {name}: {named(error)}")
        scene.expect(
            isinstance(error, PmsError) and name in f"{error.message} {error.details}",
            f"without {name}: the error does not name it",
        )


@check("auth.secrets_declared", "What is a secret by its name is declared as one")
def secrets_declared(scene: Scene) -> None:
    scene.skip_unless(scene.capabilities.settings, "it has no settings")
    for spec in scene.capabilities.settings:
        telling = [w for w in ("secret", "password", "token", "key") if w in spec.name.lower()]
        is_address = spec.name.lower().endswith(("url", "_path"))
        scene.expect(
            spec.secret or not telling or is_address,
            f"the setting {spec.name} is not declared as secret",
        )


@check("auth.401_for_good", "Refused for good, it stops asking and says so", Need.PULLS)
def refused_for_good(scene: Scene) -> None:
    visit = scene.visit()
    visit.strike(Fault(FaultKind.UNAUTHORIZED))
    error = met(visit.pull)
    scene.expect(isinstance(error, CredentialsRefused), f"401 for good: {named(error)}")
    scene.expect(visit.struck <= _FEW_TRIES, f"asked {visit.struck} times although refused")


@check("auth.403", "Forbidden, it stops asking and says so", Need.PULLS)
def forbidden(scene: Scene) -> None:
    visit = scene.visit()
    visit.strike(Fault(FaultKind.FORBIDDEN))
    error = met(visit.pull)
    scene.expect(
        isinstance(error, CredentialsRefused | ProviderRejected), f"403 for good: {named(error)}"
    )
    scene.expect(visit.struck <= _FEW_TRIES, f"asked {visit.struck} times although forbidden")


@check("auth.token_kept", "A token is asked for once, not for each request", Need.PULLS)
def token_kept(scene: Scene) -> None:
    visit = scene.visit()
    path = _token_path(scene, visit)
    visit.pull()
    tokens = sum(n for asked, n in visit.simulator.requests_served.items() if path in asked)
    scene.expect(tokens == 1, f"{tokens} tokens for one pull")


@check("auth.token_expired", "A token that ran out between requests is asked for anew", Need.PULLS)
def token_expired(scene: Scene) -> None:
    visit = scene.visit()
    _token_path(scene, visit)
    with visit.client() as client:
        client.check()
        visit.simulator.expire_tokens()
        scene.expect(client.check().property_id, "nothing was told with the new token")


@check(
    "auth.token_withdrawn", "A token withdrawn in the middle of a pull loses nothing", Need.PULLS
)
def token_withdrawn(scene: Scene) -> None:
    visit = scene.visit()
    _token_path(scene, visit)
    pages = []
    with visit.client() as client:
        for page in client.pull(visit.request()):
            pages.append(page)
            visit.simulator.expire_tokens()
    unlike = visit.unlike(Pulled(pages).bookings)
    scene.expect(not unlike, unlike)


@check("auth.one_401", "A single 401 is answered with a new token", Need.PULLS)
def one_401(scene: Scene) -> None:
    visit = scene.visit()
    _token_path(scene, visit)
    visit.strike(Fault(FaultKind.UNAUTHORIZED, times=1))
    unlike = visit.unlike(visit.pull().bookings)
    scene.expect(visit.struck == 1, "the call was never made")
    scene.expect(not unlike, unlike)


def _checked_with(visit: Visit, values: dict[str, str]) -> PmsError | None:
    def ask() -> None:
        with visit.client(values) as client:
            client.check()

    return met(ask)


def _token_path(scene: Scene, visit: Visit) -> str:
    path = visit.simulator.token_path
    scene.skip_unless(path, "this vendor has no tokens that expire")
    return path or ""
