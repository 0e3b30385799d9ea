"""Screenshots of every page, both themes, desk and phone: `python -m tests.e2e.ui.shots OUT [URL] [page ...]`.

Without a URL the fixture server answers. They are to be looked at: no test compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.ui.browser import DESK, PHONE, launched
from tests.e2e.ui.fixture.server import Fixture

BUILD_RUNNER = "entity:workload/ci/build-runner"
PAGES = {
    "overview": "/",
    "graph": "/graph",
    "graph-edge": "/graph?sel=edge:workload/ci/build-runner~address/_/203.0.113.77&dock=flow",
    "graph-crowd": "/graph?cluster=f0e1d2c3-aaaa-4bbb-8ccc-123456789abc",
    "graph-crowd-all": "/graph?cluster=f0e1d2c3-aaaa-4bbb-8ccc-123456789abc&expand=all",
    "graph-compare": "/graph?compare=1d",
    "policy": "/policy",
    "policy-reach": "/policy?view=reach",
    "policy-explain": "/policy?view=explain",
    "posture": "/posture",
    "posture-finding": "/posture?sel=finding:FINDING",
    "compliance": "/posture?view=compliance",
    "compliance-teams": "/posture?view=compliance&framework=pss-restricted&group=team",
    "posture-framework": "/posture?framework=pss-baseline",
    "access": "/posture?view=access",
    "teams": "/posture?view=teams&team=payments",
    "incidents": "/incidents",
    "incident": "/incidents/inc-2041",
    "incident-signal": "/incidents/inc-2041?sel=signal:inc-2041/sig-1",
    "explore": "/explore/flow",
    "explore-event": "/explore/flow?q=verdict:denied&sel=event:flow/fixture-flow-199.1",
    "explore-live": "/explore/flow?live=1",
    "audit": "/explore/audit?q=code%3E=400",
    "sql": "/explore/sql",
    "health": "/health",
    "entity": f"/posture?sel={BUILD_RUNNER}",
    "connections": f"/?sel={BUILD_RUNNER}&tab=connections",
    "wrong-filter": "/explore/audit?q=verdict:denied",
    "empty": "/explore/flow?q=dst_port:9999",
}


def main(out: Path, url: str | None, wanted: list[str]) -> None:
    server = None
    finding = ""
    if url is None:
        server = Fixture(0, policy=True).start()
        url = server.url
        from tests.e2e.ui.fixture.answers import all_findings

        finding = all_findings(server.world)[0]["id"]
    out.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            for theme in ("light", "dark"):
                context = browser.new_context(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
                page = context.new_page()
                page.on(
                    "console",
                    lambda message: (
                        print(f"  {message.type}: {message.text}") if message.type in ("error", "warning") else None
                    ),
                )
                page.on("pageerror", lambda error: print(f"  page error: {error}"))
                for name, path in PAGES.items():
                    if wanted and name not in wanted:
                        continue
                    page.goto(url + path.replace("FINDING", finding))
                    page.wait_for_timeout(1500)
                    page.screenshot(path=out / f"{name}-{size}-{theme}.png")
                context.close()
    if server:
        print(f"content security policy reports: {len(server.reports)}", *server.reports[:3], sep="\n  ")


if __name__ == "__main__":
    rest = sys.argv[2:]
    main(Path(sys.argv[1]), rest.pop(0) if rest and rest[0].startswith("http") else None, rest)
