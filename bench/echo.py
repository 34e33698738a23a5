"""The floor of ingest: a bare Flask with the gunicorn settings of `pms web` that returns the body
of each request, without authentication or a database."""

from flask import Flask, Response, request

from entrypoints.processes.web import run_web
from entrypoints.wiring.settings import load_settings

PATH = "/api/pms/canonical/bookings"


def create_echo() -> Flask:
    app = Flask("echo", static_folder=None)

    @app.post(PATH)
    def echo() -> Response:
        return Response(request.get_data(), content_type="application/json")

    return app


if __name__ == "__main__":
    run_web(load_settings(), create_echo)
