import asyncio


async def fetch(page):
    try:
        await asyncio.sleep(3600 if page == 'large' else 0.1)
    except asyncio.CancelledError:
        print(f'{page}: asked to stop')
        raise
    if page == 'missing':
        raise LookupError('missing: not found')
    print(f'{page}: fetched')


async def fetch_all(pages):
    async with asyncio.TaskGroup() as group:
        for page in pages:
            group.create_task(fetch(page))


async def main():
    for pages in ['small', 'other'], ['large', 'missing']:
        try:
            await fetch_all(pages)
            print('all fetched')
        except* LookupError as failed:
            print(f'{len(failed.exceptions)} failure in a task group: {failed.exceptions[0]}')


asyncio.run(main())
