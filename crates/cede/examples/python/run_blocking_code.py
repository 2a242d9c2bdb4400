import asyncio
import threading
import time


def work():
    time.sleep(0.1)
    return 'the value'


def long_work(stop, say):
    say('at work')
    while not stop.is_set():
        time.sleep(0.001)
    say('nobody waits any more')


async def stoppable(say):
    stop = threading.Event()
    try:
        await asyncio.to_thread(long_work, stop, say)
    finally:
        stop.set()


async def main():
    task = asyncio.create_task(asyncio.to_thread(work))
    await asyncio.sleep(0)
    print('main: goes on')
    print(f'main: got {await task}')

    loop, queue = asyncio.get_running_loop(), asyncio.Queue()
    say = lambda text: loop.call_soon_threadsafe(queue.put_nowait, text)
    task = asyncio.create_task(stoppable(say))
    print(f'thread: {await queue.get()}')
    task.cancel()
    print(f'thread: {await queue.get()}')
    print(f'cancelled: {task.cancelled()}')


asyncio.run(main())
