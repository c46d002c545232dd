"""Whoever watches a run may go: it goes on to its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUN = """
import sys, threading
from pathlib import Path
from orchestration.bars import Bars

done = []
def work(bars):
    for piece in range(3):
        bars.building("warehouse", piece, 3)
        done.append(piece)

bars = Bars()
with bars.showing():
    thread = threading.Thread(target=work, args=[bars])  # as dbt's, which nobody asks what became of it
    thread.start()
    thread.join()
    bars.building("warehouse", 3, 3)
Path(sys.argv[1]).write_text(f"{done}")
"""


def test_a_run_whose_watcher_is_gone_goes_on_to_its_end(tmp_path: Path) -> None:
    told = tmp_path / "done"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(told)], stderr=subprocess.PIPE)
    assert process.stderr is not None
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert told.read_text() == "[0, 1, 2]"
