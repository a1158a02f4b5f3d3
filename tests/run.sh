#!/bin/sh
# Runs the tests in two passes, which must both pass: many at a time, then those that need the machine for themselves.
# What it is given selects in both: `make test ARGS="-k journal"`.
set -u
cd "$(dirname "$0")/.."
trap 'exit 130' INT
here="not bare and not home_assistant and not appliance and not lengthy and not soak"

# A file of tests stays in one process. Most of them wait most of the time: two cores have time for four at once.
.venv/bin/python -m pytest -m "not realtime and $here" -n 4 --dist loadfile "$@"
many=$?

# What they start inherits the priority; who may not raise it is told so, and has them run all the same.
nice -n -10 .venv/bin/python -m pytest -m "realtime and $here" "$@"
alone=$?

# 5: nothing was selected, which is a mistake only where it was nothing in both
case $many,$alone in
    0,0 | 0,5 | 5,0) ;;
    *) exit 1 ;;
esac
