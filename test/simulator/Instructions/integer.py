# RUN: %python %s %t.folder
"""Integer arithmetic, carries, bit fields and dot products, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "integer", families.cases_of(table.forms(), "integer"), threads=376)
