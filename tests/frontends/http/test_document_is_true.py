"""schemathesis over the OpenAPI document: whatever is sent, no server error, and no answer that it does not tell of."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import requests
import schemathesis
from cloning import CloningSine
from http_houses import Client, house_served
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import unsupported_method

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance),
    *(response_schema_conformance, unsupported_method),
]
EXAMPLES, MANY_EXAMPLES = 2, 100
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("house")
    async with house_served(folder, [CloningSine()], rate={"per_s": None}) as (_, found):
        yield found


@pytest.mark.parametrize(
    ("mode", "examples"),
    [
        (POSITIVE, EXAMPLES),
        (NEGATIVE, EXAMPLES),
        pytest.param(POSITIVE, MANY_EXAMPLES, marks=pytest.mark.soak),
        pytest.param(NEGATIVE, MANY_EXAMPLES, marks=pytest.mark.soak),
    ],
)
async def test_nothing_fails_and_nothing_is_answered_that_the_document_does_not_tell(
    client: Client, mode: schemathesis.GenerationMode, examples: int
) -> None:
    document = (await client.get("/openapi.json")).json
    mistakes, asked = await asyncio.to_thread(lambda: mistakes_of(client.url, document, mode, examples))
    assert not mistakes, "\n\n".join(mistakes)
    assert asked > 20 * examples if mode is POSITIVE else asked


def mistakes_of(
    url: str, document: dict[str, object], mode: schemathesis.GenerationMode, examples: int
) -> tuple[list[str], int]:
    """What is wrong with each operation, and how many requests were sent."""
    schema, session, mistakes, asked = schemathesis.openapi.from_dict(document), requests.Session(), [], 0
    with session:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), "the document itself is wrong"
            operation = found.ok()
            if mode is NEGATIVE and not (operation.body or operation.query):
                continue  # there is nothing in it that could be wrong

            @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case[Any]) -> None:
                nonlocal asked
                asked += 1
                if case.query:
                    case.query.pop("wait_s", None)  # an hour is allowed
                case.call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=20)

            try:
                ask()
            except Exception as error:  # one of many kinds; all are told together
                mistakes.append(f"{operation.method.upper()} {operation.path}: {error}"[:3000])
    return mistakes, asked
