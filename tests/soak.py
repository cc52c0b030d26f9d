#!/usr/bin/env python3
"""Fifty thousand pages, one in a hundred of which fails at first, a stage.

    make soak [STAGES="1 6"] [PAGES=N]

The totals must be exact, no connection may be left open at the farm, and memory
may grow only by the data that a crawler keeps of each page. This is the same in
all stages, because the data are kept in common/.
"""

import json
import os
import subprocess
import sys
import tempfile

from support import BUILD, ENVIRONMENT, ROOT, Farm

PAGES = int(os.environ.get("PAGES") or 50000)
FEW = PAGES // 10
MOST_BYTES = 700  # a page: a struct page, its URL, its content type, the tables


def crawl(stage, farm, pages, folder):
    """Counters and peak bytes."""
    farm.get("/stats?reset")
    name = os.path.join(folder, "soak.json")
    subprocess.run(
        [os.path.join(ROOT, BUILD, stage, "crawl"), "-q", "--json", name,
         "--max-tasks", "50", "%s/site/n%d,k20,b500,f10/" % (farm.url, pages)],
        check=True, timeout=600, env=ENVIRONMENT)
    with open(name, encoding="utf-8") as file:
        data = json.load(file)
    counters = data["counters"]
    stats = farm.wait_for(in_flight=0)
    assert counters["urls"] == pages, counters
    assert counters["errors"] == 0, counters
    assert counters["status_200"] == pages, counters
    # The farm has had one request a page, and one more where a page failed.
    assert stats["connections"] == pages + counters["retries"], stats
    assert data["timing"]["connections"] == stats["connections"], stats
    assert pages * 0.005 < counters["retries"] < pages * 0.02, counters
    assert len({row["url"] for row in data["urls"]}) == pages
    return counters, data["timing"]["peak_rss_kb"] * 1024, data["timing"]


def main():
    wanted = (os.environ.get("STAGES") or "1 2 3 4 5 6").split()
    retries = set()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        for stage in sorted(os.listdir(os.path.join(ROOT, BUILD))):
            if stage[:1] != "0" or stage[1:2] not in wanted:
                continue
            farm = Farm(folder)
            try:
                _, few, _ = crawl(stage, farm, FEW, folder)
                counters, many, timing = crawl(stage, farm, PAGES, folder)
            finally:
                farm.stop()
            retries.add(counters["retries"])
            growth = (many - few) / (PAGES - FEW)
            good = growth < MOST_BYTES
            failed += not good
            print("%-22s %d pages, %d retries, %.1f s, %.0f bytes more a page%s"
                  % (stage, counters["urls"], counters["retries"],
                     timing["wall_s"], growth, "" if good else ": too many"),
                  flush=True)
    if len(retries) > 1:
        failed += 1
        print("the number of retries differs: %s" % retries)
    return 1 if failed or not retries else 0


if __name__ == "__main__":
    sys.exit(main())
