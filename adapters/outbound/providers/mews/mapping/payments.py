"""Payments of a reservation (payments.md): what is paid and what is owed.

Mews has no balance of a reservation. `paid` is the sum of its charged payments, whose amounts are
negative (refunds are positive), rounded once; the balance is the total minus that. Payments of an
account that name no reservation are not included.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import (
    CANCELED_ITEM,
    PAID_STATE,
    PAYMENT_STATES,
)
from adapters.outbound.providers.mews.mapping.parsing import MewsReader
from adapters.outbound.providers.mews.mapping.unreadable_amounts import (
    UnreadableAmounts,
    as_accounting_state,
    as_currency,
    as_known_state,
)
from domain.errors import InvalidField
from domain.values import ABSENT, Field, Money


class PaymentAmounts(NamedTuple):
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT
    unreadable: FieldTrace = ()


_as_payment_state: Final = as_known_state(PAYMENT_STATES)

NOT_SENT: Final = PaymentAmounts()


def calculate_payments(payments: Sequence[JsonEntry], total: Field[Money | None]) -> PaymentAmounts:
    """In another currency than the total there is no balance, in several no paid amount either.
    Absent if a payment is unreadable."""
    unreadable = UnreadableAmounts()
    charged = [
        amount for each in payments if (amount := _charged_amount(each, unreadable)) is not None
    ]
    if unreadable.expected_by_path:
        return PaymentAmounts(unreadable=unreadable.trace())
    currency = _find_currency(charged, total)
    if currency is None:
        return PaymentAmounts(None, None)
    try:
        paid = Money.rounded(sum((amount for _, amount in charged), Decimal(0)), currency)
    except InvalidField as error:
        unreadable.add("Payments", error)
        return PaymentAmounts(unreadable=unreadable.trace())
    return PaymentAmounts(paid, _calculate_balance(total, paid))


def _charged_amount(entry: JsonEntry, unreadable: UnreadableAmounts) -> tuple[str, Decimal] | None:
    """Currency and amount; None for a payment that is not charged, or unreadable."""
    try:
        payment = MewsReader(entry.value)
        state = payment.optional("AccountingState", as_accounting_state)
        if state == CANCELED_ITEM or payment.required("State", _as_payment_state) != PAID_STATE:
            return None
        amount = payment.object("Amount")
        currency = as_currency(amount.text("Currency"), "Amount.Currency")
        return currency, -amount.decimal("GrossValue")
    except UnreadableField as error:
        unreadable.add(entry.path, error)
        return None


def _find_currency(
    charged: Sequence[tuple[str, Decimal]], total: Field[Money | None]
) -> str | None:
    """Without payments, that of the total. None if there is no currency, or several."""
    currencies = {currency for currency, _ in charged}
    if not currencies and isinstance(total, Money):
        return total.currency
    return currencies.pop() if len(currencies) == 1 else None


def _calculate_balance(total: Field[Money | None], paid: Money) -> Field[Money | None]:
    if not isinstance(total, Money):
        return total
    if total.currency != paid.currency:
        return None
    return Money(total.minor - paid.minor, paid.currency)
