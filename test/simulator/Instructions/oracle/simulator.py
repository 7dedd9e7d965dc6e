"""Runs a kernel in dpc-ptxsim and gives back its buffers as bytes."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib"))
import ptxsim

HEADER = ".version 8.8\n.target sm_90\n.address_size 64\n"


def run(folder, name, ptx, grid, block, buffers, extra=(), expect=0, more_arguments=()):
    """All of `buffers` are parameters of the kernel `k`, in their order, then `more_arguments`."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path + ".ptx", "w", encoding="utf-8") as stream:
        stream.write(ptx)
    tensors = {buffer: ("U8", content) for buffer, content in buffers.items()}
    ptxsim.write_safetensors(path + ".in.safetensors", tensors)
    with open(path + ".json", "w", encoding="utf-8") as stream:
        json.dump([{"buffer": buffer, "offset": 0} for buffer in buffers] + list(more_arguments), stream)
    command = ["dpc-ptxsim", path + ".ptx", "--kernel", "k", "--grid", str(grid), "--block", str(block),
               "--arch", "sm_90", "--args", path + ".json", "--inputs", path + ".in.safetensors",
               "--dump", path + ".out.safetensors", *extra]  # fmt: skip
    results = []
    for instruction_set in ("", "avx2", "baseline"):
        environment = dict(os.environ, DPC_SIMULATOR_SIMD=instruction_set)
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode != expect:
            sys.exit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
        results.append(ptxsim.read_safetensors(path + ".out.safetensors"))
    # The host's vector instructions must not change a bit.
    for instruction_set, result in (("avx2", results[1]), ("baseline", results[2])):
        for buffer, content in result.items():
            if content != results[0][buffer]:
                at = next(i for i, (a, b) in enumerate(zip(content, results[0][buffer])) if a != b)
                sys.exit(f"{path}: buffer {buffer} differs with {instruction_set} at byte {at}")
    return results[0]
