# RUN: %python %s %examples
"""Every operation carries its place in the model file or the prelude through `schedule`."""

import os
import re
import subprocess
import sys

examples = sys.argv[1]
METHODS = ["dp(alpha = 1/4)", "dp_transpose(alpha = 1/3)", "backprop", "lpom", "mirror_damped_dp"]
cases = [(example, None) for example in sorted(os.listdir(examples))]
cases += [("residual-mlp", method) for method in METHODS]
for example, method in cases:
    for phase in ("dp", "dyad", "schedule"):
        words = ["dpc", "compile", os.path.join(examples, example, "model.dp"), f"--emit={phase}",
                 "--locations"] + (["--set", f"objective={method}"] if method else [])
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        assert "loc(unknown)" not in text, (example, method, phase)
        operations = re.findall(r"^ .*\b(?:dp|dyad)\.\w+ .*$", text, re.M)
        assert len(operations) > 10, (example, method, phase)
        for line in operations:
            assert line.endswith("{") or re.search(r"loc\(#?[\w\"]", line), line
        places = re.findall(r'loc\("([^"]*)":(\d+):(\d+)\)', text)
        assert places, (example, method, phase)
        for file, line, column in places:
            assert file.endswith("model.dp") or file in ("prelude", "--set"), file
            assert int(line) > 0 and int(column) > 0, (file, line, column)
