import asyncio


async def work():
    await asyncio.sleep(0.1)
    return 42


async def main():
    task = asyncio.create_task(work())
    await task
    print(f'done: {task.done()}')
    print(f'cancel: {task.cancel()}')
    print(f'cancelled: {task.cancelled()}')
    print(f'value: {await task}')


asyncio.run(main())
