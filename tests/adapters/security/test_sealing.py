import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.errors import PmsError
from ports.errors import Misconfigured, Unsealable

OLD, NEW = new_key("2025"), new_key("2026")


def sealer(*entries: str) -> AesGcmSealer:
    return AesGcmSealer(Keyring.parse(",".join(entries)))


class TestAesGcmSealer:
    @given(clear=st.binary(max_size=300), owner=st.text(max_size=40))
    def test_opens_what_it_sealed_for_the_same_owner(self, clear: bytes, owner: str) -> None:
        one = sealer(NEW)
        assert one.open(one.seal(clear, bound_to=owner), bound_to=owner) == clear

    def test_seals_the_same_value_differently_each_time(self) -> None:
        one = sealer(NEW)
        assert one.seal(b"x", bound_to="h") != one.seal(b"x", bound_to="h")

    def test_does_not_open_for_another_owner(self) -> None:
        sealed = sealer(NEW).seal(b"x", bound_to="hotel-1/connection")
        with pytest.raises(Unsealable):
            sealer(NEW).open(sealed, bound_to="hotel-2/connection")

    def test_seals_with_the_newest_key_and_opens_with_any(self) -> None:
        old = sealer(OLD).seal(b"then", bound_to="h")
        both = sealer(NEW, OLD)
        assert both.open(old, bound_to="h") == b"then"
        assert sealer(NEW).open(both.seal(b"now", bound_to="h"), bound_to="h") == b"now"

    def test_does_not_open_without_the_key_that_sealed(self) -> None:
        sealed = sealer(OLD).seal(b"x", bound_to="h")
        with pytest.raises(Unsealable, match="not configured"):
            sealer(NEW).open(sealed, bound_to="h")

    def test_does_not_open_under_another_key_of_the_same_id(self) -> None:
        sealed = sealer(new_key("a")).seal(b"x", bound_to="h")
        with pytest.raises(Unsealable):
            sealer(new_key("a")).open(sealed, bound_to="h")

    def test_rejects_any_changed_byte_and_any_truncation(self) -> None:
        one = sealer(NEW)
        sealed = one.seal(b"secret", bound_to="h")
        changed = [
            sealed[:i] + bytes((sealed[i] ^ 1,)) + sealed[i + 1 :] for i in range(len(sealed))
        ]
        for broken in [*changed, *(sealed[:n] for n in range(len(sealed))), sealed + b"0"]:
            with pytest.raises(Unsealable):
                one.open(broken, bound_to="h")


class TestKeyring:
    @pytest.mark.parametrize(
        "key",
        [
            bytes(32),
            b"k" * 32,
            b"abcd" * 8,
            b"0123456789abcdef" * 2,
            b"abcdefghijk" * 2 + b"abcdefghij",
            bytes(range(32)),
            bytes(range(32, 0, -1)),
            b"\x00" * 26 + b"123456",
        ],
    )
    def test_rejects_a_placeholder(self, key: bytes) -> None:
        with pytest.raises(Misconfigured, match="random"):
            Keyring.parse(f"k:{base64.b64encode(key).decode()}")

    def test_accepts_both_alphabets_with_or_without_padding_and_spaces(self) -> None:
        key = bytes(224 + 7 * index % 32 for index in range(32))
        standard, urlsafe = base64.b64encode(key), base64.urlsafe_b64encode(key)
        ring = Keyring.parse(f" a:{standard.decode()} , b:{urlsafe.decode().rstrip('=')},")
        assert dict(ring.keys) == {"a": key, "b": key}
        assert ring.newest == "a"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " , ",
            "justakey",
            "a:",
            "a:c2hvcnQ=",
            "a:not*base64*at*all",
            "a:ümläut",
            f"{OLD},{OLD}",
            ":" + OLD.partition(":")[2],
            "spaced id:" + OLD.partition(":")[2],
        ],
        # Named, because the keys differ from one test process to the next.
        ids=[
            "nothing",
            "blanks",
            "no id",
            "no key",
            "short key",
            "not base64",
            "not ASCII",
            "the same id twice",
            "empty id",
            "spaced id",
        ],
    )
    def test_rejects_an_invalid_list_of_keys(self, text: str) -> None:
        with pytest.raises(Misconfigured):
            Keyring.parse(text)

    def test_never_shows_key_material(self) -> None:
        secret = OLD.partition(":")[2]
        assert secret not in repr(Keyring.parse(OLD))
        assert str(base64.b64decode(secret)) not in repr(Keyring.parse(OLD))
        with pytest.raises(PmsError) as refused:
            Keyring.parse(f"{OLD},{secret}")
        assert secret not in f"{refused.value!r} {refused.value.details}"
