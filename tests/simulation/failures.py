"""What ends a step of the simulation. No application code catches these."""


class Crash(BaseException):
    """kill -9 of the running process: nothing that it does afterwards has an effect."""


class Violation(BaseException):
    """An invariant does not hold; the seed has failed."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


def require(holds: object, invariant: str, detail: str) -> None:
    if not holds:
        raise Violation(invariant, detail)
