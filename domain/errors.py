"""Errors of the domain: what a hotel's facts cannot be."""

from enum import StrEnum


class ErrorKind(StrEnum):
    """How a caller may react; REST problems, GraphQL errors and the job boundary look at it."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    MISCONFIGURED = "misconfigured"
    UNREADABLE = "unreadable"
    BUG = "bug"


class PmsError(Exception):
    """Something went wrong in the PMS adapter layer."""

    code = "error"
    kind = ErrorKind.BUG

    def __init__(self, message: str | None = None, **details: str | int | None) -> None:
        default = (type(self).__doc__ or self.code).strip().split("\n")[0]
        super().__init__(message or default)
        self.details = {name: value for name, value in details.items() if value is not None}

    @property
    def message(self) -> str:
        return str(self.args[0])


class DomainError(PmsError):
    """A rule of the hotel's world does not hold."""

    code = "domain_error"
    kind = ErrorKind.INVALID


class InvalidField(DomainError):
    """A field's value can't be what it says; the path and the fix are in the details."""

    code = "invalid_field"

    def __init__(self, path: str, fix: str, *, code: str = "invalid_field") -> None:
        super().__init__(f"{path}: {fix}", path=path)
        self.code = code
        self.path = path
        self.fix = fix

    def under(self, parent: str) -> "InvalidField":
        """The same fault seen from the object that holds this one."""
        joint = "" if self.path.startswith("[") else "."
        return InvalidField(f"{parent}{joint}{self.path}", self.fix, code=self.code)


class IllegalTransition(DomainError):
    """No hotel makes this change of status."""

    code = "illegal_transition"
    kind = ErrorKind.REJECTED
