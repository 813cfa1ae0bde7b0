"""A TensorBoard run as TensorBoard's own reader opens it: every scalar of every tag.

usage: monitor_peers.py FOLDER

Prints one JSON line: seconds from the first byte to all points, points, the sum of their values, and most memory of the
process in megabytes.
"""

import json
import resource
import sys
import time

from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator


def main():
    started = time.perf_counter()
    # 0 keeps all points; by default only ten thousand of a tag stay.
    accumulator = EventAccumulator(sys.argv[1], size_guidance={SCALARS: 0})
    accumulator.Reload()
    points, total = 0, 0.0
    for tag in accumulator.Tags()[SCALARS]:
        for event in accumulator.Scalars(tag):
            points += 1
            total += event.value
    seconds = time.perf_counter() - started
    # Linux counts in kilobytes, macOS in bytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"seconds": seconds, "points": points, "total": total, "megabytes": memory}))


if __name__ == "__main__":
    main()
