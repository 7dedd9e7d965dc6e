# RUN: %python %s %tools %t.dp
"""A nudge of 1e-4 costs no digits: gradients of compiled code in single precision are those of the reference for
every activation (spec.md 3.6, 6.4). Differences of activations formed naively would be off by 1e-3."""

import os
import subprocess
import sys

tools, model = sys.argv[1:3]

for activation in ("relu", "leaky_relu", "clip", "tanh", "sigmoid"):
    with open(model, "w") as stream:
        stream.write(f"""network net(x: f32[13]) {{
  h1 = {activation}(dense(x, 17));
  h2 = {activation}(dense(h1, 17));
  return dense(h2, 5);
}}
train {{ objective dp_transpose(alpha = 0, beta = 1e-4); inference forward_backward(passes = 1); rate constant(0.1); }}
""")
    subprocess.run([sys.executable, os.path.join(tools, "agree.py"), model, "--input", "13", "--outputs", "5"], check=True)
