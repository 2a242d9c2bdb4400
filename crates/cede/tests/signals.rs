//! Real signals, sent to real processes.
//!
//! A child is an example of the crate, or this test program itself: with a role in its environment, the test `child` plays that. Parent and
//! child keep step by the lines that the child prints.
#![cfg(all(unix, feature = "signals"))]

use std::env::{self, consts::EXE_EXTENSION};
use std::future::pending;
use std::io::{BufRead, BufReader, Read, Write, stderr};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;

use cede::prelude::*;
use cede::{Runner, critical};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

#[test]
fn ctrl_c_stops_100_000_tasks_each_with_its_clean_up() {
    stops_100_000_tasks("INT", 130, "interrupted by Ctrl-C");
}

#[test]
fn sigterm_does_the_same() {
    stops_100_000_tasks("TERM", 143, "terminated by SIGTERM");
}

fn stops_100_000_tasks(signal: &str, code: i32, reason: &str) {
    let program = example("stop_on_ctrl_c");
    if !program.exists() {
        let _ = writeln!(stderr(), "skipped: the example was not built");
        return;
    }
    let mut command = with_default_signals(&program);
    let mut child = Process::start(command.arg("3600"));
    child.read_until("tasks at work: 100000; press Ctrl-C");
    child.send(signal);
    child.read_until("cleaned up: 100000");
    let (status, errors) = child.end();
    assert_eq!(status.code(), Some(code), "{status}");
    assert_eq!(errors, format!("Error: cancelled ({reason})\n"));
}

#[test]
fn a_second_ctrl_c_aborts() {
    let mut child = Process::play("cleans_up_for_ever");
    child.read_until("under way");
    child.send("INT");
    child.read_until("main cleans up: Interrupted");
    child.send("INT");
    let lines = child.read_until("outcome: Err(Interrupted)");
    assert_eq!(lines, ["main is dropped", "a child is dropped"]);
}

#[test]
fn ctrl_c_after_sigterm_aborts() {
    let mut child = Process::play("cleans_up_for_ever");
    child.read_until("under way");
    child.send("TERM");
    child.read_until("main cleans up: Terminated");
    child.send("INT");
    let lines = child.read_until("outcome: Err(Terminated)");
    assert_eq!(lines, ["main is dropped", "a child is dropped"]);
}

#[test]
fn ctrl_c_while_a_run_ends_the_rest_aborts_it() {
    let mut child = Process::play("has_a_value_and_leaves_a_task");
    child.read_until("cleaning up");
    child.send("INT");
    let lines = child.read_until("outcome: Err(Interrupted)");
    assert_eq!(lines, ["a child is dropped"]);
}

#[test]
fn ctrl_c_while_a_runner_closes_is_reported() {
    let mut child = Process::play("closes_for_ever");
    child.read_until("cleaning up");
    child.send("INT");
    let lines = child.read_until("aborted: 1, interrupted: true");
    assert_eq!(lines, ["a child is dropped"]);
}

#[test]
fn main_may_refuse() {
    let mut child = Process::play("refuses");
    child.read_until("under way");
    child.send("INT");
    child.read_until("outcome: Ok(())");
}

#[test]
fn a_task_that_never_gives_way_is_killed_in_the_end() {
    let mut child = Process::play("never_gives_way");
    child.read_until("under way");
    // Signals that come faster than they are looked at count as one; so there is no saying how many it takes.
    let status = loop {
        child.send("INT");
        if let Some(status) = child.process.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.signal(), Some(SIGINT), "{status}");
}

#[test]
fn without_a_run_a_signal_has_its_default_effect() {
    let mut child = Process::play("idles_between_two_runs");
    child.read_until("idle");
    child.send("INT");
    assert_eq!(child.end().0.signal(), Some(SIGINT));
}

#[test]
fn on_other_threads_than_the_main_one_signals_are_left_alone() {
    let mut child = Process::play("just_runs");
    child.read_until("under way");
    child.send("INT");
    assert_eq!(child.end().0.signal(), Some(SIGINT));
}

#[test]
fn sigterm_can_be_left_alone() {
    let mut child = Process::play("handles_ctrl_c_only");
    child.read_until("under way");
    child.send("TERM");
    assert_eq!(child.end().0.signal(), Some(SIGTERM));
}

#[test]
fn every_run_that_handles_signals_gets_them() {
    let mut child = Process::play("runs_twice_at_a_time");
    child.read_until("both are under way");
    child.send("INT");
    let lines = child.read_until("both have ended");
    assert_eq!(lines, ["outcome: Err(Interrupted)", "outcome: Err(Interrupted)"]);
}

/// Plays a role, if it has been given one.
#[test]
fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    match role.as_str() {
        "cleans_up_for_ever" => run(cleans_up_for_ever()),
        "has_a_value_and_leaves_a_task" => run(leaves_a_task()),
        "closes_for_ever" => closes_for_ever(),
        "refuses" => run(refuses()),
        "never_gives_way" => run(async {
            println!("under way");
            stay()
        }),
        "idles_between_two_runs" => {
            let runner = Runner::builder().handle_signals(true).build();
            runner.run(async {}).unwrap();
            println!("idle");
            stay()
        }
        "just_runs" => drop(cede::run(is_under_way())),
        "handles_ctrl_c_only" => {
            let builder = Runner::builder().handle_signals(true).handle_sigterm(false);
            drop(builder.build().run_to_end(is_under_way()));
        }
        "runs_twice_at_a_time" => runs_twice_at_a_time(),
        role => panic!("nobody can play `{role}`"),
    }
}

async fn cleans_up_for_ever() {
    let _told = Dropped("main is dropped");
    let child = create_task(async {
        let _told = Dropped("a child is dropped");
        critical(pending::<()>()).await;
    });
    cede::yield_now().await;
    println!("under way");
    if let Err(cancelled) = catch_cancel(pending::<()>()).await {
        assert_eq!((cancelled.requested_by(), cancelled.message()), (None, None));
        println!("main cleans up: {:?}", cancelled.reason());
        child.await.unwrap();
    }
}

async fn leaves_a_task() {
    create_task(async {
        let _told = Dropped("a child is dropped");
        if catch_cancel(pending::<()>()).await.is_err() {
            println!("cleaning up");
            pending::<()>().await;
        }
    })
    .detach();
    cede::yield_now().await;
}

async fn refuses() {
    if let Err(cancelled) = catch_cancel(is_under_way()).await {
        cancelled.refuse();
    }
}

async fn is_under_way() {
    println!("under way");
    pending::<()>().await;
}

fn closes_for_ever() {
    let runner = Runner::builder().handle_signals(true).build();
    runner.run(leaves_a_task()).unwrap();
    let cut_short = runner.close().unwrap_err();
    let aborted = cut_short.tasks().len();
    println!("aborted: {aborted}, interrupted: {}", cut_short.is_interrupted());
}

fn runs_twice_at_a_time() {
    let barrier = Arc::new(Barrier::new(3));
    let runs = [(); 2].map(|()| {
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || {
            run(async move {
                barrier.wait(); // a run listens before its main begins
                pending::<()>().await;
            });
        })
    });
    barrier.wait();
    println!("both are under way");
    for run in runs {
        run.join().unwrap();
    }
    println!("both have ended");
}

/// Runs `main`, and prints its outcome. Signals are handled though this is a thread of a test.
fn run(main: impl Future<Output = ()> + 'static) {
    let outcome = Runner::builder().handle_signals(true).build().run_to_end(main);
    let outcome = outcome.map_err(|error| match error {
        TaskError::Cancelled(cancelled) => cancelled.reason(),
        error => panic!("{error}"),
    });
    println!("outcome: {outcome:?}");
}

fn stay() -> ! {
    loop {
        thread::park();
    }
}

struct Dropped(&'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

/// Names the role of a child.
const ROLE: &str = "CEDE_TEST_ROLE";

/// A child, which is killed when the test is over.
struct Process {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// A program to start, on which signals have their default effect: where the tests run in the background of a shell, SIGINT is ignored, and
/// a child inherits that. `env` becomes the program, so a signal to the child is one to it.
fn with_default_signals(program: &Path) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM").arg(program);
    command
}

impl Process {
    fn play(role: &str) -> Self {
        let this = env::current_exe().expect("a test knows where it is");
        let mut command = with_default_signals(&this);
        Self::start(command.args(["--exact", "child", "--nocapture", "-q"]).env(ROLE, role))
    }

    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program can be run");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        Process { process, output }
    }

    /// Reads until the child prints `line`. Returns the lines before it.
    fn read_until(&mut self, line: &str) -> Vec<String> {
        let mut before = Vec::new();
        for read in self.output.by_ref().lines() {
            let read = read.expect("it is text");
            if read == line {
                return before;
            }
            before.push(read);
        }
        panic!("the child ended without the line {line:?}, but with these: {before:#?}");
    }

    fn send(&self, signal: &str) {
        let mut kill = Command::new("kill");
        let kill = kill.arg(format!("-{signal}")).arg(self.process.id().to_string());
        assert!(kill.status().expect("there is `kill`").success());
    }

    /// Waits for the end. Returns what the child wrote to standard error, too.
    fn end(mut self) -> (ExitStatus, String) {
        let mut errors = String::new();
        let mut stderr = self.process.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut errors).expect("it is text");
        (self.process.wait().expect("it is a child"), errors)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where cargo puts an example: this test is in `PROFILE/deps`, and that goes to `PROFILE/examples`.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows where it is");
    let profile = test.ancestors().nth(2).expect("it is in a directory of a directory");
    profile.join("examples").join(name).with_extension(EXE_EXTENSION)
}
