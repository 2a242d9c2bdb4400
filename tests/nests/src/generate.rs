//! Nests at random, with a liking for coincidences: few times, small ones, and many requests.

use crate::program::{BlockNo, Body, Nest, Op, RequestNo, TaskNo, Then};
use crate::record::Answers;
use crate::rng::Rng;

/// The nest of `seed`, always the same.
pub fn generate(seed: u64) -> Nest {
    let mut rng = Rng::new(seed);
    let asyncio = rng.percent(30);
    let tasks = 2 + rng.below(5);
    let mut generator = Generator { rng, asyncio, tasks, born: 1, blocks: 0, requests: 0 };
    let mut bodies = Vec::new();
    for task in 0..tasks {
        let place = Place { task, depth: 0, in_group: false };
        bodies.push(generator.task_body(place));
    }
    Nest { tasks: bodies, asyncio }
}

struct Generator {
    rng: Rng,
    asyncio: bool,
    tasks: TaskNo,
    /// The tasks up to this one are created somewhere.
    born: TaskNo,
    blocks: BlockNo,
    requests: RequestNo,
}

/// Where an operation stands.
#[derive(Clone, Copy)]
struct Place {
    task: TaskNo,
    depth: u8,
    in_group: bool,
}

impl Place {
    fn deeper(self) -> Self {
        Place { depth: self.depth + 1, ..self }
    }
}

/// The times: with so few of them, things happen together.
const TIMES: [u8; 8] = [0, 1, 1, 2, 2, 3, 4, 6];
const MAX_DEPTH: u8 = 4;
const MAX_BLOCKS: BlockNo = 40;

impl Generator {
    fn task_body(&mut self, place: Place) -> Body {
        let mut body = self.body(place, 2);
        if place.task == 0 && self.rng.percent(60) {
            body.insert(0, self.spawn(place));
        }
        if self.rng.percent(40) {
            body.push(self.wait(place));
        }
        body
    }

    fn body(&mut self, place: Place, least: u8) -> Body {
        let length = least + self.rng.below(3);
        (0..length).map(|_| self.op(place)).collect()
    }

    fn op(&mut self, place: Place) -> Op {
        let flat = place.depth >= MAX_DEPTH || self.blocks >= MAX_BLOCKS;
        if !flat && self.rng.percent(42) {
            return self.block(place);
        }
        match self.rng.below(100) {
            0..36 => self.wait(place),
            36..56 if self.born < self.tasks => self.spawn(place),
            36..72 => self.cancel(place),
            72..84 => self.later(place),
            84..88 => Op::Uncancel(self.any(place)),
            88..92 => Op::Probe(self.any(place)),
            92..95 if !self.asyncio => Op::Checkpoint,
            95..97 => Op::Return,
            _ => Op::Fail(place.task),
        }
    }

    fn wait(&mut self, place: Place) -> Op {
        match self.rng.below(10) {
            0..4 => Op::Sleep(self.time()),
            4..7 => self.other(place).map_or(Op::Sleep(1), Op::Await),
            7 => self.other(place).map_or(Op::Sleep(2), Op::Shield),
            8 => match self.other(place) {
                Some(task) => Op::WaitFor(self.block_no(), task, self.time()),
                None => Op::Sleep(3),
            },
            _ => self.gather(place),
        }
    }

    fn gather(&mut self, place: Place) -> Op {
        let mut tasks: Vec<TaskNo> = (place.task + 1..self.tasks).collect();
        while tasks.len() > 3 || (tasks.len() > 2 && self.rng.percent(50)) {
            let at = self.rng.below(u8::try_from(tasks.len()).expect("a handful"));
            tasks.remove(usize::from(at));
        }
        if self.rng.percent(30) {
            tasks.reverse();
        }
        Op::Gather(tasks, self.rng.percent(50))
    }

    fn block(&mut self, place: Place) -> Op {
        let inner = place.deeper();
        let no = self.block_no();
        match self.rng.below(100) {
            0..12 => Op::Attempt(self.body(inner, 1)),
            12..38 => Op::Catch {
                no,
                body: self.body(inner, 1),
                handler: self.body(Place { depth: place.depth + 2, ..place }, 0),
                then: self.rng.one_of(&[Then::Resume, Then::Resume, Then::Refuse]),
            },
            38..66 => {
                let ms = self.time();
                let timeout = Op::Timeout { no, ms, body: self.body(inner, 1) };
                if self.rng.percent(50) { Op::Attempt(vec![timeout]) } else { timeout }
            }
            66..84 if !self.asyncio && self.rng.percent(60) => {
                Op::Critical { no, body: self.body(inner, 1) }
            }
            66..72 if !self.asyncio => Op::Race { no, ms: self.time(), body: self.body(inner, 1) },
            _ => {
                let group = self.group(inner, no);
                if self.rng.percent(50) { Op::Attempt(vec![group]) } else { group }
            }
        }
    }

    fn group(&mut self, place: Place, no: BlockNo) -> Op {
        let place = Place { in_group: true, ..place };
        let mut body = Vec::new();
        for _ in 0..=self.rng.below(2) {
            body.push(self.spawn(place));
        }
        body.extend(self.body(place, 0));
        Op::Group { no, body }
    }

    fn spawn(&mut self, place: Place) -> Op {
        if self.born >= self.tasks {
            return Op::Sleep(self.time());
        }
        let task = self.born;
        // Bodies are made in the order of the numbers, so a task creates only later ones.
        if task <= place.task {
            return Op::Sleep(self.time());
        }
        self.born += 1;
        if place.in_group { Op::Child(task) } else { Op::Spawn(task) }
    }

    fn cancel(&mut self, place: Place) -> Op {
        let target = self.any(place);
        match self.request_no() {
            Some(request) => Op::Cancel(target, request),
            None => Op::Probe(target),
        }
    }

    fn later(&mut self, place: Place) -> Op {
        let (target, ms) = (self.any(place), self.time());
        match self.request_no() {
            Some(request) => Op::Later(ms, target, request),
            None => Op::Sleep(ms),
        }
    }

    /// Any task; this one now and then.
    fn any(&mut self, place: Place) -> TaskNo {
        if self.rng.percent(15) { place.task } else { self.rng.below(self.tasks) }
    }

    /// A task that this one may wait for.
    fn other(&mut self, place: Place) -> Option<TaskNo> {
        let others = self.tasks - place.task - 1;
        (others > 0).then(|| place.task + 1 + self.rng.below(others))
    }

    fn time(&mut self) -> u8 {
        self.rng.one_of(&TIMES)
    }

    fn block_no(&mut self) -> BlockNo {
        self.blocks += 1;
        self.blocks - 1
    }

    fn request_no(&mut self) -> Option<RequestNo> {
        self.requests += 1;
        (self.requests <= Answers::REQUESTS).then_some(self.requests - 1)
    }
}
