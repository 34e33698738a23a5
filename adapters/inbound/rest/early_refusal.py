"""Which requests are refused by their headers alone, so that the server need not wait for the body.

Such a request is answered at once, by the view that answers it anyway: it checks the credentials
and the size before it reads the body.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from adapters.inbound.rest import alpinebits
from adapters.inbound.rest.use_cases import PREFIX
from application.access.authenticate import KEY_PREFIX, TOKEN_PREFIX

NeedsBody: TypeAlias = Callable[[str, Mapping[str, str]], bool]
"""Takes the path and the headers, named as in CGI without `HTTP_`: `X_PMS_PROVIDER_KEY`."""

EXTENSION: Final = "pms-needs-body"
"""The application's own NeedsBody, in `Flask.extensions`."""

_WEBHOOK: Final = re.compile(rf"{PREFIX}/[^/]+/webhook/[^/]+")
_DOCUMENTS: Final = f"{PREFIX}/{alpinebits.NAME}"


def needs_body(max_body_bytes: int) -> NeedsBody:
    """False where the view refuses the request without its body."""

    def decide(path: str, headers: Mapping[str, str]) -> bool:
        length = headers.get("CONTENT_LENGTH", "0")
        if len(length) > 15 or int(length) > max_body_bytes:
            return False
        if _WEBHOOK.fullmatch(path):
            return True
        authorization = headers.get("AUTHORIZATION", "")
        if path == _DOCUMENTS:
            # A SOAP message has its credentials in the body.
            is_form = headers.get("CONTENT_TYPE", "").startswith(alpinebits.FORM)
            return authorization.lower().startswith("basic ") or not is_form
        key = headers.get("X_PMS_PROVIDER_KEY", "")
        return authorization[7:].startswith(f"{TOKEN_PREFIX}_") and key.startswith(f"{KEY_PREFIX}_")

    return decide
