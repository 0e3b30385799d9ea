"""What a page costs in CPU time: a busy machine makes everything slower, but little dearer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]


class MainThread:
    """The thread on which a page's script, style and layout run."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")

    def seconds(self) -> float:
        """CPU seconds so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[dict[str, float]]:
    """Yields what is filled at the end: for each thread of the browser, the CPU milliseconds of its longest task meanwhile.

    What a frame waits for runs on some of them (script, compositing, raster, display), each task at once.
    """
    worst: dict[str, float] = {}
    browser.start_tracing(page=page, categories=CATEGORIES)
    try:
        yield worst
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {(one["pid"], one["tid"]): one["args"]["name"] for one in events if one["name"] == "thread_name"}
    for event in events:
        if "tdur" in event:
            thread = names.get((event["pid"], event["tid"]), "unknown")
            worst[thread] = max(worst.get(thread, 0.0), event["tdur"] / 1000)
    assert worst.get("CrRendererMain"), "the trace holds no task of the page"
