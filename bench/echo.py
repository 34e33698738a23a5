"""The floor of ingest: a bare Flask on the very gunicorn settings of `pms web`, which answers
with the body that it was sent and knows neither users nor a database."""

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
