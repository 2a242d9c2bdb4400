import asyncio
import sys


async def work(number):
    await asyncio.sleep(0.1 * number)
    return number


def show_bar(ended, total):
    if sys.stderr.isatty():
        print('#' * ended + '.' * (total - ended), end='\r', file=sys.stderr, flush=True)


async def main():
    tasks = [asyncio.create_task(work(number)) for number in [5, 3, 1, 4, 2]]
    ended = 0
    async for task in asyncio.as_completed(tasks):
        number = await task  # it is done, so this does not wait
        print(f'task {number}: done')
        ended += 1
        show_bar(ended, len(tasks))
    print('all done')


asyncio.run(main())
