"""Text tests: every file below that holds a RUN line. Run them with `lit build/test`."""

import os

import lit.formats
import lit.util

config.name = "dpc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".dp", ".test", ".py"]
# Not `unit`: lit finds the nested suite of GoogleTest programs through that folder.
config.excludes = ["lit.cfg.py", "tools", "lib", "Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.dpc_build_dir, "test")

tools = [os.path.join(config.dpc_build_dir, "bin"), config.llvm_tools_dir]
config.environment["PATH"] = os.pathsep.join(tools + [os.environ["PATH"]])
# What a user may have set must not change a test.
config.environment["LC_ALL"] = "C.UTF-8"
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
for variable in ("CUDA_HOME", "OMP_PROC_BIND", "TMPDIR"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

config.substitutions += [
    ("%python", config.python),
    ("%cxx", config.cxx),
    ("%source", config.dpc_source_dir),
    ("%build", config.dpc_build_dir),
    ("%examples", config.dpc_source_dir + "/examples"),
    ("%tools", config.test_source_root + "/tools"),
    # `%expect 2 dpc ...`: the exit code, and a message exactly if it is not 0.
    ("%expect", config.python + " " + config.test_source_root + "/tools/expect.py"),
]

# A test that hangs is a failure, not a stalled run.
if lit.util.killProcessAndChildrenIsSupported()[0]:
    lit_config.maxIndividualTestTime = 900

if os.path.exists(os.path.join(config.llvm_tools_dir, "clang-format")):
    config.available_features.add("clang-format")
