"""GraphQL over HTTP: graphql-server's Flask view, hardened.

POST only: a query in a URL would leak guests' addresses into logs. Transport errors are JSON with
4xx; request errors are 200 for application/json and 400 for application/graphql-response+json
(GraphQL over HTTP).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Final

import orjson
from flask import Flask, Request, Response, request
from flask.typing import ResponseReturnValue
from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import execute_sync
from graphql.language import OperationType
from graphql_server.exceptions import GraphQLValidationError
from graphql_server.flask.views import FlaskHTTPRequestAdapter, GraphQLView
from graphql_server.http import GraphQLHTTPResponse, GraphQLRequestData
from graphql_server.http.exceptions import HTTPException
from graphql_server.http.sync_base_view import SyncHTTPRequestAdapter
from typing_extensions import override

from adapters.inbound.graphql.error_format import first_per_field, formatted
from adapters.inbound.graphql.executable_schema import QueryDocuments, executable_schema
from adapters.inbound.graphql.execution import PlainExecution
from adapters.inbound.graphql.query_cost import QueryBudget
from adapters.inbound.graphql.resolvers import RequestContext
from adapters.inbound.graphql.use_cases import PATH, Admission, GraphQLOptions, GraphQLUseCases
from domain.access import Scope

COST_PER_REQUEST: Final = 5_000
"""A query counts as one request, and as one more for each of these."""


def graphql_registrar(
    use_cases: GraphQLUseCases, options: GraphQLOptions | None = None
) -> Callable[[Flask, Admission], None]:
    """A function that adds the view to an application."""
    options = options or GraphQLOptions()
    schema = executable_schema()
    documents = QueryDocuments(schema, options)

    def register(app: Flask, admit: Admission) -> None:
        view = HardenedGraphQLView.as_view(
            "graphql",
            schema,
            admit=admit,
            use_cases=use_cases,
            documents=documents,
            options=options,
        )
        app.add_url_rule(PATH, view_func=view)

    return register


class _RequestAdapter(FlaskHTTPRequestAdapter):
    @property
    def body(self) -> bytes:
        return self.request.get_data(cache=False)


class HardenedGraphQLView(GraphQLView[RequestContext, None]):
    methods: ClassVar[list[str]] = ["POST"]
    request_adapter_class = _RequestAdapter
    init_every_request = False

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        admit: Admission,
        use_cases: GraphQLUseCases,
        documents: QueryDocuments,
        options: GraphQLOptions,
    ) -> None:
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=False)
        self._admit = admit
        self._use_cases = use_cases
        self._documents = documents
        self._options = options

    @override
    def dispatch_request(self) -> ResponseReturnValue:
        """Raises the errors of authentication and rate limits, which are HTTP problems."""
        principal = self._admit()
        principal.require(Scope.READ)
        budget = QueryBudget(self._options.max_cost)
        context = RequestContext(principal, self._use_cases, budget)
        try:
            with self._admit.slot(principal):
                return self.run(request=request, context=context)
        except HTTPException as error:
            error_document = {"message": error.reason, "extensions": {"code": "BAD_REQUEST"}}
            return _json_response({"errors": [error_document]}, error.status_code)
        finally:
            self._admit.charge(principal, budget.spent // COST_PER_REQUEST)

    @override
    def parse_http_body(
        self, request: SyncHTTPRequestAdapter, context: RequestContext
    ) -> GraphQLRequestData:
        mimetype = (request.content_type or "").partition(";")[0].strip().lower()
        if mimetype != "application/json":
            raise HTTPException(415, "Send the query as application/json.")
        body = request.body
        if len(body) > self._options.max_body_bytes:
            raise HTTPException(413, f"Send at most {self._options.max_body_bytes} bytes.")
        accepts = request.headers.get("Accept", "")
        strict = "application/graphql-response+json" in accepts
        data = self.decode_json(body)
        return self.get_graphql_request_data(
            request, context, data, "http-strict" if strict else "http"
        )

    @override
    def decode_json(self, data: str | bytes) -> dict[str, Any]:
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise HTTPException(400, f"Unreadable JSON at character {error.pos}.") from error
        if not isinstance(value, dict):
            raise HTTPException(400, "Send one JSON object; batches are not supported.")
        if not isinstance(value.get("query"), str) or not value["query"]:
            raise HTTPException(400, "query: send the document as a string.")
        if not isinstance(value.get("operationName"), str | None):
            raise HTTPException(400, "operationName: send a string.")
        return value

    @override
    def execute_operation(
        self,
        request_adapter: SyncHTTPRequestAdapter,
        request_data: GraphQLRequestData,
        context: RequestContext,
        root_value: None,
        allowed_operation_types: set[OperationType],
    ) -> ExecutionResult:
        variables = request_data.variables or {}
        try:
            prepared = self._documents.prepared(request_data.query or "")
            _require_operation(prepared.operations, request_data.operation_name)
        except GraphQLValidationError:
            raise
        except GraphQLError as error:
            raise GraphQLValidationError([error]) from error
        context.budget.begin(prepared.selections)
        return execute_sync(
            self.schema,
            prepared.document,
            root_value=root_value,
            context_value=replace(context, renders=prepared.renders),
            variable_values=variables,
            operation_name=request_data.operation_name,
            hide_suggestions=not self._options.introspection,
            execution_context_class=PlainExecution,
        )

    @override
    def process_result(
        self, request: Request, result: ExecutionResult, strict: bool = False
    ) -> GraphQLHTTPResponse:
        """A request error has no data; a field error has data, possibly null."""
        response: GraphQLHTTPResponse = {}
        errors = result.errors or []
        if result.data is not None or any(error.path for error in errors) or not strict:
            response["data"] = result.data
        if errors:
            response["errors"] = [formatted(error) for error in first_per_field(errors)]
        return response

    @override
    def create_response(
        self, response_data: GraphQLHTTPResponse, sub_response: Response, is_strict: bool
    ) -> Response:
        kind = "application/graphql-response+json" if is_strict else "application/json"
        return _json_response(response_data, 200 if "data" in response_data else 400, kind)


def _require_operation(operation_names: tuple[str | None, ...], requested: str | None) -> None:
    if requested is not None and requested not in operation_names:
        raise GraphQLError("Unknown operationName.")
    if requested is None and len(operation_names) != 1:
        raise GraphQLError("Send a document with one operation, or operationName.")


def _json_response(
    document: object, status: int, content_type: str = "application/json"
) -> Response:
    text = orjson.dumps(document)
    return Response(text, status, content_type=f"{content_type}; charset=utf-8")
