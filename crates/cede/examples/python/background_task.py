import asyncio


async def work():
    print('background: started')
    await asyncio.sleep(0.1)
    print('background: done')


async def main():
    task = asyncio.create_task(work())
    print('main: created it, and it has not started')
    await asyncio.sleep(0)
    print('main: gave way, and does other things')
    await asyncio.sleep(0.01)
    print('main: awaits it')
    await task
    print('main: done')


asyncio.run(main())
