"""Which fields of a payload hold ids: their numbers are never taken for card numbers."""

import re
from collections.abc import Collection, Sequence
from typing import Final

_ID_NAME: Final = re.compile(
    r"(?:.*[^A-Z])?(?:I[Dd]|id)s?(?:_?[Vv]alues?|_?[Ss]tr(?:ing)?)?"
    r"|(?:[a-z_]*(?:id|ids|uuid|guid))"
    r"|ResID_(?:Value|Source|SourceContext)"
    r"|(?i:.*(?:confirmation|reservation|booking|itinerary|group|block|folio|invoice|voucher|order"
    r"|profile|guest|customer|property|hotel|channel|external|reference|loyalty|membership)"
    r"[_ -]?(?:number|no|nr|num|code|key|ref|reference)s?)"
    r"|(?i:(?:.*[_-])?(?:locator|pnr|reference|ref)s?)"
)
"""`id`, `externalId`, `reservationIDs`, `booking_id`, `guestId_str`, `confirmationNumber`, …"""

_CARD_NAME: Final = re.compile(r"card|(?:^|_)pan$", re.IGNORECASE)


def is_id_field(keys: Sequence[str], declared: Collection[str]) -> bool:
    """`keys`: the names around the value, the field's own last. `declared`: further fields of the
    provider, each as `name` or as `parent.name`."""
    if not keys:
        return False
    name = keys[-1]
    if name in declared or ".".join(keys[-2:]) in declared:
        return True
    if any(_CARD_NAME.search(key) for key in keys):
        return False
    return _ID_NAME.fullmatch(name) is not None
