# RUN: %python %s --quick
"""Every mutation of the hand-written kernels is reported or gives a wrong result in some of ten
orders, unless Inputs/equivalent.txt says why it changes nothing.

    mutants.py [--quick] [--kernel NAME] [--jobs N]     --quick: every third mutant"""

import argparse
import concurrent.futures
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), HERE]
import cases
import mutations
import ptxsim

STEPS = "200000"


def equivalents():
    """{(kernel, mutation): reason}; a line is `kernel | mutation | reason`."""
    found = {}
    with open(os.path.join(HERE, "Inputs", "equivalent.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                kernel, mutation, reason = (part.strip() for part in line.split(" | "))
                found[kernel, mutation] = reason
    return found


def judge(simulator, launches, text):
    """What the simulator has to say: "rejected", "reported: ...", "wrong", or "missed"."""
    for case, order in ((case, order) for case in launches for order in range(10)):
        try:
            result = case.run(simulator, text, order, flags=("--max-steps", STEPS))
        except RuntimeError as error:
            return "rejected" if str(error).startswith("exit 1\n") else f"crashed: {error}"
        if result.code:
            return f"reported: {', '.join(result.kinds)} (order {order})"
        try:
            case.test(result)
        except AssertionError:
            return f"wrong (order {order})"
    return "missed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--kernel")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    simulator = ptxsim.Simulator()
    first = {}
    for case in cases.cases():
        first.setdefault(case.name, []).append(case)
    same = equivalents()
    work = []
    for name, launches in first.items():
        if options.kernel in (None, name):
            mutants = mutations.mutants(launches[0].text())
            work += [(launches, mutant, text) for mutant, text in mutants]
    known = {(launches[0].name, mutant) for launches, mutant, _ in work}
    stale = [key for key in same if key not in known and options.kernel in (None, key[0])]
    if options.quick:
        work = work[::3]
    count, failures = {}, [f"no such mutant: {' | '.join(key)}" for key in stale]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        verdicts = pool.map(lambda item: judge(simulator, item[0], item[2]), work)
        for (launches, mutant, _), verdict in zip(work, verdicts):
            case = launches[0]
            kind = verdict.split(" ")[0].rstrip(":")
            equivalent = same.get((case.name, mutant))
            if equivalent:
                kind = "equivalent" if kind == "missed" else "equivalent but " + kind
            count[kind] = count.get(kind, 0) + 1
            if kind not in ("reported", "wrong", "rejected", "equivalent"):
                failures.append(f"{case.name} | {mutant} | {verdict}")
            elif not options.quick:
                print(f"{case.name} | {mutant} | {equivalent or verdict}")
    print(", ".join(f"{number} {kind}" for kind, number in sorted(count.items())))
    for failure in failures:
        print("FAIL", failure)
    sys.exit(bool(failures))


main()
