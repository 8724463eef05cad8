"""The OpenAPI 3.1 description, made from the endpoints."""

from __future__ import annotations

import json
from typing import Any

from engagement.api import reports
from engagement.api.endpoints import ENDPOINTS, Endpoint, Param
from engagement.api.reports import ReportEndpoint

ERRORS = {
    "400": "A parameter cannot be read.",
    "401": "No key, or one that does not stand.",
    "429": "Too many requests of this key; Retry-After says when to ask again.",
}


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hustings",
            "version": "1",
            "description": "Numbers and variants, read only. A key shows what its person may see. "
            "null means that a network does not tell a number; it is never a zero.",
        },
        "paths": {
            **{f"/api/v1/{e.name}/": {"get": _operation(e)} for e in ENDPOINTS},
            **{f"/api/v1/reports/{e.name}/": {"get": _report(e)} for e in reports.endpoints()},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                **{_schema_name(e): _object(e.fields) for e in ENDPOINTS},
                "report": reports.schema(),
                "error": _object({"error": {"type": "string"}}),
            },
        },
        "security": [{"key": []}],
    }


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    page = _object(
        {
            "results": {"type": "array", "items": {"$ref": f"#/components/schemas/{_schema_name(endpoint)}"}},
            "next": {"type": ["string", "null"], "description": "the address of the next page"},
        }
    )
    return _answering(endpoint.name, endpoint, "A page.", page)


def _report(endpoint: ReportEndpoint) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/report"}
    return _answering(f"report_{endpoint.name}", endpoint, "The report.", schema)


def _answering(name: str, endpoint: Endpoint | ReportEndpoint, words: str, schema: Any) -> dict[str, Any]:
    from engagement.api.views import params_of  # the views show this document

    error = {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}
    return {
        "operationId": name,
        "summary": endpoint.words,
        "parameters": [_param(param) for param in params_of(endpoint)],
        "responses": {
            "200": {"description": words, "content": {"application/json": {"schema": schema}}},
            **{code: {"description": said, "content": error} for code, said in ERRORS.items()},
        },
    }


def _param(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"} if param.kind == "integer" else {"type": "string"}
    if param.kind == "date":
        schema["format"] = "date"
    if param.choices:
        schema["enum"] = list(param.choices)
    if param.default:
        schema["default"] = param.read(param.default)
    found = {"name": param.name, "in": "query", "description": param.words, "schema": schema}
    return {**found, "required": True} if param.needed else found


def _object(fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(fields), "required": list(fields)}


def _schema_name(endpoint: Endpoint) -> str:
    return endpoint.name.replace("-", "_")
