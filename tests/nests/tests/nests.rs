//! Some thousands of nests with every `cargo test`; `cargo run --release -p cede-nests` runs as many as you like.

use cede_nests::{Fate, Nest, Op, Outcome, Then, check, fates, generate, predict, shrink};

/// Compares what cede does with the model, and checks what must hold without one.
fn compare(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        if check(&generate(seed)).is_err() {
            let nest = shrink(generate(seed), |nest| check(nest).is_err());
            let difference = check(&nest).expect_err("it is what was shrunk");
            panic!("seed {seed}:\n{nest}\n{difference}");
        }
    }
}

#[test]
fn cede_does_what_the_model_says() {
    compare(0..10_000);
}

#[test]
fn and_in_other_nests_too() {
    compare(1_000_000..1_010_000);
}

/// The generator is no use if nothing meets in what it makes.
#[test]
fn requests_come_to_every_end() {
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..2_000 {
        let nest = generate(seed);
        met.extend(fates(&nest, &predict(&nest)).into_iter().map(|(_, fate)| fate));
    }
    let all = [
        Fate::Late,
        Fate::Caught,
        Fate::Refused,
        Fate::Ended,
        Fate::Outrun,
        Fate::Withdrawn,
        Fate::Own,
    ];
    assert!(met.into_iter().eq(all));
}

/// A shrunk nest is the smallest that fails: nothing of it can go.
#[test]
fn shrinking_leaves_what_matters() {
    let refuses = |nest: &Nest| {
        let mut refuses = false;
        nest.each(&mut |op| refuses |= matches!(op, Op::Catch { then: Then::Refuse, .. }));
        refuses
    };
    let seed = (0..1_000).find(|seed| refuses(&generate(*seed))).expect("some nest refuses");
    let nest = shrink(generate(seed), refuses);
    let mut ops = 0;
    nest.each(&mut |_| ops += 1);
    assert_eq!(ops, 1, "{nest}");
}

/// The rule that the whole is about, by hand: a timeout strikes together with a request from outside.
#[test]
fn a_timeout_swallows_no_request() {
    let nest = Nest {
        tasks: vec![
            vec![Op::Spawn(1), Op::Sleep(1), Op::Cancel(1, 0)],
            vec![Op::Timeout { no: 0, ms: 1, body: vec![Op::Sleep(6)] }],
        ],
        asyncio: false,
    };
    let record = check(&nest).expect("it is as the rules say");
    assert_eq!(record.expired, [0]);
    let end = record.finals[1].as_ref().expect("it was created");
    assert!(matches!(&end.outcome, Outcome::Cancelled(by) if by.answers.has(0)));
}
