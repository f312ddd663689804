"""Search a file with Python's mmap: `find-python.py NEEDLE find|rfind PATH`."""
import json
import mmap
import os
import resource
import statistics
import sys
import time

now = time.process_time if os.environ.get('BENCHMARK_CLOCK') == 'cpu' else time.perf_counter
needle, direction, path = sys.argv[1].encode(), sys.argv[2], sys.argv[3]
with open(path, 'rb') as file:
    mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def search():
    start = now()
    if direction == 'rfind':
        found = mapping.rfind(needle)
    else:
        found = mapping.find(needle, 0)
    return now() - start, found


time.sleep(0.05)
before = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
first, answer = search()
repeat = statistics.median(search()[0] for _ in range(3))
faults = resource.getrusage(resource.RUSAGE_SELF).ru_majflt - before
sample = {'answer': answer, 'seconds': {'first': first, 'repeat': repeat}, 'majorFaults': faults}
print(json.dumps({**sample, 'cpu': time.process_time()}))
