"""The page of a running study in a real browser: it changes by itself, is accessible, and asks nobody else."""

import json
import sqlite3
import threading

import pytest

from posology.posting import Posted
from posology.progress import Silent
from posology.results_index import NAME as INDEX
from posology.serving import Server
from posology.study_json import SCHEMA

pytestmark = pytest.mark.browser


@pytest.fixture
def posted(tmp_path):
    (tmp_path / "study.json").write_text(json.dumps({"schema": SCHEMA, "settings": {}}))
    base = sqlite3.connect(tmp_path / INDEX)
    with base:
        base.execute("CREATE TABLE networks (network INTEGER, stage TEXT, failed INTEGER)")
        base.execute("CREATE TABLE losses (network INTEGER, epoch INTEGER, train_loss REAL, watched_loss REAL)")
        base.execute("INSERT INTO networks VALUES (1, 'tune', 0)")
        rows = [(1, epoch, 1 / epoch, 1 / epoch + 0.1 + epoch / 100) for epoch in range(1, 25)]
        base.executemany("INSERT INTO losses VALUES (?, ?, ?, ?)", rows)
    base.close()
    posted = Posted(Silent())
    posted.post_to(tmp_path)
    posted.total(1600)
    posted.trained(312, "tuning dropout", kept=False)
    posted.stage("tuning dropout")
    return posted


@pytest.fixture
def server(posted, tmp_path):
    with Server(tmp_path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_changes_by_itself(browser, server, posted, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 400, "height": 800}, color_scheme=scheme)
    page, told = context.new_page(), []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(server.address) else told.append(asked.url))
    page.goto(server.address)
    assert "312 of at most 1,600 networks" in page.inner_text("[role=status]")
    assert page.locator("svg polyline").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    posted.stage("scoring l2")
    page.get_by_text("scoring l2").wait_for()
    # axe is put into the page by the test, which the page's own policy would refuse
    tested = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
    tested.goto(server.address)
    found = Axe().run(tested)
    assert found.violations_count == 0, found.generate_report()
    tested.context.close()
    context.close()
    assert [text for text in told if "favicon" not in text] == []
