"""The page that describes the API: the OpenAPI document for people, with nothing from elsewhere and no script."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; }
section { border-top: 1px solid #8888; padding: .5rem 0; }
h2 { margin: 2rem 0 .5rem; } h3 { margin: .5rem 0; font: 600 1rem ui-monospace, monospace; }
dt { font-family: ui-monospace, monospace; } dd { margin: 0 0 .3rem 1.5rem; }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'"
)
Document = Mapping[str, Any]


def docs_page(document: Document, root_path: str) -> str:
    """The whole page."""
    title = f"{document['info']['title']} {document['info']['version']}"
    head = (
        f'<meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
    )
    summary = escape(document["info"].get("summary", ""))
    link = f'<a href="{escape(root_path)}/openapi.json">openapi.json</a>'
    body = f"<h1>{escape(title)}</h1><p>{summary}. As a document: {link}.</p>"
    groups = "".join(_groups(document, root_path))
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}<main>{groups}</main></body></html>'


def _groups(document: Document, root_path: str) -> Iterator[str]:
    operations = [
        (tag, method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for tag in operation.get("tags", ["more"])[:1]
    ]
    for tag in dict.fromkeys(tag for tag, *_ in operations):
        yield f"<h2>{escape(tag.capitalize())}</h2>"
        for _, method, path, operation in (one for one in operations if one[0] == tag):
            yield _operation(method, root_path + path, operation)


def _operation(method: str, path: str, operation: Document) -> str:
    told = escape(operation.get("description") or operation.get("summary", ""))
    body = operation.get("requestBody", {}).get("content", {})
    asked = "".join(
        f"<p>{escape(kind)}</p>{_fields(sent['schema'])}" for kind, sent in body.items() if "schema" in sent
    )
    answers = "".join(
        f"<dt>{escape(status)}</dt><dd>{escape(answer['description'])}{_kinds(answer)}</dd>"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    )
    return (
        f"<section><h3>{method.upper()} {escape(path)}</h3><p>{told}</p>"
        f"{_parameters(operation)}{asked}<dl>{answers}</dl></section>"
    )


def _parameters(operation: Document) -> str:
    rows = [
        f"<dt>{escape(one['name'])}</dt><dd>{escape(one.get('description', ''))} {_kind(one.get('schema', {}))}</dd>"
        for one in operation.get("parameters", ())
        if one["in"] == "query"
    ]
    return f"<dl>{''.join(rows)}</dl>" if rows else ""


def _fields(schema: Document) -> str:
    needed = schema.get("required", ())
    rows = [
        f"<dt>{escape(name)}{' (needed)' if name in needed else ''}</dt>"
        f"<dd>{escape(one.get('description', ''))} {_kind(one)}</dd>"
        for name, one in schema.get("properties", {}).items()
    ]
    return f"<dl>{''.join(rows)}</dl>" if rows else ""


def _kind(schema: Document) -> str:
    if "enum" in schema:
        return escape(", ".join(map(str, schema["enum"])))
    kinds = schema.get("type") or [one.get("type", "") for one in schema.get("oneOf", ())]
    return escape(" or ".join([kinds] if isinstance(kinds, str) else kinds))


def _kinds(answer: Document) -> str:
    kinds = ", ".join(answer.get("content", ()))
    return f" ({escape(kinds)})" if kinds else ""
