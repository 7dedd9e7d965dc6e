# RUN: %python %s
"""The hand-written kernels give the right results and no report, in ten orders."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import ptxsim

simulator = ptxsim.Simulator()
failures = 0
for case in cases.cases():
    path = os.path.join(cases.KERNELS, case.name + ".ptx")
    for order in range(10):
        try:
            result = case.run(simulator, path, order)
            if result.code:
                raise AssertionError("reports:\n" + result.stderr[:2000])
            case.test(result)
        except (AssertionError, RuntimeError) as error:
            failures += 1
            print(f"FAIL {case.name} grid {case.grid} order {order}: {error}")
            break
sys.exit(failures > 0)
