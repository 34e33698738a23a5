"""Names of version 0.1 that plug-ins may still use in 0.2, with a DeprecationWarning."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from domain.renamed import warn_renamed

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def renamed_attributes(
    names: Mapping[str, object], renamed: Mapping[str, str]
) -> Callable[[str], object]:
    """The `__getattr__` of a module with the globals `names`. `renamed`: old names to new ones."""
    module = names["__name__"]

    def find(name: str) -> object:
        if name not in renamed:
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        warn_renamed(f"{module}.{name}", renamed[name], stacklevel=2)
        return names[renamed[name]]

    return find


def accepts_old_parameters(**renamed: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that also takes the old names of its parameters.

    The old names are looked for only when the call fails: they are rare, and the calls frequent.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        name = function.__qualname__.removesuffix(".__init__")
        call: Callable[..., R] = function

        @wraps(function)
        def wrapper(*values: P.args, **keywords: P.kwargs) -> R:
            try:
                return call(*values, **keywords)
            except TypeError:
                if renamed.keys().isdisjoint(keywords):
                    raise
            for old in renamed.keys() & keywords.keys():
                warn_renamed(f"{name}({old}=)", renamed[old], stacklevel=2)
            return call(*values, **{renamed.get(key, key): keywords[key] for key in keywords})

        return wrapper

    return decorate


def accepts_old_fields(**renamed: str) -> Callable[[type[T]], type[T]]:
    """A dataclass that also takes, and has, the old names of its fields."""

    def decorate(cls: type[T]) -> type[T]:
        # Read from the class's dictionary, since mypy distrusts an `__init__` taken off a class.
        create: Callable[..., None] = vars(cls)["__init__"]
        setattr(cls, "__init__", accepts_old_parameters(**renamed)(create))  # noqa: B010
        for old, new in renamed.items():
            setattr(cls, old, renamed_property(old, new))
        return cls

    return decorate


def accepts_former_fields(
    new: str, build: Callable[..., object], *former: str
) -> Callable[[type[T]], type[T]]:
    """A dataclass that also takes the `former` fields from which `build` makes the `new` one."""

    def decorate(cls: type[T]) -> type[T]:
        create: Callable[..., None] = vars(cls)["__init__"]

        @wraps(create)
        def init(self: T, *values: object, **fields: object) -> None:
            if fields.keys() >= set(former):
                warn_renamed(f"{cls.__name__}({', '.join(former)})", new, stacklevel=2)
                fields[new] = build(*(fields.pop(name) for name in former))
            create(self, *values, **fields)

        setattr(cls, "__init__", init)  # noqa: B010
        return cls

    return decorate


def renamed_property(old: str, new: str) -> property:
    def read(self: object) -> object:
        warn_renamed(f"{type(self).__name__}.{old}", new, stacklevel=2)
        return getattr(self, new)

    return property(read)


def renamed_method(old: str, new: str) -> Callable[..., Any]:
    def call(self: object, *args: object, **keywords: object) -> object:
        warn_renamed(f"{type(self).__name__}.{old}", new, stacklevel=2)
        return getattr(self, new)(*args, **keywords)

    return call
