"""Pages that belong to a business portfolio: Facebook may leave them out of a person's own list."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest

from channels import health
from channels.connectors.base import Context
from channels.connectors.registry import CONNECTORS
from channels.sample import enter
from channels.wire import Wire

PAGE_OF_TOWN = "104200000000101"


@pytest.fixture
def at_home(on_sandbox, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"


@pytest.fixture
def businesses(on_sandbox, at_home):
    def told(said):
        body = {"facebook businesses": said}
        httpx.post(f"{on_sandbox}/_sandbox/settings", json=body, trust_env=False).raise_for_status()

    yield told
    told({})


@pytest.mark.db
@pytest.mark.parametrize("edge", ["owned_pages", "client_pages"])
def test_pages_of_a_portfolio_that_the_persons_list_misses_are_offered(on_sandbox, businesses, edge):
    businesses(
        {"9001": {"name": "Closed", "closed": True}, "9002": {"name": "Town hall", edge: [PAGE_OF_TOWN]}}
    )

    grant, pages = enter("facebook")
    page = next(page for page in pages if page.remote_id == PAGE_OF_TOWN)

    assert (page.trouble, page.facts) == ("", {"tasks": ["CREATE_CONTENT"]})
    assert page.access_token not in ("", grant.access_token)
    channel = SimpleNamespace(
        platform="facebook", remote_id=page.remote_id, handle=page.handle, scopes=grant.scopes
    )
    ctx = Context(channel, Wire(channel, token=page.access_token), datetime.now(UTC))
    assert CONNECTORS["facebook"].account(ctx)["name"] == "Riverside Town Council"


@pytest.mark.db
def test_a_page_of_a_portfolio_without_a_key_cannot_be_published_on(on_sandbox, businesses):
    businesses({"9002": {"name": "Town hall", "owned_pages": [PAGE_OF_TOWN], "keyless": [PAGE_OF_TOWN]}})

    _, pages = enter("facebook")

    (page,) = [page for page in pages if page.remote_id == PAGE_OF_TOWN]
    assert "may not publish" in page.trouble


@pytest.mark.db
def test_portfolios_are_not_asked_for_without_the_permission(on_sandbox, businesses, monkeypatch):
    businesses({"9002": {"name": "Town hall", "owned_pages": [PAGE_OF_TOWN]}})
    flow = CONNECTORS["facebook"].oauth
    less = {scope: why for scope, why in flow.scopes.items() if scope != "business_management"}
    monkeypatch.setattr(type(flow), "scopes", less)

    _, pages = enter("facebook")

    assert PAGE_OF_TOWN not in [page.remote_id for page in pages]


@pytest.mark.db
def test_a_page_that_stands_in_both_lists_is_offered_once(at_home):
    _, pages = enter("facebook")

    assert len({page.remote_id for page in pages}) == len(pages)


@pytest.mark.unit
def test_a_permission_that_is_only_used_while_choosing_is_not_missed_later():
    flow = CONNECTORS["facebook"].oauth
    given = [scope for scope in flow.scopes if scope not in flow.in_passing]
    channel = SimpleNamespace(platform="facebook", state="connected", scopes=given)

    assert [point.tone for point in health._scopes(channel)] == ["good"]
    assert flow.in_passing <= flow.optional
