# RUN: %python %s %t.folder
"""Arithmetic of f16 and bf16, single and packed, against values computed from the PTX ISA."""

import sys

from oracle import families, lanewise, table

lanewise.run(sys.argv[1], "half", families.cases_of(table.forms(), "half"), threads=248)
