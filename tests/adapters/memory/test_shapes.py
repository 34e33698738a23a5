"""The fakes implement the ports: mypy checks the assignments, contract suites the behaviour."""

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import InMemoryRateBudget, RecordingJobQueue
from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from adapters.outbound.system import SystemClock, SystemRandomness, Uuid7Generator
from ports.directory import Directory
from ports.job_queue import JobQueue
from ports.providers import Provider, Providers, RateBudget
from ports.queries import Queries
from ports.system import Clock, IdGenerator, Randomness, Sealer
from ports.unit_of_work import UnitOfWorkFactory


class TestFakes:
    def test_fit_their_ports(self) -> None:
        store = InMemoryStore()
        factory: UnitOfWorkFactory = store.unit_of_work
        queries: Queries = store.queries
        directory: Directory = store.directory
        clock: Clock = FrozenClock()
        provider: Provider = ScriptedProvider(clock)
        providers: Providers = FixedProviders(ScriptedProvider(clock))
        jobs: JobQueue = RecordingJobQueue(store)
        budget: RateBudget = InMemoryRateBudget(clock)
        randomness: Randomness = ScriptedRandomness()
        assert all((factory, queries, directory, provider, providers, jobs, budget, randomness))

    def test_fit_the_system_ports(self) -> None:
        clock: Clock = SystemClock()
        ids: IdGenerator = Uuid7Generator()
        randomness: Randomness = SystemRandomness()
        sealer: Sealer = AesGcmSealer(Keyring.parse(new_key("a")))
        assert all((clock, ids, randomness, sealer))
