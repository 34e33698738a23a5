"""Which scope a caller needs to read a field, for every API."""

from application.access.authenticate import Principal
from domain.access import PERSONAL_DATA_SCOPES, Scope
from domain.canonical_format import FieldSpec, PersonalData

_SHOWN_TO_ALL = frozenset({"first_name", "last_name"})
"""Of a last name, callers without the scope read the initial."""


def scope_of_field(spec: FieldSpec) -> Scope | None:
    """None: `read` suffices."""
    if spec.personal is None or spec.name in _SHOWN_TO_ALL:
        return None
    return PERSONAL_DATA_SCOPES[spec.personal]


def describe_access(spec: FieldSpec) -> str:
    """A sentence for API descriptions, empty if `read` suffices."""
    if spec.name == "last_name":
        return f"Only its initial without the scope {Scope.READ_GUESTS}."
    scope = scope_of_field(spec)
    return f"Needs the scope {scope}." if scope else ""


def require_email_search(principal: Principal) -> None:
    """A search confirms an address, so it needs the scope to read one. Raises Forbidden."""
    principal.require(PERSONAL_DATA_SCOPES[PersonalData.CONTACT])


def initial(name: str | None) -> str | None:
    """Of a last name, for callers without the scope to read names."""
    return f"{name.strip()[:1]}." if name else name
