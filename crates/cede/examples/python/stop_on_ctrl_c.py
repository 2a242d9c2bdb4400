"""Stops a hundred thousand background tasks when Ctrl-C is pressed, each with its clean-up."""

import asyncio
import sys

TASKS = 100_000

cleaned_up = 0


async def work():
    global cleaned_up
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0)  # clean-up may await
        cleaned_up += 1
        raise


async def work_in_the_background(patience):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work()) for _ in range(TASKS)]
        await asyncio.sleep(0)  # each runs until it sleeps
        print(f"tasks at work: {TASKS}; press Ctrl-C", flush=True)
        await asyncio.sleep(patience)
        for task in tasks:
            task.cancel()


interrupted = False
try:
    asyncio.run(work_in_the_background(float(sys.argv[1]) if len(sys.argv) > 1 else 1))
except KeyboardInterrupt:
    interrupted = True
print(f"cleaned up: {cleaned_up}")
sys.exit(130 if interrupted else 0)
