"""Pod Security Standards: pods judged a second, at one version and at all of them, beside upstream's own plugin.

    python bench/pss.py                      10,000 generated pods
    python bench/pss.py --pods 50000

The clock runs from decoded pods. Upstream's time is that of the Go oracle over the same pods, which decodes them and also finds the fields by asking
each check again; its verdicts are compared with ours on the way. Without Go that part is left out.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
import unittest
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.oracle import Oracle  # noqa: E402
from tests.oracle.generate.pods import pods  # noqa: E402

from seawall.admit.pss import NEWEST, Assessment, Level, Version, violations  # noqa: E402
from seawall.model.cluster.decode import ObjectDecoder  # noqa: E402
from seawall.model.cluster.kinds import kind_of  # noqa: E402
from seawall.model.cluster.workload import workload_of  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=10_000)
    count = parser.parse_args().pods
    made = [msgspec.json.encode(pod) for pod in pods(1, count)]
    kind = kind_of("v1", "Pod")
    assert kind is not None
    decoder = ObjectDecoder()
    decoded = [decoder.decode(pod, kind) for pod in made]
    gc.collect()
    gc.disable()

    start = time.process_time()
    verdicts = [violations(workload_of(pod), Level.RESTRICTED) for pod in decoded]
    one = time.process_time() - start
    allowed = sum(not found for found in verdicts)
    print(f"restricted, latest:      {count:,} pods in {one:.2f} CPU s, {count / one:,.0f} pods/s; {allowed:,} allowed")

    start = time.process_time()
    for pod in decoded:
        assessment = Assessment(workload_of(pod))
        for minor in range(NEWEST + 1):
            assessment.violations(Level.BASELINE, Version(minor))
            assessment.violations(Level.RESTRICTED, Version(minor))
    every = time.process_time() - start
    print(
        f"both levels, v1.0-v1.{NEWEST}: {count:,} pods in {every:.2f} CPU s, {every / one:.1f} times as long for {2 * (NEWEST + 1)} verdicts"
    )
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")

    try:
        with Oracle() as upstream:
            upstream.pss(made[:1])  # built and started, so that only the question is timed
    except unittest.SkipTest as missing:
        print(f"upstream: left out, {missing}")
        return
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Oracle() as upstream:
        answers = upstream.pss(made, levels=["restricted"], versions=["v1.36"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    ours = [not violations(workload_of(pod), Level.RESTRICTED, Version(36)) for pod in decoded]
    wrong = sum(answer.allowed("restricted", "v1.36") is not mine for answer, mine in zip(answers, ours, strict=True))
    print(
        f"upstream's plugin (with decoding and fields): {theirs:.2f} CPU s; ours / upstream {one / theirs:.2f}; disagreements {wrong}"
    )


if __name__ == "__main__":
    main()
