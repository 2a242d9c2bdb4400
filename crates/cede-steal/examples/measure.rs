//! What a pool is worth on this machine: `cargo run --release -p cede-steal --example measure`.
//!
//! It checks nothing and takes half a minute. What is compared is run in turn, several times, and the medians are shown; on a machine that has
//! something else to do they say little.

use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use cede::prelude::*;
use cede::steal::StealExecutor;

/// How often what is compared is run in turn. Odd, for the median.
const TURNS: usize = 9;

fn main() {
    println!("cores: {}", thread::available_parallelism().map_or(1, usize::from));
    fan_out();
    sharing_out();
    scaling("create, run, finish", finish);
    scaling("create, cancel, finish", cancel);
    idling();
    waking();
}

fn pool(workers: usize) -> StealExecutor {
    StealExecutor::builder().workers(workers).build().expect("there are threads")
}

/// Children that only compute.
fn fan_out() {
    const CHILDREN: u64 = 64;
    let [one, two] = compare([1, 2], |workers| {
        let pool = pool(workers);
        let begin = Instant::now();
        let main = pool.block_on(async {
            let children: Vec<_> =
                (0..CHILDREN).map(|seed| create_task(async move { compute(seed) })).collect();
            for child in children {
                black_box(child.await.expect("it computes"));
            }
        });
        main.expect("it awaits");
        begin.elapsed()
    });
    let speed_up = one.as_secs_f64() / two.as_secs_f64();
    println!(
        "fan-out, {CHILDREN} children that compute: {one:?} on 1 worker, {two:?} on 2: {speed_up:.2} times as fast"
    );
}

/// A few milliseconds of work that the compiler can't shorten.
fn compute(seed: u64) -> u64 {
    (0..5_000_000).fold(seed, |state, _| {
        black_box(state)
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407)
    })
}

/// What one worker creates is run by all.
fn sharing_out() {
    const TASKS: usize = 1_000_000;
    const WORKERS: usize = 2;
    thread_local! { static WORKER: AtomicUsize = const { AtomicUsize::new(0) }; }
    let ran: Arc<[AtomicU64; WORKERS]> = Arc::default();
    let pool = StealExecutor::builder()
        .workers(WORKERS)
        .on_thread_start(|worker| WORKER.with(|number| number.store(worker, Ordering::Relaxed)))
        .build()
        .expect("there are threads");
    let counts = Arc::clone(&ran);
    let begin = Instant::now();
    let main = pool.block_on(async move {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let counts = Arc::clone(&counts);
                create_task(async move {
                    let worker = WORKER.with(|number| number.load(Ordering::Relaxed));
                    counts[worker].fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("it counts");
        }
    });
    main.expect("it awaits");
    let ran = ran.each_ref().map(|count| count.load(Ordering::Relaxed));
    println!("{TASKS} tasks created by one worker: {ran:?} ran on each, in {:?}", begin.elapsed());
}

/// As many tasks that create tasks as workers.
fn scaling(what: &str, creator: fn() -> JoinHandle<()>) {
    let [one, two] = compare([1, 2], |workers| {
        let pool = pool(workers);
        let begin = Instant::now();
        let main = pool.block_on(async move {
            let creators = [creator(), creator()];
            for creator in creators {
                creator.await.expect("it creates");
            }
        });
        main.expect("it awaits");
        begin.elapsed()
    });
    let each = one / (2 * CREATED);
    let speed_up = one.as_secs_f64() / two.as_secs_f64();
    println!("{what}: {each:?} each on 1 worker; {speed_up:.2} times as fast on 2");
}

const CREATED: u32 = 200_000;
/// So many at a time, so that they stay in the caches.
const BATCH: u32 = 100;

fn finish() -> JoinHandle<()> {
    create_task(async {
        for _ in 0..CREATED / BATCH {
            let tasks: Vec<_> = (0..BATCH).map(|_| create_task(async {})).collect();
            for task in tasks {
                task.await.expect("it ends");
            }
        }
    })
}

fn cancel() -> JoinHandle<()> {
    create_task(async {
        for _ in 0..CREATED / BATCH {
            let tasks: Vec<_> =
                (0..BATCH).map(|_| create_task(std::future::pending::<()>())).collect();
            for task in tasks {
                let _ = task.cancel_and_wait().await;
            }
        }
    })
}

/// A pool that has nothing to do.
fn idling() {
    const TIME: Duration = Duration::from_secs(5);
    let pool = pool(thread::available_parallelism().map_or(1, usize::from));
    pool.block_on(async {}).expect("it runs");
    thread::sleep(Duration::from_millis(100));
    let before = cpu_time();
    thread::sleep(TIME);
    match (before, cpu_time()) {
        (Some(before), Some(after)) => {
            println!("an idle pool: {:?} of CPU time in {TIME:?}", after.saturating_sub(before));
        }
        _ => println!("an idle pool: this system does not tell the CPU time"),
    }
}

/// The CPU time of all threads of this process so far, where Linux tells.
fn cpu_time() -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let nanoseconds = tasks.map(|task| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<Option<u64>>().map(Duration::from_nanos)
}

/// A thread wakes a task of a pool that sleeps, and a thread that is parked.
fn waking() {
    const TIMES: usize = 1_000;
    let pool = pool(2);
    let (said, woken) = channel();
    let (place, task) = sleeping_task(&pool, said);
    let (tell, told) = channel();
    let parked = parked_thread(tell);
    let (mut tasks, mut threads) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        thread::sleep(Duration::from_millis(1)); // until both sleep
        let begin = Instant::now();
        parked.unpark();
        threads.push(told.recv().expect("the thread runs") - begin);
        thread::sleep(Duration::from_millis(1));
        let waker = place.lock().expect("nobody panics").take().expect("the task waits");
        let begin = Instant::now();
        waker.wake();
        tasks.push(woken.recv().expect("the task runs") - begin);
    }
    task.abort();
    let [task, thread] = [median(tasks), median(threads)];
    println!(
        "a wake-up from outside: {task:?} until a task of a sleeping pool runs, {thread:?} until a bare thread that is unparked does"
    );
}

type Place = Arc<Mutex<Option<Waker>>>;

/// A task that leaves its waker, and says when it was woken.
fn sleeping_task(pool: &StealExecutor, said: Sender<Instant>) -> (Place, JoinHandle<()>) {
    let place = Place::default();
    let inside = Arc::clone(&place);
    let mut first = true;
    let task = pool.create_task(std::future::poll_fn(move |cx| {
        let now = Instant::now();
        *inside.lock().expect("nobody panics") = Some(cx.waker().clone());
        if !std::mem::replace(&mut first, false) {
            let _ = said.send(now);
        }
        Poll::Pending
    }));
    (place, task)
}

/// A thread that says when it was unparked.
fn parked_thread(tell: Sender<Instant>) -> thread::Thread {
    let thread = thread::spawn(move || {
        loop {
            thread::park();
            if tell.send(Instant::now()).is_err() {
                break;
            }
        }
    });
    thread.thread().clone()
}

/// The median of each, run in turn.
fn compare<A: Copy, const N: usize>(
    arguments: [A; N],
    mut run: impl FnMut(A) -> Duration,
) -> [Duration; N] {
    let mut times = [(); N].map(|()| Vec::new());
    for _ in 0..TURNS {
        for (argument, times) in arguments.iter().zip(&mut times) {
            times.push(run(*argument));
        }
    }
    times.map(median)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
