"""Stored extras without the fields of payment cards, bank accounts and identity documents, which
earlier versions kept there; and `stopped_at` of stopped connections only.

The rule is that of this version's mappings, as it was then: by the names of fields, with those that
the providers of this package declare. What it drops does not come back by a downgrade.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

TABLES = ("bookings", "booking_tombstones", "guests")
BATCH = 500
SENSITIVE = re.compile(
    r"(?<!loyalty)(?<!member)(?<!membership)(?<!registration)(?<!room)(?<!key)(?<!business)"
    r"(?<!post)(?<!score)(?<!wild)(?<!dis)card(?!inal)"
    r"|^cvv|^cvc|^csc$|^cavv$|securitycode|seriescode|^pan$|primaryaccountnumber|magneticstripe"
    r"|iban$|^bic$|^swift|bankacc|accountnumber|accountholder|paymentaccount|paymenttoken"
    r"|threedomainsecurity|encryptedvalue"
    r"|passport|(?:identity|(?<!pa)id)card|identitydocument|^iddocument|drivers?licen[cs]e"
    r"|drivinglicen[cs]e|nationalid(?:number|no)?$|identification|socialsecurity|^ssn$"
    r"|document(?:number|no|id|issu|expir|valid)|^documents?$|^id(?:number|no)|^docid$"
    r"|^visa(?:$|number|no$|info|expir|issu)|personal(?:id|tax|code)|fiscalcode|codicefiscale"
    r"|residencepermit|aliens?(?:info|registration)"
)
DECLARED = {
    "alpinebits": frozenset({"Token"}),
    "cloudbeds": frozenset({"taxID", "taxId", "guestTaxId", "Payment", "Payments"}),
    "ohip": frozenset({"authorizationApproval", "authorizationInfo"}),
}
BY_NAME, BY_DECLARATION = 1, 2
"""Ranks of sensitive fields. Of what is sensitive by its name, descriptions are kept."""
_GONE = object()
DESCRIPTION = re.compile(r"(?:type|brand|scheme|method)(?:name|description)?$")
CARD_DETAIL = re.compile(r"card(?:number|holder|no$|num$)|^cvv|^cvc|^csc$")
BESIDE_CARD = re.compile(r"expir|holder|token|^number$|^code$|^name$")
NO_WORD = re.compile(r"[^a-z0-9]")
NAMES = re.compile(r"[^.\[\]/@\"]+")
KEYS = re.compile(r'"((?:[^"\\]|\\.)*)":')
FRACTION = re.compile(r'"\\u0000([^"]*)"')


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql("UPDATE connections SET stopped_at = NULL WHERE state <> 'stopped'")
    for table in TABLES:
        for key, document in _changed_documents(db, table):
            mark = db.param
            db.execute_sql(
                f"UPDATE {table} SET document = {mark}, revision = revision + 1"  # noqa: S608  # constants
                f" WHERE hotel_id = {mark} AND provider = {mark} AND external_id = {mark}",
                (document, *key),
            )


def down(_migrator: Any, _db: Any) -> None:
    pass


def _changed_documents(db: Any, table: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """(primary key, document without sensitive extras) of the rows that have any."""
    key_columns, after = "hotel_id, provider, external_id", None
    while True:
        where = f"WHERE ({key_columns}) > ({', '.join([db.param] * 3)})" if after else ""
        rows = db.execute_sql(
            f"SELECT {key_columns}, document FROM {table} {where}"  # noqa: S608  # constants
            f" ORDER BY {key_columns} LIMIT {BATCH}",
            after or (),
        ).fetchall()
        for *key, document in rows:
            if (kept := _without_sensitive(table, key[1], document)) != document:
                yield tuple(key), kept
        if len(rows) < BATCH:
            return
        after = tuple(rows[-1][:3])


def _without_sensitive(table: str, provider: str, document: str) -> str:
    if "extras" not in document:
        return document
    content = json.loads(document)
    if table == "booking_tombstones":
        columns = content["booking"]
        kept = _without_sensitive("bookings", provider, columns["document"])
        if kept == columns["document"]:
            return document
        columns["document"] = kept
        return _json_text(content)
    extras = content.get("extras", [])
    pruned = list(_pruned_extras(extras, DECLARED.get(provider, frozenset())))
    if pruned == extras:
        return document
    content["extras"] = pruned
    return _json_text(content)


def _pruned_extras(extras: list[list[str]], declared: frozenset[str]) -> Iterator[list[str]]:
    """Each is a path and JSON text."""
    with_card = {_parent(path) for path, _ in extras if _is_card_detail(_last_name(path))}
    for path, text in extras:
        inside = _rank_of_path(path, with_card, declared)
        if not inside and not any(_rank(key, declared) for key in _keys(text)):
            yield [path, text]
            continue
        value = _parsed(text)
        kept = _kept(_last_name(path), value, inside, declared)
        if kept is not _GONE:
            yield [path, text if kept == value else _formatted(kept)]


def _rank_of_path(path: str, with_card: set[str], declared: frozenset[str]) -> int:
    """The highest of its names. `with_card`: the paths of the objects with card details."""
    rank = max(_rank(name, declared) for name in ("", *NAMES.findall(path)))
    if rank or _parent(path) not in with_card:
        return rank
    return _rank_beside_card(_last_name(path))


def _kept(name: str, value: Any, inside: int, declared: frozenset[str]) -> Any:
    """`inside`: the rank of the field itself or of one around it."""
    if isinstance(value, dict | list):
        rest = _rest(value, inside, declared)
        return rest if not inside or not value or _holds_anything(rest) else _GONE
    is_shown = _is_flag(value) or (inside == BY_NAME and DESCRIPTION.search(_plain(name)))
    return value if not inside or is_shown else _GONE


def _rest(value: Any, inside: int, declared: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return _rest_of_object(value, inside, declared)
    return [
        _rest(each, inside, declared) if isinstance(each, dict | list) else each
        for each in value
        if not inside or isinstance(each, dict | list)
    ]


def _rest_of_object(value: dict[str, Any], inside: int, declared: frozenset[str]) -> dict[str, Any]:
    has_card = any(map(_is_card_detail, value))
    rest = {}
    for name, each in value.items():
        rank = inside or _rank(name, declared) or (has_card and _rank_beside_card(name))
        if (kept := _kept(name, each, int(rank), declared)) is not _GONE:
            rest[name] = kept
    return rest


def _holds_anything(value: Any) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(map(_holds_anything, inner))
    return not _is_flag(value)


def _is_flag(value: Any) -> bool:
    return value is None or value == "" or isinstance(value, bool)


def _rank(name: str, declared: frozenset[str]) -> int:
    return BY_DECLARATION if name in declared else _rank_by_name(name)


@lru_cache(maxsize=65_536)
def _rank_by_name(name: str) -> int:
    return BY_NAME if SENSITIVE.search(_plain(name)) else 0


def _rank_beside_card(name: str) -> int:
    return BY_NAME if BESIDE_CARD.search(_plain(name)) else 0


@lru_cache(maxsize=65_536)
def _is_card_detail(name: str) -> bool:
    return CARD_DETAIL.search(_plain(name)) is not None


def _plain(name: str) -> str:
    return NO_WORD.sub("", name.lower())


def _parent(path: str) -> str:
    return path.rpartition("/" if "/" in path else ".")[0]


def _last_name(path: str) -> str:
    names: list[str] = NAMES.findall(path)
    return names[-1] if names else ""


def _keys(text: str) -> list[str]:
    return KEYS.findall(text) if text.startswith(("{", "[")) else []


def _parsed(text: str) -> Any:
    """Fractions stay as they are written."""
    return json.loads(text, parse_float=lambda digits: f"\0{digits}")


def _formatted(value: Any) -> str:
    return FRACTION.sub(r"\1", _json_text(value))


def _json_text(value: Any) -> str:
    """Lone surrogates, which UTF-8 does not have, are written as escapes."""
    text: str = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return text
