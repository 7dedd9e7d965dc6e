# RUN: %python %s %t.folder
"""Approximations, within their documented error, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "approximate", families.cases_of(table.forms(), "approximate"), threads=376)
