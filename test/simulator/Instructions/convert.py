# RUN: %python %s %t.folder
"""cvt between all types in all modes, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "convert", families.cases_of(table.forms(), "convert"), threads=120)
