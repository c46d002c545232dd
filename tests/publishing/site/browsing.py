"""Headless Chromium for tests: pages that are opened, and what they asked for, logged and break of accessibility."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PHONE, DESKTOP = 360, 1200
NO_NETWORK = ("file:", "data:", "blob:")


@dataclass
class Browser:
    """`troubles` are errors and warnings of the console; `requests` the addresses that are no local file."""

    chromium: Any
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Browser]:
        """A browser of this machine; the test is skipped where there is none."""
        pytest.importorskip("playwright", reason="Playwright is not installed")
        from playwright.sync_api import sync_playwright

        programs = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        program = next(filter(None, programs), None)
        if program is None:
            pytest.skip("no Chromium on this machine: apt-get install chromium")

        with sync_playwright() as playwright:
            # root, as in containers, has no sandbox; the pages are our own
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            yield cls(chromium)
            chromium.close()

    @contextlib.contextmanager
    def page(self, width: int = DESKTOP, scripts: bool = True) -> Iterator[Any]:
        """An empty tab of a browser that has seen nothing yet."""
        self.troubles.clear()
        self.requests.clear()
        context = self.chromium.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=scripts
        )
        context.set_default_timeout(120_000)  # a machine that does much else at the same time
        page = context.new_page()
        page.on("console", lambda message: self._logged(message))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("requestfailed", lambda request: self.troubles.append(f"not found: {request.url}"))
        page.on("request", lambda request: self._asked(request.url))
        yield page
        context.close()

    def _logged(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(message.text)

    def _asked(self, address: str) -> None:
        if not address.startswith(NO_NETWORK):
            self.requests.append(address)


def open_page(page: Any, site: Path, name: str) -> None:
    """Open a page of the site from disk, and wait until its script has shown what it shows first."""
    file, _, choice = name.partition("#")
    page.goto((site / file).as_uri() + (f"#{choice}" if choice else ""))
    page.wait_for_function("[...document.querySelectorAll('.shown')].every((one) => one.textContent)")


def choose(page: Any, name: str, value: str | None = None, *, label: str | None = None) -> None:
    """Choose by a list's value or label, and wait until the numbers are there."""
    page.select_option(f"select[name={name}]", value=value, label=label)
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")


def violations(page: Any) -> list[str]:
    """What axe-core finds, as `rule: element`."""
    from axe_playwright_python.sync_playwright import Axe

    # without reading the style sheets again, which no page may do
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def scrolls_sideways(page: Any) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def table(page: Any, selector: str) -> dict[str, list[str]]:
    """Rows of a table by their heading's first line; cells as a reader sees them, in one line."""
    rows: list[list[str]] = page.eval_on_selector_all(
        f"{selector} tbody tr",
        "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))",
    )
    return {row[0].split("\n")[0]: [" ".join(cell.split()) for cell in row] for row in rows}
