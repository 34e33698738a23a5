"""Access tokens: the scopes that extend `read`, in a column of their own.

Tokens issued so far, and those that version 0.1 issues until it is stopped, could read everything
with `read`; the default writes this out. Version 0.1 rejects scopes it does not know in `scopes`.
"""

from typing import Any

UP = (
    "ALTER TABLE access_tokens ADD COLUMN read_extensions text NOT NULL"
    " DEFAULT 'read:contacts read:documents read:guests read:notes'",
    "UPDATE access_tokens SET read_extensions = ''"
    " WHERE replace(' ' || scopes || ' ', ' read ', '') = ' ' || scopes || ' '",
)


def up(_migrator: Any, db: Any) -> None:
    for statement in UP:
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE access_tokens DROP COLUMN read_extensions")
