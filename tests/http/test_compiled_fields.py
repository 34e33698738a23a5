"""One function for a selection set: the result of graphql-core, or none."""

from operator import attrgetter
from types import SimpleNamespace

import pytest

from adapters.inbound.graphql.compiled_fields import (
    CompiledField,
    NotPlainValueError,
    compile_fields,
)


def leaf(name: str, *, is_required: bool = False, scalar: str = "") -> CompiledField:
    return CompiledField(name, attrgetter(name), is_required, lambda value: f"<{value}>", scalar)


class TestCompileFields:
    def test_serializes_what_is_not_serialized_yet(self) -> None:
        render = compile_fields(
            [leaf("a", scalar="String"), leaf("b", scalar="Int"), leaf("c"), leaf("d")]
        )
        source = SimpleNamespace(a="x", b=2**31, c="x", d=None)
        assert render(source) == {"a": "x", "b": "<2147483648>", "c": "<x>", "d": None}
        assert list(render(source)) == ["a", "b", "c", "d"]

    def test_takes_true_for_no_integer(self) -> None:
        render = compile_fields([leaf("a", scalar="Int")])
        assert render(SimpleNamespace(a=True)) == {"a": "<True>"}

    def test_renders_objects_and_lists_below(self) -> None:
        below = compile_fields([leaf("a", scalar="String")])
        one = CompiledField("one", attrgetter("one"), is_required=False, render=below)
        many = CompiledField("many", attrgetter("many"), True, render=below, is_list=True)
        item = SimpleNamespace(a="x")
        render = compile_fields([one, many])
        assert render(SimpleNamespace(one=item, many=[item, item])) == {
            "one": {"a": "x"},
            "many": [{"a": "x"}, {"a": "x"}],
        }
        assert render(SimpleNamespace(one=None, many=())) == {"one": None, "many": []}

    @pytest.mark.parametrize("source", [SimpleNamespace(a=None), SimpleNamespace()])
    def test_leaves_what_is_missing_to_graphql_core(self, source: object) -> None:
        render = compile_fields([leaf("a", is_required=True)])
        with pytest.raises((NotPlainValueError, AttributeError)):
            render(source)

    def test_takes_a_name_as_a_value_only(self) -> None:
        name = '"]; raise SystemExit #'
        field = CompiledField(name, attrgetter("a"), False, str, "String")
        assert compile_fields([field])(SimpleNamespace(a="x")) == {name: "x"}
