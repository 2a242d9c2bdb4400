import asyncio


async def work(number):
    await asyncio.sleep(0.1 * number)
    print(f'task {number}: done')


async def main():
    kept = [asyncio.create_task(work(number)) for number in range(1, 4)]
    tasks = asyncio.all_tasks()
    tasks.remove(asyncio.current_task())
    print(f'main: waits for {len(tasks)} tasks')
    await asyncio.wait(tasks)
    print('main: done')


asyncio.run(main())
