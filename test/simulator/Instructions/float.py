# RUN: %python %s %t.folder
"""Arithmetic of f32 and f64 but for the approximations, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "float", families.cases_of(table.forms(), "float"), threads=376)
