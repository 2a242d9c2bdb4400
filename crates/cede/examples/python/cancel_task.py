import asyncio


async def work():
    print('executing the task')
    await asyncio.sleep(1)


async def main():
    print('main coroutine started')
    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    print(f'was canceled: {task.cancel()}')
    await asyncio.sleep(0.1)
    print(f'canceled: {task.cancelled()}')
    print('main coroutine done')


asyncio.run(main())
