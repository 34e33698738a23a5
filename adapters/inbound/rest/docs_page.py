"""OpenAPI as JSON and as one HTML page without external resources."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Flask, Response, render_template
from flask_smorest import Api
from jinja2 import PackageLoader

from adapters.inbound.rest.problems import STATUS_OF_CODE, STATUS_OF_KIND
from domain.errors import PmsError

ABOUT: Final = (
    "Ingests bookings, guests and availability from property management systems and keeps a "
    "consistent replica of each hotel. Errors are problem details (RFC 9457) with a stable `code` "
    "and `correlation_id`. Queries use GraphQL at `/api/pms/graphql`."
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def register(app: Flask, api: Api, *, path: str) -> None:
    app.jinja_loader = PackageLoader("adapters.inbound.rest")

    @app.get(f"{path}/openapi.json")
    def openapi_json() -> Response:
        return Response(orjson.dumps(api.spec.to_dict()), content_type="application/json")

    @app.get(path)
    def docs_page() -> Response:
        page = render_template(
            "docs.html",
            path=path,
            spec=api.spec.to_dict(),
            operations=list(_operations(api.spec.to_dict())),
            problems=sorted(_problems(PmsError)),
        )
        response = Response(page, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _POLICY
        return response


def _operations(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def _problems(error: type[PmsError]) -> Iterator[tuple[str, int, str]]:
    """(code, status, sentence) of every error class below `error`."""
    for kind in error.__subclasses__():
        yield from _problems(kind)
        status = STATUS_OF_CODE.get(kind.code, STATUS_OF_KIND[kind.kind])
        sentence = (kind.__doc__ or "").strip().split("\n")[0]
        if status != HTTPStatus.INTERNAL_SERVER_ERROR:
            yield kind.code, int(status), sentence
