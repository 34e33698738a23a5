import os
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from entrypoints.wiring.settings import (
    Environment,
    Settings,
    load_settings,
    settings_to_environment,
)
from ports.errors import Misconfigured

AT_LEAST_ONE = "a whole number, 1 or more"
VALID: dict[str, tuple[str, object]] = {
    "PMS_ENV": ("production", Environment.PRODUCTION),
    "PMS_HOME": ("/srv/pms", Path("/srv/pms")),
    "PMS_DATABASE_URL": ("postgresql://db/pms", "postgresql://db/pms"),
    "PMS_REDIS_URL": ("redis://queue/1", "redis://queue/1"),
    "PMS_SECRET_KEYS": ("k1:c2VjcmV0", "k1:c2VjcmV0"),
    "PMS_LOG_LEVEL": ("DEBUG", "DEBUG"),
    "PMS_HOST": ("0.0.0.0", "0.0.0.0"),
    "PMS_PORT": ("9000", 9000),
    "PMS_WEB_WORKERS": ("3", 3),
    "PMS_WEB_THREADS": ("4", 4),
    "PMS_DATABASE_POOL": ("5", 5),
    "PMS_MAX_BODY_BYTES": ("1000", 1000),
    "PMS_REQUESTS_PER_MINUTE": ("60", 60),
    "PMS_QUARANTINE_CAP": ("500", 500),
    "PMS_TICK_SECONDS": ("7", 7),
    "PMS_ALLOWED_HOSTS": ("pms.example, 10.0.0.1", frozenset({"pms.example", "10.0.0.1"})),
    "PMS_ALLOW_PLAIN_HTTP": ("yes", True),
    "PMS_GRAPHQL_INTROSPECTION": ("true", True),
}
INVALID = {
    "PMS_ENV": ("staging", "development or production"),
    "PMS_PORT": ("70000", "a whole number from 1 to 65535"),
    "PMS_WEB_WORKERS": ("0", AT_LEAST_ONE),
    "PMS_WEB_THREADS": ("-1", AT_LEAST_ONE),
    "PMS_DATABASE_POOL": ("1.5", AT_LEAST_ONE),
    "PMS_MAX_BODY_BYTES": ("5MB", AT_LEAST_ONE),
    "PMS_REQUESTS_PER_MINUTE": ("0", AT_LEAST_ONE),
    "PMS_QUARANTINE_CAP": ("0", AT_LEAST_ONE),
    "PMS_TICK_SECONDS": ("soon", AT_LEAST_ONE),
    "PMS_ALLOW_PLAIN_HTTP": ("perhaps", "yes or no"),
    "PMS_GRAPHQL_INTROSPECTION": ("2", "yes or no"),
    "PMS_LOG_LEVEL": ("LOUD", "DEBUG, INFO, WARNING or ERROR"),
}
"""Of each a wrong text, and what the error says is accepted."""


class TestSettings:
    def test_has_a_case_for_each_variable(self) -> None:
        assert {f"PMS_{spec.name.upper()}" for spec in fields(Settings)} == VALID.keys()

    def test_reads_each_variable(self) -> None:
        read = load_settings({name: text for name, (text, _) in VALID.items()})
        for name, (_, value) in VALID.items():
            assert getattr(read, name.removeprefix("PMS_").lower()) == value

    @pytest.mark.parametrize("name", INVALID)
    def test_error_names_the_variable_and_what_is_accepted_but_not_its_value(
        self, name: str
    ) -> None:
        text, accepted = INVALID[name]
        with pytest.raises(Misconfigured, match=name) as caught:
            load_settings({name: text})
        assert accepted in caught.value.message
        assert f"{text}'" not in caught.value.message

    @pytest.mark.parametrize(
        ("url", "accepted"),
        [
            ("mysql://x:planted@y/z", ("postgresql://", "sqlite:///")),
            ("sqlite:///:memory:", ("sqlite:///path",)),
        ],
    )
    def test_error_names_the_accepted_databases(self, url: str, accepted: tuple[str, ...]) -> None:
        with pytest.raises(Misconfigured, match="PMS_DATABASE_URL") as caught:
            load_settings({"PMS_DATABASE_URL": url})
        assert all(each in caught.value.message for each in accepted)
        assert "planted" not in caught.value.message

    def test_quotes_the_socket_of_an_unusual_home(self) -> None:
        settings = load_settings({"PMS_HOME": "/srv/a b#c%20d?ü"})
        assert settings.redis == "unix:///srv/a%20b%23c%2520d%3F%C3%BC/valkey.sock"
        assert settings.rate_limit_storage == f"redis+{settings.redis}"

    def test_rejects_a_home_outside_of_utf_8(self) -> None:
        with pytest.raises(Misconfigured, match=r"PMS_HOME.*UTF-8"):
            load_settings({"PMS_HOME": os.fsdecode(b"/srv/\xff")})

    def test_rejects_an_unknown_variable(self) -> None:
        with pytest.raises(Misconfigured, match="PMS_FOO"):
            load_settings({"PMS_FOO": "1"})

    @pytest.mark.parametrize("name", ["PMS_CASES", "PMS_VENDOR_SAMPLES", "PMS_VENDOR_SPECS"])
    def test_accepts_variables_of_the_tests(self, name: str) -> None:
        assert load_settings({name: "/srv/samples"}) == Settings()

    def test_ignores_empty_variables(self) -> None:
        assert load_settings({"PMS_PORT": "", "OTHER": "x"}) == Settings()

    def test_rejects_production_without_sealing_keys(self) -> None:
        with pytest.raises(Misconfigured, match="PMS_SECRET_KEYS"):
            load_settings({"PMS_ENV": "production"})

    def test_rejects_production_without_a_database(self) -> None:
        variables = {"PMS_ENV": "production", "PMS_SECRET_KEYS": "k1:x", "PMS_HOME": "/srv/pms"}
        with pytest.raises(Misconfigured, match=r"PMS_DATABASE_URL: .*sqlite:////srv/pms/pms\."):
            load_settings(variables)
        kept = load_settings({**variables, "PMS_DATABASE_URL": "sqlite:////srv/pms/pms.sqlite3"})
        assert kept.database == "sqlite:////srv/pms/pms.sqlite3"

    def test_production_requires_only_what_the_process_needs(self) -> None:
        for needs in (frozenset({"redis_url"}), frozenset[str]()):
            assert load_settings({"PMS_ENV": "production"}, needs=needs).is_production

    def test_is_frozen(self) -> None:
        settings = load_settings({})
        with pytest.raises(FrozenInstanceError):
            settings.port = 1  # type: ignore[misc]  # the test tries it

    def test_keeps_secrets_out_of_its_repr(self) -> None:
        settings = load_settings(
            {
                "PMS_SECRET_KEYS": "k1:planted-key",
                "PMS_DATABASE_URL": "postgresql://pms:planted-db@db/pms",
                "PMS_REDIS_URL": "redis://:planted-queue@queue/0",
            }
        )
        assert "planted" not in repr(settings)

    def test_reads_back_the_environment_of_a_child_process(self) -> None:
        settings = load_settings({name: text for name, (text, _) in VALID.items()})
        assert load_settings(settings_to_environment(settings)) == settings
