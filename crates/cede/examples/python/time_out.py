import asyncio


async def work(time):
    try:
        await asyncio.sleep(time)
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        print('work: cleaned up')
        raise
    return 'the value'


async def main():
    short, long = 0.1, 3600
    for time, limit in (short, long), (long, short):
        try:
            async with asyncio.timeout(limit):
                print(f'in time: {await work(time)}')
        except TimeoutError:
            print('too late')

    task = asyncio.create_task(work(long))
    try:
        print(f'in time: {await asyncio.wait_for(task, short)}')
    except TimeoutError:
        print('too late')
    except asyncio.CancelledError:
        print('no value')
    print(f'cancelled: {task.cancelled()}')


asyncio.run(main())
