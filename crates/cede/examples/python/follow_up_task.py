import asyncio


async def work():
    await asyncio.sleep(0.1)
    print('work: done')
    return 42


async def follow_up(task):
    value = await task  # no value, no follow-up
    print(f'follow-up: got {value}')
    return value + 1


async def main():
    first = asyncio.create_task(work())
    second = asyncio.create_task(follow_up(first))
    print('main: goes on')
    print(f'main: got {await second}')


asyncio.run(main())
