"""Google's own description of the YouTube interface as a judge of requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import googleapiclient

UPLOADS = {"resumable": "resumable", "multipart": "simple", "media": "simple"}
PYTHON = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}


@cache
def document() -> dict[str, Any]:
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return json.loads((folder / "youtube.v3.json").read_text())


def methods() -> list[dict[str, Any]]:
    return [
        method for each in document()["resources"].values() for method in each.get("methods", {}).values()
    ]


def judge(verb: str, url: str, body: Any, *, scopes: set[str], mime: str = "") -> str:
    """Check one request and return the id of the method that it calls; AssertionError says what is wrong."""
    parts = urlsplit(url)
    path, query = parts.path.removeprefix("/youtube/"), parse_qsl(parts.query, keep_blank_values=True)
    upload = path.startswith("upload/")
    method = next(
        (m for m in methods() if m["httpMethod"] == verb and m["path"] == path.removeprefix("upload/")), None
    )
    assert method is not None, f"there is no {verb} {path}"
    _check_query(method, query, upload=upload)
    if upload:
        _check_upload(method, dict(query).get("uploadType", ""), mime)
    if "request" in method and body is not None:
        check(body, document()["schemas"][method["request"]["$ref"]], method["request"]["$ref"])
    assert set(method["scopes"]) & scopes, f"{method['id']} needs one of {method['scopes']}"
    return method["id"]


def _check_query(method: Mapping[str, Any], query: list[tuple[str, str]], *, upload: bool) -> None:
    known = {**document()["parameters"], **method["parameters"]}
    for name, value in query:
        if upload and name in {"uploadType", "upload_id"}:
            continue
        assert name in known, f"{method['id']} knows no {name}"
        about = known[name]
        values = value.split(",") if about.get("repeated") else [value]
        if "enum" in about:
            assert set(values) <= set(about["enum"]), f"{name}={value}"
        if about["type"] == "boolean":
            assert value in ("true", "false"), f"{name}={value}"
        if about["type"] == "integer":
            assert int(about["minimum"]) <= int(value) <= int(about["maximum"]), f"{name}={value}"
    missing = {name for name, about in method["parameters"].items() if about.get("required")}
    assert missing <= {name for name, _ in query}, f"{method['id']} lacks {missing}"


def _check_upload(method: Mapping[str, Any], kind: str, mime: str) -> None:
    about = method["mediaUpload"]
    assert UPLOADS[kind] in about["protocols"], f"{method['id']} takes no {kind} upload"
    accepted = [each.removesuffix("*").rstrip("/") for each in about["accept"]]
    assert any(mime.startswith(each.rstrip("*")) for each in accepted), f"{method['id']} takes no {mime}"


def check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """Hold a JSON value against a schema of the document: names, types and enums."""
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    wanted = PYTHON[schema.get("type", "object")]
    assert isinstance(value, wanted), f"{where} is no {schema.get('type')}: {value!r}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}={value}"
    if wanted is list:
        for each in value:
            check(each, schema["items"], f"{where}[]")
    if wanted is dict and "properties" in schema:
        for name, each in value.items():
            assert name in schema["properties"], f"{where} knows no {name}"
            check(each, schema["properties"][name], f"{where}.{name}")
