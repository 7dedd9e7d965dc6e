# RUN: %python %s %examples/spirals/model.dp %t
"""Whatever the limit of memory is, training ends well or says that the machine cannot."""

import resource
import subprocess
import sys

model, weights = sys.argv[1:3]


def run(megabytes, *words):
    limit = megabytes << 20
    return subprocess.run(["dpc", *words], capture_output=True, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


# The least in which the tool can be loaded at all.
low, high = 16, 4096
while high - low > 1:
    middle = (low + high) // 2
    low, high = (low, middle) if run(middle, "--version").returncode == 0 else (middle, high)

codes = []
for megabytes in range(high, high + 64, 4):
    done = run(megabytes, "train", model, "--max-steps", "1", "--threads", "3", "--out", weights)
    codes.append(done.returncode)
    assert done.returncode in (0, 3), (megabytes, done.returncode, done.stderr)
    assert (done.returncode == 0) == (done.stderr == ""), (megabytes, done.stderr)
assert 3 in codes, codes
