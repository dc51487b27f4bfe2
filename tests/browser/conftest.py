"""Debian's chromium, headless, with the network off."""

import os
import shutil

import pytest

from tests.report.conftest import studies

__all__ = ["studies"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = "POSOLOGY_NEEDS_BROWSER" in os.environ


@pytest.fixture(scope="session")
def browser():
    """Start the browser; where there is none, skip, unless it was asked for."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if NEEDED:
            raise
        pytest.skip('playwright is not installed: pip install ".[browser]"')
    if BROWSER is None:
        assert not NEEDED, "no chromium: apt-get install chromium"
        pytest.skip("no chromium is installed: apt-get install chromium")
    with sync_playwright() as play:
        # the tests' own pages only; in a container there is no sandbox for root
        running = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser, studies):
    """Open a study's report, offline, and fail on any request, error or warning of the page."""
    contexts, told = [], []

    def asked(url, own):
        if not url.startswith(("data:", own)):
            told.append(url)

    def open_(name, *, width=1280, height=900, scheme="light", permissions=(), **how):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, permissions=list(permissions), **how
        )
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        report = (studies(name).folder / "report.html").as_uri()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: asked(request.url, report))
        page.goto(report)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert told == []
