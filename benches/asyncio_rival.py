"""The workloads on asyncio: `asyncio_rival.py asyncio|uvloop WORKLOAD SIZE` prints nanoseconds for an operation.

Each is what `src/workloads` says under its name. Without a workload, it tells by its exit code whether the loop is there.
"""

import asyncio
import sys
from time import perf_counter_ns

YIELDS = 100


def same(what, found, wanted):
    if found != wanted:
        sys.exit(f"wrong: {what}: {found} instead of {wanted}")


async def number(n):
    return n


async def yields(times):
    for _ in range(times):
        await asyncio.sleep(0)
    return times


async def for_ever():
    await asyncio.get_running_loop().create_future()


async def spawn_join(size):
    start = perf_counter_ns()
    tasks = [asyncio.create_task(number(n)) for n in range(size)]
    total = 0
    for task in tasks:
        total += await task
    took = perf_counter_ns() - start
    same("the sum of the values", total, size * (size - 1) // 2)
    return took, size


async def chained_spawn(size):
    done = asyncio.Event()
    tasks = set()

    async def link(left):
        if left == 1:
            done.set()
        else:
            task = asyncio.create_task(link(left - 1))
            tasks.add(task)  # or it may vanish
            task.add_done_callback(tasks.discard)

    start = perf_counter_ns()
    first = asyncio.create_task(link(size))
    await done.wait()
    took = perf_counter_ns() - start
    await first
    return took, size


async def yield_many(size):
    start = perf_counter_ns()
    tasks = [asyncio.create_task(yields(YIELDS)) for _ in range(size)]
    total = 0
    for task in tasks:
        total += await task
    took = perf_counter_ns() - start
    same("yields", total, size * YIELDS)
    return took, size * YIELDS


async def yield_one(size):
    start = perf_counter_ns()
    total = await asyncio.create_task(yields(size))
    took = perf_counter_ns() - start
    same("yields", total, size)
    return took, size


async def ping_pong(size):
    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def echo():
        for _ in range(size):
            await back.put(await there.get() + 1)

    async def server():
        n = 0
        for _ in range(size):
            await there.put(n)
            n = await back.get()
        return n

    start = perf_counter_ns()
    tasks = asyncio.create_task(echo()), asyncio.create_task(server())
    _, hits = [await task for task in tasks]
    took = perf_counter_ns() - start
    same("round trips", hits, size)
    return took, size


async def end(tasks):
    for task in tasks:
        task.cancel()
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            pass
    same("cancelled tasks", sum(task.cancelled() for task in tasks), len(tasks))


async def cancel_sleeping(size):
    tasks = [asyncio.create_task(for_ever()) for _ in range(size)]
    await asyncio.sleep(0)
    start = perf_counter_ns()
    await end(tasks)
    return perf_counter_ns() - start, size


async def cancel_unstarted(size):
    start = perf_counter_ns()
    await end([asyncio.create_task(for_ever()) for _ in range(size)])
    return perf_counter_ns() - start, size


async def catch_cancel(size):
    async def catching():
        try:
            await for_ever()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            raise

    tasks = [asyncio.create_task(catching()) for _ in range(size)]
    await asyncio.sleep(0)
    start = perf_counter_ns()
    await end(tasks)
    return perf_counter_ns() - start, size


async def gather(size):
    start = perf_counter_ns()
    values = await asyncio.gather(*(asyncio.create_task(number(n)) for n in range(size)))
    took = perf_counter_ns() - start
    same("values", values, list(range(size)))
    return took, size


async def group(size):
    start = perf_counter_ns()
    async with asyncio.TaskGroup() as tasks:
        children = [tasks.create_task(number(n)) for n in range(size)]
    total = sum(child.result() for child in children)
    took = perf_counter_ns() - start
    same("the sum of the values", total, size * (size - 1) // 2)
    return took, size


async def all_tasks(size):
    tasks = [asyncio.create_task(for_ever()) for _ in range(size)]
    await asyncio.sleep(0)
    start = perf_counter_ns()
    found = asyncio.all_tasks()
    took = perf_counter_ns() - start
    same("tasks on the list", len(found), size + 1)
    await end(tasks)
    return took, size


async def measured(workload, size):
    await workload(size)  # warms up
    took, operations = await workload(size)
    print(took / operations)


def main(loop, workload=None, size="100"):
    asyncio.TaskGroup  # since Python 3.11
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    else:
        factory = asyncio.new_event_loop
    if workload is not None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(measured(globals()[workload], int(size)))


main(*sys.argv[1:])
