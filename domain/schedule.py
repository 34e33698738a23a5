"""How often a connection is pulled, and for which days."""

from dataclasses import dataclass
from datetime import date, timedelta

from domain.sync_run import SyncKind
from domain.values import DateRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Intervals between runs, and the windows of stays that they cover."""

    delta_every: timedelta = timedelta(minutes=5)
    reconcile_every: timedelta = timedelta(hours=24)
    reconcile_days_back: int = 7
    reconcile_days_ahead: int = 365
    keep_days_back: int = 400
    """A full sync pulls stays that ended no longer ago than this."""
    keep_days_ahead: int = 1_100
    """A full sync pulls stays that begin no later than this: three years, beyond what hotels
    sell. Bookings farther ahead arrive with the delta of their next change."""

    def window(self, kind: SyncKind, today: date) -> DateRange:
        """A run of `kind` pulls the stays that overlap it."""
        back, ahead = self.reconcile_days_back, self.reconcile_days_ahead
        if kind is not SyncKind.RECONCILE:
            back = self.keep_days_back
        if kind is SyncKind.FULL:
            ahead = self.keep_days_ahead
        return DateRange(today - timedelta(days=back), today + timedelta(days=ahead))

    def jitter(self, fraction: float) -> timedelta:
        """`fraction` in [0, 1): spreads hotels over a tenth of the interval."""
        return self.delta_every * (fraction / 10)
