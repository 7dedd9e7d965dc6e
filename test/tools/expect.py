"""Runs a command and checks how it ends.

    expect.py CODE COMMAND...

The command has to exit with CODE, and with a message on standard error exactly if CODE is not 0; what
it wrote to either goes to standard output, for FileCheck.
"""

import subprocess
import sys

code = int(sys.argv[1])
done = subprocess.run(sys.argv[2:], capture_output=True, stdin=subprocess.DEVNULL)
sys.stdout.buffer.write(done.stdout + done.stderr)
sys.stdout.flush()
if done.returncode != code:
    sys.exit(f"exit code {done.returncode}, {code} expected")
if (code != 0) != bool(done.stderr.strip()):
    sys.exit("a failure needs a message on standard error, and only a failure")
