import asyncio


async def work():
    print('work: started')
    await asyncio.sleep(0.01)
    print('work: done')


async def after(delay, function):
    await asyncio.sleep(delay)
    return await function()


async def main():
    soon = asyncio.create_task(after(0.1, work))
    later = asyncio.create_task(after(3600, work))
    print('main: goes on')
    await soon
    print(f'called off: {later.cancel()}')
    print('main: done')


asyncio.run(main())
