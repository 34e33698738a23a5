"""Payments of a reservation (payments.md): what is paid and what is owed.

Mews has no balance of a reservation. `paid` is the sum of its charged payments, whose amounts are
negative (refunds are positive), rounded once; the balance is the total minus that. Payments of an
account that name no reservation are not included.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import CANCELED_ITEM, PAID_STATE
from adapters.outbound.providers.mews.mapping.parsing import MewsReader
from domain.errors import InvalidField
from domain.values import ABSENT, Field, Money


class PaymentAmounts(NamedTuple):
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT


NOT_SENT: Final = PaymentAmounts()


def calculate_payments(
    payments: Sequence[JsonEntry] | None, total: Field[Money | None]
) -> PaymentAmounts:
    """`payments` None: not sent. In another currency than the total there is no balance, in several
    no paid amount either. Raises UnreadableField with the path of the payment."""
    if payments is None:
        return NOT_SENT
    charged = [amount for each in payments if (amount := _charged_amount(each)) is not None]
    currencies = {currency for currency, _ in charged}
    if not currencies and isinstance(total, Money):
        currencies = {total.currency}
    if len(currencies) != 1:
        return PaymentAmounts(None, None)
    paid = _sum(payments, charged, currencies.pop())
    if not isinstance(total, Money):
        return PaymentAmounts(paid, total)
    if total.currency != paid.currency:
        return PaymentAmounts(paid, None)
    return PaymentAmounts(paid, Money(total.minor - paid.minor, paid.currency))


def _charged_amount(entry: JsonEntry) -> tuple[str, Decimal] | None:
    """Currency and amount; None for a payment that is not charged."""
    payment = MewsReader(entry.value, entry.path)
    is_canceled = payment.optional_text("AccountingState") == CANCELED_ITEM
    if payment.text("State") != PAID_STATE or is_canceled:
        return None
    amount = payment.object("Amount")
    return amount.text("Currency"), -amount.decimal("GrossValue")


def _sum(
    payments: Sequence[JsonEntry], charged: Sequence[tuple[str, Decimal]], currency: str
) -> Money:
    try:
        return Money.rounded(sum((amount for _, amount in charged), Decimal(0)), currency)
    except InvalidField as error:
        raise UnreadableField(f"{payments[0].path}.Amount", error.code, error.fix) from error
