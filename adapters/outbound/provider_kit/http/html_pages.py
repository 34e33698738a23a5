"""HTML pages that proxies and maintenance send in place of data, also with status 200."""

import re
from typing import Final

_PROLOGUE: Final = rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,1000}?-->\s*){0,3}"
_PAGE: Final = re.compile(_PROLOGUE + rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL)
_MARKUP: Final = re.compile(_PROLOGUE + rb"<")


def is_html_page(body: bytes | bytearray, content_type: str) -> bool:
    """JSON and XML are none, whatever their content type is: some vendors label JSON as HTML."""
    if _PAGE.match(body):
        return True
    return "html" in content_type and _MARKUP.match(body) is not None
