"""What coders disagree on is settled on the page, as `pikir audit adjudicate` does; and the interval is told."""

import re

import pytest
from disputed import disagree, draw_four
from starlette.testclient import TestClient

from dashboard.audit_status import disagreements
from storage.audits import adjudication_frame
from storage.database import Database

MODEL = "trial-1"
PATH = "/audit/migrants/adjudicate"


@pytest.fixture
def disputed(database: Database) -> Database:
    draw_four(database, MODEL)
    disagree(database)
    return database


def told(page: TestClient, path: str = PATH) -> str:
    return page.get(path + ("&" if "?" in path else "?") + "lang=en").text


def say(page: TestClient, label: str, **more: str) -> int:
    shown = told(page, PATH + (f"?after={more['after']}" if "after" in more else ""))
    fields = dict(re.findall(r'name="(csrf|source|native_id)" value="([^"]*)"', shown))
    return page.post(PATH, data={**fields, "label": label, **more}, follow_redirects=False).status_code


def test_one_after_the_other_is_settled(page: TestClient, disputed: Database) -> None:
    assert "2 posts to settle" in told(page)
    assert re.search(r"against</strong> 1.*in favour</strong> 1", told(page))
    assert say(page, "neutral", reason="irony") == 303
    assert say(page, "undecidable") == 303
    assert "Nothing to settle" in told(page)
    with disputed.read() as c:
        rows = adjudication_frame(c, "migrants").select("label", "decided_by", "reason").rows()
        assert disagreements(c, "migrants").is_empty()
    assert sorted(rows, key=str) == [("neutral", "local", "irony"), (None, "local", "")]


def test_put_off_and_taken_back(page: TestClient, disputed: Database) -> None:
    first = re.search(r'name="native_id" value="(\d)"', told(page))
    answer = page.post(PATH, data={"csrf": _csrf(page), "label": "skip", "after": "0"}, follow_redirects=False)
    assert answer.headers["location"] == f"{PATH}?after=1"
    second = re.search(r'name="native_id" value="(\d)"', told(page, f"{PATH}?after=1"))
    assert first
    assert second
    assert first[1] != second[1]
    say(page, "favor")
    assert "1 posts to settle" in told(page)
    say(page, "undo")
    assert "2 posts to settle" in told(page)


@pytest.mark.parametrize(("change", "status"), [({"label": "maybe"}, 422), ({"native_id": "99"}, 404)])
def test_what_cannot_be_settled(page: TestClient, disputed: Database, change: dict[str, str], status: int) -> None:
    fields = {"csrf": _csrf(page), "source": "trial", "native_id": "2", "label": "favor", **change}
    assert page.post(PATH, data=fields).status_code == status


def test_progress_tells_interval_and_labels(page: TestClient, disputed: Database) -> None:
    shown = told(page, "/audit/migrants/progress")
    assert "2 of 4 drawn posts have a final label" in shown
    assert "2 to settle" in shown
    assert page.get("/audit/migrants/progress", params={"points": "99"}).status_code == 422


def _csrf(page: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', told(page))
    assert found
    return found[1]
