import asyncio


async def work():
    await asyncio.sleep(0.1)
    return 42


async def main():
    print(f'future: {await work()}')

    task = asyncio.create_task(work())
    report(task)
    print(f'task: {await task}')
    print(f'again: {await task}')
    report(task)

    task = asyncio.create_task(work())
    task.cancel()
    await asyncio.sleep(0)
    report(task)


def report(task):
    try:
        print(f'result: {task.result()}')
    except asyncio.InvalidStateError:
        print('result: too early')
    except asyncio.CancelledError:
        print('result: cancelled')


asyncio.run(main())
