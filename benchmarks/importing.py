"""What an import costs, in a process that has imported next to nothing.

python benchmarks/importing.py "import httpx, attrs" [CORE]
"""

import os
import sys
import time


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if len(sys.argv) > 2:
    os.sched_setaffinity(0, {int(sys.argv[2])})
program = compile(sys.argv[1], "import", "exec")
memory, wall, cpu = _resident(), time.perf_counter(), time.process_time()
exec(program)
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(f'{{"cpu": {cpu}, "wall": {wall}, "grown": {_resident() - memory}, "tally": 1}}')
