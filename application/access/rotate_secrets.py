"""Seals all stored values with the newest key, while everything runs."""

from dataclasses import dataclass
from typing import Final

from application.audit.audit_trail import AuditTrail
from application.retrying import in_transaction
from domain.audit import AuditAction
from ports.sealing import ResealedBatch, ResealPosition
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationResult:
    """`unreadable`: values that no configured key opens."""

    resealed: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class RotateSecrets:
    """In short transactions; if it is interrupted, run it again."""

    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self) -> RotationResult:
        """Until a pass finds no value of an older key. Recorded before: an interrupted rotation has
        changed values, too."""
        in_transaction(self.unit_of_work, self._record)
        total = 0
        while True:
            resealed, unreadable = self._pass()
            total += resealed
            if not resealed:
                return RotationResult(resealed=total, unreadable=unreadable)

    def _record(self, uow: UnitOfWork) -> None:
        self.audit.record(uow, AuditAction.SECRETS_ROTATED, "sealed values")

    def _pass(self) -> tuple[int, int]:
        resealed = unreadable = 0
        batch = self._batch(None)
        while batch.position is not None:
            resealed, unreadable = resealed + batch.resealed, unreadable + batch.unreadable
            batch = self._batch(batch.position)
        return resealed, unreadable

    def _batch(self, after: ResealPosition | None) -> ResealedBatch:
        return in_transaction(
            self.unit_of_work, lambda uow: uow.sealed_values.reseal(after, limit=BATCH)
        )
