import asyncio


async def work():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        print('asked to stop, and goes on')
    return 'finished all the same'


async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    print(f'cancel: {task.cancel()}')
    print(f'value: {await task}')
    print(f'cancelled: {task.cancelled()}')


asyncio.run(main())
