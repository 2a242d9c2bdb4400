import asyncio


async def work(name):
    print(f'{name}: started')
    await asyncio.sleep(0.1)
    print(f'{name}: done')


async def main():
    task = asyncio.create_task(work('first'))
    print('main waits')
    await task
    print('main waits again')
    await asyncio.create_task(work('second'))
    print('main is done')


asyncio.run(main())
