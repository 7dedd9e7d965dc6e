# RUN: %python %s %t.folder
"""setp and set: all comparisons of all types, combined with predicates, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "compare", families.cases_of(table.forms(), "compare"), threads=120)
