"""Many calls of our async client at once: ``in_flight.py CALLS``."""

import asyncio
import sys
import time

import process
from async_peers import ours


async def main(calls: int) -> None:
    """Measures, and reports."""
    call = ours(0)
    await call()
    before, began, used = process.memory(), time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*(call() for _ in range(calls)), return_exceptions=True)
    took, used = time.perf_counter() - began, time.process_time() - used
    errors = sum(isinstance(answer, BaseException) for answer in answers)
    process.report(seconds=took, cpu=used, errors=errors, memory=process.peak_memory() - before)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
