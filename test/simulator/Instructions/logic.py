# RUN: %python %s %t.folder
"""Logic, shifts, permutations and selection, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "logic", families.cases_of(table.forms(), "logic"), threads=184)
