# RUN: %python %s %examples/spirals/model.dp %t.folder
"""Output that cannot be written exits with 3 and a message; existing files stay whole; nothing is left
behind."""

import os
import subprocess
import sys

model, folder = sys.argv[1:3]
subprocess.run(["rm", "-rf", folder], check=True)
os.makedirs(folder)


def run(code, *words, stdout=subprocess.PIPE):
    done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code, (words, done.returncode, done.stderr)
    assert bool(done.stderr) == (code != 0), (words, done.stderr)
    return done.stderr


def path(name):
    return os.path.join(folder, name)


# A full disk, as weights, metrics, dump and standard output.
message = run(3, "dpc", "train", model, "--max-steps", "0", "--out", "/dev/full")
assert "/dev/full" in message and "[DP5502]" in message, message
run(3, "dpc", "train", model, "--max-steps", "2", "--out", "/dev/full")
run(3, "dpc", "train", model, "--set", "epochs=1", "--out", path("w"), "--metrics", "/dev/full")
run(3, "dpc", "compile", model, "--emit=dp", "-o", "/dev/full")
with open("/dev/full", "w") as full:
    for command in (["prelude"], ["info", model], ["--help"], ["compile", model, "--emit=dp", "-o", "-"]):
        message = run(3, "dpc", *command, stdout=full)
        assert "standard output" in message and "[DP5501]" in message, message

# No such folder; a folder in place of a file.
for words in (["train", model, "--max-steps", "0", "--out"], ["compile", model, "--emit=dp", "-o"]):
    message = run(3, "dpc", *words, path("no/such/folder/file"))
    assert "no/such/folder" in message, message
    run(3, "dpc", *words, folder)

# Nobody reads: a message, no signal.
reader, writer = os.pipe()
os.close(reader)
message = run(3, "dpc", "prelude", stdout=writer)
assert "standard output" in message, message
os.close(writer)

# An existing file survives whatever fails before the new one is complete.
run(0, "dpc", "train", model, "--max-steps", "0", "--out", path("kept"))
with open(path("kept"), "rb") as stream:
    before = stream.read()
run(1, "dpc", "train", model, "--max-steps", "0", "--out", path("kept"), "--init", model)
run(1, "dpc", "train", model, "--set", "epochs=1", "--data", path("absent.npz"), "--out", path("kept"))
run(1, "dpc", "compile", model, "--emit=dp", "--set", "objective=absent", "-o", path("kept"))
with open(path("kept"), "rb") as stream:
    assert stream.read() == before

# A folder in which nothing may be made (root may always).
if os.geteuid() != 0:
    os.makedirs(path("locked"))
    os.chmod(path("locked"), 0o555)
    run(3, "dpc", "train", model, "--max-steps", "0", "--out", path("locked/w"))

left = sorted(os.listdir(folder))
assert [name for name in left if name not in ("kept", "w", "locked")] == [], left
