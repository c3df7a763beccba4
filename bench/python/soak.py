"""Memory of our sync client over many calls: ``soak.py CALLS``."""

import sys

import process
from sync_peers import ours


def main(calls: int) -> None:
    """Reports resident memory after a tenth of the calls and after all of them."""
    call = ours(0)
    memory = []
    for count in (calls // 10, calls - calls // 10):
        for _ in range(count):
            call()
        memory.append(process.memory())
    process.report(memory=memory)


if __name__ == "__main__":
    main(int(sys.argv[1]))
