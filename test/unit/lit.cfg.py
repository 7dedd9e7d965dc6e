"""GoogleTest programs, built into build/test/unit; each of their cases counts as one test."""

import os

import lit.formats

config.name = "dpc-unit"
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.test_source_root = config.dpc_build_dir + "/test/unit"
config.test_exec_root = config.test_source_root
config.environment["LC_ALL"] = "C.UTF-8"
config.environment["DPC_SOURCE_DIR"] = config.dpc_source_dir
config.environment["DPC_BUILD_DIR"] = config.dpc_build_dir
