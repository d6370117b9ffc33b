"""One script a figure: each compares with a peer or the bare tool, in one run.

`make bench` runs them all and ends with one table; `python -m benchmarks.NAME --quick`
runs one of them in short.
"""
