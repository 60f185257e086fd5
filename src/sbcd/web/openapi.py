"""OpenAPI 3.1, derived from the route table.

One rule: nothing is written here that a route does not say; the level is `x-required-level`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec

from sbcd.web.dispatch import full_path, level_name
from sbcd.web.route import File, Operation, Query, Route

REFUSALS = {
    400: "The request is wrong; the description names the attribute, line, table, row or column",
    401: "No credentials, or wrong ones",
    403: "The level of the user is too low",
    404: "There is no such resource",
    406: "The Accept header excludes the format of the answer",
    408: "The body came too slowly",
    409: "The state of the device forbids it now",
}
DONE = {200: "Done", 201: "The file", 202: "Begun", 204: "There is nothing to show"}

_VARIABLE = re.compile(r"\{(\w+)\}")


References = Mapping[type, Mapping[str, Any]]
"""Where the schema of a struct stands; two rooms may call different structs by one name."""


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The whole document as JSON values."""
    routes = list(routes)
    bodies = {shape for route in routes for _, operation in verbs(route) for shape in structs(operation)}
    shapes = sorted(bodies, key=lambda shape: (shape.__name__, shape.__module__))
    places, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    schemas["Refusal"] = {
        "type": "object",
        "properties": {"description": {"type": "string"}},
        "required": ["description"],
    }
    references = dict(zip(shapes, places, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {"title": "sbcd REST API", "version": version},
        "servers": [{"url": "/"}],
        "security": [{"basic": []}],
        "paths": {full_path(route): path_item(route, references) for route in routes},
        "components": {
            "schemas": schemas,
            "responses": {str(status): refusal(text) for status, text in REFUSALS.items()},
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
    }


def verbs(route: Route) -> Iterator[tuple[str, Operation]]:
    for verb in ("get", "put", "post", "delete"):
        operation = getattr(route, verb)
        if operation is not None:
            yield verb, operation


def structs(operation: Operation) -> Iterator[type[msgspec.Struct]]:
    for shape in (operation.takes, *either(operation.gives)):
        if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
            yield shape


def either(gives: Any) -> tuple[Any, ...]:
    """What an operation may give."""
    return get_args(gives) or (gives,)


def refusal(text: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {"description": text, "content": content}


def path_item(route: Route, references: References) -> dict[str, Any]:
    item: dict[str, Any] = {
        verb: describe(route, verb, operation, references) for verb, operation in verbs(route)
    }
    names = _VARIABLE.findall(route.path)
    if names:
        item["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    return item


def describe(route: Route, verb: str, operation: Operation, references: References) -> dict[str, Any]:
    words = re.findall(r"[A-Za-z0-9]+", route.path)
    told: dict[str, Any] = {
        "operationId": verb + "".join(word[:1].upper() + word[1:] for word in words),
        "summary": operation.summary,
        "tags": [full_path(route).removeprefix("/api/v1").strip("/").split("/")[0] or "api"],
        "x-required-level": level_name(operation.level),
        "responses": {str(status): response(operation, status, references) for status in operation.statuses}
        | {str(s): {"$ref": f"#/components/responses/{s}"} for s in REFUSALS},
    }
    if operation.query:
        told["parameters"] = [parameter(query) for query in operation.query]
    if operation.takes is not None:
        told["requestBody"] = body(operation.takes, references)
    return told


def parameter(query: Query) -> dict[str, Any]:
    return {"name": query.name, "in": "query", "description": query.help, "schema": {"type": query.type}}


def body(takes: type, references: References) -> dict[str, Any]:
    if takes is File:
        file = {"type": "string", "format": "binary"}
        form = {"type": "object", "properties": {"file": file}, "required": ["file"]}
        return {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return {"content": {"application/json": {"schema": references[takes]}}}


def response(operation: Operation, status: int, references: References) -> dict[str, Any]:
    told: dict[str, Any] = {"description": DONE.get(status, REFUSALS.get(status, "Answer"))}
    if status == 204 or operation.gives is None:
        return told
    if isinstance(operation.gives, str):
        told["content"] = {operation.gives: {"schema": {"type": "string", "format": "binary"}}}
    else:
        shapes = [references[shape] for shape in either(operation.gives)]
        schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
        told["content"] = {"application/json": {"schema": schema}}
    return told
