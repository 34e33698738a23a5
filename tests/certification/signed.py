"""Apaleo with signed notifications, which the real Apaleo does not have, so that the checks can
alter a signature. Everything else is the installed adapter and its simulator."""

import hashlib
import hmac
from dataclasses import replace

from adapters.outbound.provider_kit.simulation.scenario import VendorMessage
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.providers.apaleo import provider as apaleo
from adapters.outbound.providers.apaleo.simulator.server import start_simulator
from entrypoints.certification.candidate import Candidate
from ports.errors import Misconfigured
from ports.providers import ProviderTools, SettingSpec

HEADER = "x-simulated-signature"
SETTING = "webhook_secret"


def signature(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class SignedApaleo:
    def __init__(self, tools: ProviderTools) -> None:
        self.tools = tools
        self.inner = apaleo(tools)

    @property
    def capabilities(self):
        own = self.inner.capabilities
        spec = SettingSpec(name=SETTING, help="signing secret of notifications", secret=True)
        return replace(own, settings=(*own.settings, spec))

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def authentic(self, headers, secrets):
        return hmac.compare_digest(headers.get(HEADER, ""), signature(secrets[SETTING]))

    def open(self, account):
        if not account.secrets.get(SETTING):
            raise Misconfigured(f"the secret {SETTING} is missing", setting=SETTING)
        return self.inner.open(account)


class SignedSimulator:
    def __init__(self, options: SimulatorOptions) -> None:
        self._inner = start_simulator(options)
        self._secret = f"simulated-signing-secret-{options.seed}"

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def connection_values(self):
        return {**self._inner.connection_values(), SETTING: self._secret}

    def messages(self):
        return [self._signed(message) for message in self._inner.messages()]

    def unknown_message(self):
        return self._signed(self._inner.unknown_message())

    def _signed(self, message: VendorMessage) -> VendorMessage:
        return replace(message, headers={HEADER: signature(self._secret)})


def candidate(make=SignedApaleo) -> Candidate:
    return Candidate("apaleo", make, SignedSimulator)
