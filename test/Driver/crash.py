# RUN: %python %s %examples/spirals/model.dp %t.folder
"""A defect of dpc ends it with 70 and a message that says so, and what is not complete does not appear."""

import os
import signal
import subprocess
import sys

model, folder = sys.argv[1:3]
subprocess.run(["rm", "-rf", folder], check=True)
os.makedirs(folder)
weights, metrics = os.path.join(folder, "w"), os.path.join(folder, "m")
for number, name in ((signal.SIGSEGV, "SIGSEGV"), (signal.SIGABRT, "SIGABRT"), (signal.SIGFPE, "SIGFPE")):
    process = subprocess.Popen(
        ["dpc", "train", model, "--set", "epochs=1000000", "--out", weights, "--metrics", metrics],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch"):
            break
    process.send_signal(number)
    process.stdout.close()
    message = process.stderr.read()
    assert process.wait() == 70, (name, process.returncode, message)
    assert "internal error" in message and f"({name}) [DP9001]" in message, message
    assert "report" in message, message
    assert not os.path.exists(weights) and not os.path.exists(metrics), name
