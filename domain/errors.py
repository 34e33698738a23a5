"""The root of all our errors, and the domain's own."""

from enum import StrEnum


class ErrorKind(StrEnum):
    """How a caller may react; read by REST problems, GraphQL errors and the job boundary."""

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

    def __init_subclass__(
        cls, *, code: str | None = None, kind: ErrorKind | None = None, **options: object
    ) -> None:
        """`class HotelNotFound(NotFound, code="hotel_not_found")`; by default those of the base."""
        super().__init_subclass__(**options)
        if code is not None:
            cls.code = code
        if kind is not None:
            cls.kind = kind

    def __init__(
        self, message: str | None = None, *, path: str | None = None, **details: str | int | None
    ) -> None:
        """`message` defaults to the first line of the class docstring. `path`: where in the
        payload. `details`: for problem documents and logs; no personal data."""
        default = (type(self).__doc__ or self.code).strip().split("\n")[0]
        super().__init__(message or default)
        self.path = path
        details["path"] = path
        self.details = {name: value for name, value in details.items() if value is not None}

    @property
    def message(self) -> str:
        return str(self.args[0])


def kinds_by_code() -> dict[str, ErrorKind]:
    """Of every class of errors that is loaded."""
    found: dict[str, ErrorKind] = {ErrorKind.BUG.value: ErrorKind.BUG}
    classes = [PmsError]
    while classes:
        cls = classes.pop()
        found[cls.code] = cls.kind
        classes += cls.__subclasses__()
    return found


class DomainError(PmsError, code="domain_error", kind=ErrorKind.INVALID):
    """A domain rule is violated."""


class InvalidField(DomainError, code="invalid_field"):
    """A field's value is invalid; `path` names the field, `fix` says what to send."""

    def __init__(self, path: str, fix: str, *, code: str = "invalid_field") -> None:
        super().__init__(f"{path}: {fix}", path=path)
        self.code = code
        self.path: str = path
        self.fix = fix

    def under(self, parent: str) -> "InvalidField":
        """The same error with the path as seen from the containing object."""
        joint = "" if self.path.startswith("[") else "."
        return InvalidField(f"{parent}{joint}{self.path}", self.fix, code=self.code)
