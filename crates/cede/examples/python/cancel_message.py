import asyncio


async def work():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError as cancelled:
        print(f'asked to stop: {cancelled}')
        await asyncio.sleep(0.1)
        print('cleaned up')
        raise


async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    print(f"cancel: {task.cancel('closing time')}")
    try:
        await task
    except asyncio.CancelledError as cancelled:
        print(f'ended: {cancelled}')
    print(f'cancelled: {task.cancelled()}')


asyncio.run(main())
