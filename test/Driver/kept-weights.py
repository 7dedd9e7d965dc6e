# RUN: %python %s %examples/spirals/model.dp %t.folder
"""Which weights training writes, and what the metrics say of it (language.md 13)."""

import json
import os
import subprocess
import sys

model, folder = sys.argv[1:3]
subprocess.run(["rm", "-rf", folder], check=True)
os.makedirs(folder)


def path(name):
    return os.path.join(folder, name)


def train(name, *options):
    """The weights, the metrics and what was printed."""
    done = subprocess.run(
        ["dpc", "train", model, "--out", path(name), "--metrics", path(name + ".jsonl"),
         "--set", "data.validation=0.1", *options],
        check=True, capture_output=True, text=True,
    )
    with open(path(name), "rb") as weights, open(path(name + ".jsonl")) as metrics:
        return weights.read(), [json.loads(line) for line in metrics], done.stdout


initial, lines, _ = train("initial", "--max-steps", "0")
assert lines == [], lines

# No epoch: the initial weights are kept and tested, and none was the best.
weights, lines, text = train("none", "--set", "epochs=0")
assert weights == initial and "best" not in text, text
assert [set(line) for line in lines] == [{"test_loss", "test_accuracy"}], lines

# The best epoch's, which are those of a run of so many steps; 540 of 600 samples in batches of 50 are 11.
kept, lines, text = train("best", "--set", "epochs=12")
epochs = lines[:-1]
assert [line["epoch"] for line in epochs] == list(range(1, 13)), epochs
best = min(epochs, key=lambda line: (-line["validation_accuracy"], line["validation_loss"]))["epoch"]
assert best < 12, "the last epoch is the best: this model tells nothing"
assert f"epoch {best} has the best validation accuracy" in text, (best, text)
after, lines, text = train("after", "--set", "epochs=12", "--max-steps", str(11 * best))
assert after == kept and "test accuracy" not in text, text
assert [{**line, "seconds": 0} for line in lines] == [{**line, "seconds": 0} for line in epochs[:best]]

# After --max-steps the last weights count, better or worse; a cut epoch is not validated.
last, lines, text = train("last", "--set", "epochs=12", "--max-steps", str(11 * 12))
assert last != kept and "test_loss" not in lines[-1], lines
_, lines, _ = train("cut", "--max-steps", "13")
assert [line["validation_loss"] is None for line in lines] == [False, True], lines
assert lines[1]["validation_accuracy"] is None and lines[1]["train_loss"] > 0, lines
