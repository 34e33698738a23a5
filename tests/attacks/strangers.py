"""Documents that cost the receiver much, if it reads them before it knows the sender."""

from tests.http.ota_sender import SOAP


def envelope(header: str, tail: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}">{header}{tail}'.encode()


def documents(size: int = 200_000) -> dict[str, bytes]:
    return {
        "elements": envelope("", "<a/>" * size),
        "nested": envelope("", "<a>" * size),
        "attributes": envelope("", '<a b="c"/>' * (size // 2)),
        "one-element": envelope("", "<a" + "".join(f' b{n}="c"' for n in range(size // 20)) + "/>"),
        "text": envelope("<s:Header>", "x" * size),
        "entities": envelope("<s:Header>", "&amp;" * (size // 4)),
        "comments": envelope("", "<!-- x -->" * (size // 5)),
        "no-xml": b"4111-" * size,
    }
