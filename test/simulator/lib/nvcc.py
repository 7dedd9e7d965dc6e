"""Compiles CUDA sources at test time, where NVIDIA's compiler is."""

import glob
import importlib.util
import os
import shutil
import subprocess
import sys

# What the quick run of the CUTLASS corpus compiles; --all takes every configuration.
QUICK_CUTLASS = ("BF16_64_3", "TF32_ODD", "SIMT", "FPROP")


def find_nvcc():
    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    return shutil.which("nvcc") or shutil.which(os.path.join(home, "bin", "nvcc"))


def find_cutlass():
    """The folder of CUTLASS's headers, or None: $CUTLASS_INCLUDE, or of the pip package."""
    candidates = [os.environ.get("CUTLASS_INCLUDE", "")]
    spec = importlib.util.find_spec("cutlass_library")
    if spec and spec.origin:
        candidates.append(os.path.join(os.path.dirname(spec.origin), "source", "include"))
    virtual = os.environ.get("VIRTUAL_ENV")
    if virtual:
        pattern = os.path.join(virtual, "lib", "python3*", "site-packages", "cutlass_library")
        candidates += [os.path.join(path, "source", "include") for path in glob.glob(pattern)]
    for path in candidates:
        if path and os.path.isfile(os.path.join(path, "cutlass", "cutlass.h")):
            return path
    return None


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def newer(output, *sources):
    return os.path.exists(output) and all(os.path.getmtime(output) >= os.path.getmtime(s) for s in sources)


def compile_ptx(source, output, flags=(), architecture="sm_80"):
    if not newer(output, source):
        os.makedirs(os.path.dirname(output), exist_ok=True)
        run([find_nvcc(), "-std=c++17", "-w", f"-arch={architecture}", "-ptx", *flags, "-o", output, source])
    return output


def compile_program(source, folder, config):
    """A program and its PTX in one compilation, without assembling: (program, ptx)."""
    program, ptx = os.path.join(folder, "prog"), os.path.join(folder, "cutlass.ptx")
    if not (newer(program, source) and newer(ptx, source)):
        os.makedirs(folder, exist_ok=True)
        run([find_nvcc(), "-std=c++17", "-w", "-arch=compute_80", "-code=compute_80",
             "-I", find_cutlass(), f"-DCONFIG_{config}", "--keep", "--keep-dir", folder,
             "-o", program, source])  # fmt: skip
    return program, ptx


def kernels(simulator, ptx):
    listing = run([simulator, ptx, "--list"])
    return [line for line in listing.splitlines() if line and not line.startswith(" ")]
