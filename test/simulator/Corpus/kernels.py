# REQUIRES: nvcc
# RUN: %python %s %t.folder
"""CUDA kernels of many kinds, compiled here by nvcc, are right against double precision and free of
reports, whatever the order of warps and blocks; what is broken in them on purpose is reported, with
its kind, in the line of the source that says so.

    kernels.py FOLDER [--orders N] [SOURCE ...]"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import launches
import nvcc
import ptxsim

HERE = os.path.dirname(os.path.abspath(__file__))


def compiled(folder, source, architecture="sm_80", flags=()):
    name = "".join([os.path.splitext(source)[0], architecture, *flags]) + ".ptx"
    path = os.path.join(HERE, source)
    return nvcc.compile_ptx(path, os.path.join(folder, name), ("-lineinfo", *flags), architecture)


def launch(simulator, ptx, case, order, *flags):
    return simulator.run(ptx, case.kernel, case.grid, case.block, case.args, case.buffers,
                         order=order, flags=("--max-steps", "2000000", *flags))  # fmt: skip


def right(simulator, ptx, case, orders, *flags):
    for order in range(orders):
        result = launch(simulator, ptx, case, order, *flags)
        if result.code:
            raise AssertionError(f"order {order}, reports:\n" + result.stderr[:2000])
        case.test(result)


def marked(source, kind):
    """The lines of the source that say that `kind` is found there."""
    with open(os.path.join(HERE, source), encoding="utf-8") as text:
        return [n for n, line in enumerate(text, 1) if re.search(rf"// {kind}$", line.rstrip())]


def reported(simulator, ptx, source, case, kind):
    errors = [error for order in range(3) for error in launch(simulator, ptx, case, order).report["errors"]]
    places = {(error["kind"], os.path.basename(error["source"])) for error in errors}
    expected = {(kind, f"{source}:{line}") for line in marked(source, kind)}
    if not places & expected:
        raise AssertionError(f"one of {sorted(expected)} is expected, found: {sorted(places)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--orders", type=int, default=10)
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()
    simulator = ptxsim.Simulator()
    failures = 0

    def attempt(what, function, *arguments):
        nonlocal failures
        try:
            function(*arguments)
        except (AssertionError, RuntimeError) as error:
            failures += 1
            print(f"FAIL {what}: {error}", flush=True)

    for case in launches.cases():
        if not options.sources or case.source in options.sources:
            ptx = compiled(options.folder, case.source)
            attempt(case.name, right, simulator, ptx, case, options.orders)
    # What other compilations add: unoptimised code with calls, and another architecture's headers.
    for case in launches.cases():
        if case.source == "reduction.cu" and not options.sources:
            for architecture, flags in (("sm_80", ["-G"]), ("sm_90", [])):
                ptx = compiled(options.folder, case.source, architecture, flags)
                attempt(f"{case.name} {architecture} {flags}", right, simulator, ptx, case, 2, "--arch",
                        architecture)  # fmt: skip
    for number, kind, case in launches.broken():
        if not options.sources or case.source in options.sources:
            ptx = compiled(options.folder, case.source, flags=[f"-DBROKEN={number}"])
            attempt(f"{case.name}, BROKEN={number}", reported, simulator, ptx, case.source, case, kind)
    sys.exit(failures > 0)


main()
