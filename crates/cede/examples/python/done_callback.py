import asyncio

kept = set()  # so that the follow-up can't vanish


async def work(name):
    print(f'{name}: started')
    await asyncio.sleep(0.1)
    print(f'{name}: done')


def ended(task):
    print(f'callback: cancelled: {task.cancelled()}')
    if not task.cancelled():
        kept.add(asyncio.create_task(work('follow-up')))


async def main():
    task = asyncio.create_task(work('task'))
    task.add_done_callback(ended)
    await task

    other = asyncio.create_task(work('other'))
    other.add_done_callback(ended)
    other.cancel()  # before it has started

    left = asyncio.all_tasks()
    left.remove(asyncio.current_task())
    await asyncio.wait(left)
    print('main: done')


asyncio.run(main())
