# RUN: %python %s %t.folder
"""mov of scalars and predicates, packing and unpacking, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "move", families.cases_of(table.forms(), "move"), threads=120)
