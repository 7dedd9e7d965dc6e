# RUN: %python %s %tools %t.folder
"""Every method of the prelude under every inference gives the same numbers in the reference, in plain loops
and in tuned kernels: 36 small models that rotate activations, losses, passes, networks, alpha (also per
layer) and odd batches. What has no closed form is skipped by name (language.md 11, O8)."""

import concurrent.futures
import itertools
import os
import subprocess
import sys

tools, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)

INFERENCES = ("forward", "forward_backward", "backward", "odd_even", "even_odd", "jacobi")
ACTIVATIONS = ("identity", "relu", "leaky_relu", "clip", "tanh", "sigmoid")
LOSSES = ("softmax_cross_entropy", "half_squared_error", "squared_error")
# With the asymmetries and points that each method takes in turn.
METHODS = {
    "dp": ("alpha = 1/2, beta = 1/4", "alpha = 0, alpha[h2] = 1/4, beta = 1/4, point = initial",
           "alpha = 1/4, beta = 1/4, point = exact",
           "alpha = 1, alpha[h1] = 1/2, beta = 1/4, point = previous"),
    "dp_transpose": ("alpha = 1/4, beta = 1/2", "alpha = 0, alpha[h1] = 1, alpha[h2] = 1/4, beta = 1/2",
                     "alpha = 1, beta = 1/2, point = current", "alpha = 1/2, beta = 1/2"),
    "backprop": ("",),
    "lpom": ("beta = 1/4", "beta = 1/4, point = initial", "beta = 1/4, point = exact"),
    "damped_dp": ("alpha = 1/2, beta = 1/4", "alpha = 1/4, beta = 1/4, damping = 1/3, point = initial",
                  "alpha = 0, alpha[h2] = 1, beta = 1/4, damping = 2"),
    "mirror_damped_dp": ("alpha = 1/2, beta = 1/4", "alpha = 1, alpha[h2] = 1/4, beta = 1/4, damping = 2",
                         "alpha = 1/4, beta = 1/4, damping = 1/3, point = initial"),
}
# {f} and {g} are activations, h1 and h2 layers of every network.
NETWORKS = (
    ("13", 5, """network net(x: f32[13]) -> f32[5] {{
  h1 = {f}(dense(x, 17));
  h2 = {g}(dense(h1, 17) + h1);
  h3 = {f}(dense(h2, 9) - 1/2 * dense(h1, 9, bias = false));
  return dense(h3, 5);
}}"""),
    ("3,5,1", 3, """network net(x: f32[3, 5, 1]) -> f32[3] {{
  h1 = {f}(dense(flatten(x), 7));
  h2 = {g}(dense(h1, 7));
  h3 = {f}(dense(h2, 7, weights = h2) + h1 / 3);
  h4 = {g}(dense(h3, 7, weights = h2));
  return dense(h4, 3) + dense(h1, 3, bias = false);
}}"""),
    ("11", 2, """block stage(x, width) {{
  h = {g}(dense(x, width));
  return {f}(x + 1/2 * dense(h, width));
}}
network net(x: f32[11]) -> f32[2] {{
  h1 = {f}(dense(x, 21));
  a = stage(h1, 21);
  h2 = stage(a, 21);
  return dense(h2, 2) - dense(a, 2);
}}"""),
    ("1", 7, """network net(x: f32[1]) -> f32[7] {{
  h1 = {f}(dense(x, 1));
  h2 = {g}(dense(h1, 33, bias = false));
  return dense(h2, 7);
}}"""),
)


def skipped(method, arguments, activations, loss):
    if "exact" in arguments and loss == "softmax_cross_entropy":
        return "the proximal step of cross-entropy has no closed form"
    if method == "damped_dp" and {"tanh", "sigmoid"} & set(activations):
        return "damping in the states needs a root per unit"
    return None


def write(index):
    method, inference = tuple(METHODS)[index % 6], (index + index // 6) % 6
    arguments = METHODS[method][index // 6 % len(METHODS[method])]
    activations = [ACTIVATIONS[(index + 2 * (index // 6) + step) % 6] for step in (0, 2)]
    loss = LOSSES[(index // 6 + index // 2) % 3]
    network = NETWORKS[(1 + index + index // 4) % 4]
    batch = (1, 5, 12, 33)[index // 2 % 4]
    what = f"{method}({arguments}), {INFERENCES[inference]}, {activations}, {loss}, batch {batch}"
    reason = skipped(method, arguments, activations, loss)
    if reason and method == "damped_dp":
        print(f"{what}: skipped, {reason}; relu and clip instead")
        activations = ["relu", "clip"]
    elif reason:
        print(f"{what}: skipped, {reason}; half_squared_error instead")
        loss = "half_squared_error"
    model = os.path.join(folder, f"{index}.dp")
    with open(model, "w") as stream:
        stream.write(network[2].format(f=activations[0], g=activations[1]))
        stream.write(f"""
train {{
  objective {method}({arguments});
  loss {loss};
  inference {INFERENCES[inference]}(passes = {1 + (index + index // 3) % 3});
  rate warmup_cosine(peak = 0.3, start = 0.1, end = 0, warmup = 2, decay = 4);
  seed {index};
}}
""")
    command = [sys.executable, os.path.join(tools, "agree.py"), model, "--input", network[0],
               "--outputs", str(network[1]), "--batch", str(batch)]
    if loss != "softmax_cross_entropy" and index % 2:
        command.append("--targets")
    return method, inference, activations, loss, what, command


def agree(case):
    return subprocess.run(case[-1], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


cases = [write(index) for index in range(36)]
assert {case[:2] for case in cases} == set(itertools.product(METHODS, range(6)))
assert {case[3] for case in cases} == set(LOSSES)
assert {name for case in cases for name in case[2]} == set(ACTIVATIONS)
failed = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for case, done in zip(cases, pool.map(agree, cases)):
        if done.returncode != 0:
            failed += 1
            print(f"{case[-1][2]}: {case[-2]}\n{done.stdout}")
sys.exit(f"{failed} of {len(cases)} models differ" if failed else 0)
