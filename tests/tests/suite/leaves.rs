//! R15: several awaits alive in one task.

use std::future::pending;

use cede::{Cancel, Task, catch_cancel, create_task, yield_now};
use cede_tests::{Backend, Counter, Log, Signal, every_backend, park, poll_once, waiting};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

every_backend!(
    every_scope_in_a_join_gets_the_request,
    every_scope_in_a_futures_unordered_gets_the_request,
    every_scope_in_a_join_all_gets_the_request,
    scopes_of_different_depth_each_get_it_once,
    the_first_to_catch_in_a_select_wins_and_nothing_is_left_over,
    of_two_scopes_in_a_select_one_handles_the_request,
    a_scope_beside_a_plain_await_catches_alone,
    plain_awaits_in_a_join_end_the_task,
    an_await_beside_a_scope_both_get_it,
    awaits_in_a_join_are_all_asked,
    an_await_that_refuses_beside_one_that_does_not,
    awaits_in_a_futures_unordered_unwind,
    a_scope_dropped_with_an_undelivered_request_hands_it_back,
    a_scope_dropped_with_a_request_that_another_noticed_does_not_hand_it_back,
    each_in_a_futures_unordered_cleans_up_with_awaits,
    a_resume_in_one_arm_drops_the_others,
    a_hundred_thousand_scopes_in_one_task,
);

fn every_scope_in_a_join_gets_the_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let (a, b, c) = futures::join!(
                catch_cancel(pending::<()>()),
                catch_cancel(pending::<()>()),
                catch_cancel(park(parked))
            );
            [a, b, c].map(|caught| caught.unwrap_err().message().map(str::to_owned))
        });
        here.wait().await;
        task.cancel_with("all");
        let all = task.await.unwrap();
        assert!(all.iter().all(|message| message.as_deref() == Some("all")));
    })
    .unwrap();
}

fn every_scope_in_a_futures_unordered_gets_the_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let all: FuturesUnordered<_> = (0..100)
                .map(|n| {
                    let parked = parked.clone();
                    async move {
                        let caught = if n == 99 {
                            catch_cancel(park(parked)).await
                        } else {
                            catch_cancel(pending()).await
                        };
                        yield_now().await;
                        caught.is_err()
                    }
                })
                .collect();
            all.collect::<Vec<bool>>().await
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        let all = task.await.unwrap();
        assert_eq!(all, [true; 100]);
    })
    .unwrap();
}

fn every_scope_in_a_join_all_gets_the_request<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            // More than thirty: `join_all` polls them through a `FuturesOrdered`.
            let all = (0..64).map(|n| {
                let parked = parked.clone();
                catch_cancel(
                    async move { if n == 63 { park(parked).await } else { pending().await } },
                )
            });
            let all: Vec<Result<(), _>> = futures::future::join_all(all).await;
            all.iter().all(Result::is_err)
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn scopes_of_different_depth_each_get_it_once<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let outer = catch_cancel(async {
                futures::join!(
                    async {
                        let deep = catch_cancel(catch_cancel(pending::<()>())).await;
                        said.say(format!("a:{}{}", deep.is_ok(), deep.unwrap().is_err()));
                    },
                    async {
                        let flat = catch_cancel(park(parked)).await;
                        said.say(format!("b:{}", flat.is_err()));
                    }
                );
            })
            .await;
            said.say(format!("outer:{}", outer.is_err()));
        });
        here.wait().await;
        task.cancel();
        task.await.unwrap();
        assert_eq!(log.text(), "a:truetrue b:true outer:false");
    })
    .unwrap();
}

fn the_first_to_catch_in_a_select_wins_and_nothing_is_left_over<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let a = Box::pin(catch_cancel(pending::<()>()));
            let b = Box::pin(catch_cancel(park(parked)));
            let caught = futures::future::select(a, b).await.factor_first().0;
            // The other scope is gone, and its share of the request with it.
            for _ in 0..3 {
                yield_now().await;
            }
            caught.is_err()
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn of_two_scopes_in_a_select_one_handles_the_request<B: Backend>() {
    B::run(async {
        let (here, log) = (Signal::new(), Log::new());
        let (parked, said) = (here.clone(), log.clone());
        let task = create_task(async move {
            let a = Box::pin(async {
                let caught = catch_cancel(pending::<()>()).await;
                said.say("a");
                caught.unwrap_err().resume().await;
            });
            let b = Box::pin(async {
                let caught = catch_cancel(park(parked)).await;
                said.say("b");
                caught.unwrap_err().resume().await;
            });
            let _: futures::future::Either<((), _), ((), _)> = futures::future::select(a, b).await;
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(log.text(), "a b");
    })
    .unwrap();
}

fn a_scope_beside_a_plain_await_catches_alone<B: Backend>() {
    B::run(async {
        let (here, go) = (Signal::new(), Signal::new());
        let (parked, gone, ended) = (here.clone(), go.clone(), go);
        let task = create_task(async move {
            let ((), caught) = futures::join!(gone.wait(), async {
                let caught = catch_cancel(park(parked)).await;
                ended.set();
                caught
            });
            caught.is_err()
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn plain_awaits_in_a_join_end_the_task<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (parked, one, two) = (here.clone(), tally.one(), tally.one());
        let task = create_task(async move {
            futures::join!(
                async move {
                    let _one = one;
                    pending::<()>().await;
                },
                async move {
                    let _two = two;
                    park(parked).await;
                }
            );
        });
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

fn an_await_beside_a_scope_both_get_it<B: Backend>() {
    B::run(async {
        let (here, began) = (Signal::new(), Signal::new());
        let inner = create_task(park(began.clone()));
        began.wait().await;
        let (inner_ref, parked) = (inner.task_ref(), here.clone());
        let task = create_task(async move {
            let (awaited, caught) = futures::join!(
                catch_cancel(async { inner.await.is_ok() }),
                catch_cancel(park(parked))
            );
            awaited.is_err() && caught.is_err()
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap());
        assert!(inner_ref.cancelled());
    })
    .unwrap();
}

fn awaits_in_a_join_are_all_asked<B: Backend>() {
    B::run(async {
        let inner: Vec<_> = (0..3).map(|_| create_task(pending::<()>())).collect();
        let refs: Vec<_> = inner.iter().map(Task::task_ref).collect();
        let here = Signal::new();
        let told = here.clone();
        let outer = create_task(async move {
            let mut all: Vec<_> = inner.into_iter().map(IntoFuture::into_future).collect();
            for one in &mut all {
                assert!(poll_once(one).await.is_none());
            }
            told.set();
            futures::future::join_all(all).await
        });
        here.wait().await;
        yield_now().await;
        outer.cancel();
        assert!(outer.await.is_err());
        for task in refs {
            assert!(task.await.is_err());
        }
    })
    .unwrap();
}

fn an_await_that_refuses_beside_one_that_does_not<B: Backend>() {
    B::run(async {
        let (here, began) = (Signal::new(), Signal::new());
        let (parked, told) = (here.clone(), began.clone());
        let refuses = create_task(async move { catch_cancel(park(parked)).await.is_err() });
        let obeys = create_task(park(told));
        here.wait().await;
        began.wait().await;
        let awaits = Signal::new();
        let told = awaits.clone();
        let outer = create_task(async move {
            let (a, b) = futures::join!(
                catch_cancel(async { refuses.await.unwrap() }),
                catch_cancel(async { waiting(told, obeys).await.unwrap() })
            );
            (a.ok(), b.is_err())
        });
        awaits.wait().await;
        outer.cancel();
        assert_eq!(outer.await.unwrap(), (Some(true), true));
    })
    .unwrap();
}

fn awaits_in_a_futures_unordered_unwind<B: Backend>() {
    B::run(async {
        let inner: Vec<_> = (0..50).map(|_| create_task(pending::<()>())).collect();
        let here = Signal::new();
        let told = here.clone();
        let outer = create_task(async move {
            let mut all: FuturesUnordered<_> =
                inner.into_iter().map(IntoFuture::into_future).collect();
            let caught = catch_cancel(async { waiting(told, all.next()).await.is_some() }).await;
            caught.is_err()
        });
        here.wait().await;
        outer.cancel();
        assert!(outer.await.unwrap());
    })
    .unwrap();
}

/// Two scopes, side by side: the arm that is polled first ends the join in which the other was thrown at.
fn a_scope_dropped_with_an_undelivered_request_hands_it_back<B: Backend>() {
    B::run(async {
        let (here, go, log) = (Signal::new(), Signal::new(), Log::new());
        let (told, gone, said) = (here.clone(), go.clone(), log.clone());
        let task = create_task(async move {
            let first = Box::pin(gone.wait());
            let second = Box::pin(catch_cancel(pending::<()>()));
            // The request and the end of `first` come together: `first` is polled first, and `second` never again.
            let won = matches!(
                waiting(told, futures::future::select(first, second)).await,
                futures::future::Either::Left(_)
            );
            said.say(format!("first={won}"));
            yield_now().await;
            said.say("not reached");
        });
        here.wait().await;
        assert!(go.set_together_with(|| task.cancel()));
        assert!(task.await.is_err());
        assert_eq!(log.text(), "first=true");
    })
    .unwrap();
}

fn a_scope_dropped_with_a_request_that_another_noticed_does_not_hand_it_back<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let mut all: FuturesUnordered<_> = (0..10)
                .map(|n| {
                    let parked = parked.clone();
                    catch_cancel(async move {
                        if n == 9 { park(parked).await } else { pending().await }
                    })
                })
                .collect();
            let first: Option<Result<(), _>> = all.next().await;
            drop(all);
            for _ in 0..5 {
                yield_now().await;
            }
            first.unwrap().is_err()
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap());
    })
    .unwrap();
}

fn each_in_a_futures_unordered_cleans_up_with_awaits<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (parked, cleaned) = (here.clone(), tally.clone());
        let task = create_task(async move {
            let mut all: FuturesUnordered<_> = (0..20_usize)
                .map(|n| {
                    let (parked, cleaned) = (parked.clone(), cleaned.clone());
                    async move {
                        let caught = catch_cancel(async {
                            if n == 19 { park(parked).await } else { pending().await }
                        });
                        let cancelled = caught.await.unwrap_err();
                        for _ in 0..n % 4 {
                            yield_now().await;
                        }
                        drop((cleaned.one(), cancelled));
                    }
                })
                .collect();
            while all.next().await.is_some() {}
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        task.await.unwrap();
        assert_eq!(tally.made(), 20);
    })
    .unwrap();
}

fn a_resume_in_one_arm_drops_the_others<B: Backend>() {
    B::run(async {
        let (here, tally) = (Signal::new(), Counter::new());
        let (parked, counted) = (here.clone(), tally.one());
        let task = create_task(async move {
            futures::join!(
                async {
                    let caught = catch_cancel(park(parked)).await;
                    caught.unwrap_err().resume().await;
                },
                async {
                    let _counted = counted;
                    let _ = catch_cancel(pending::<()>()).await;
                    pending::<()>().await;
                }
            )
        });
        let task: cede::JoinHandle<((), ())> = task;
        here.wait().await;
        task.cancel();
        assert!(task.await.is_err());
        assert_eq!(tally.alive(), 0);
    })
    .unwrap();
}

/// Each of them is dropped with its share of the request: that must not look through all the others.
fn a_hundred_thousand_scopes_in_one_task<B: Backend>() {
    B::run(async {
        let here = Signal::new();
        let parked = here.clone();
        let task = create_task(async move {
            let all: FuturesUnordered<_> =
                (0..100_000).map(|_| catch_cancel(pending::<()>())).collect();
            let (sum, ()) = futures::join!(
                all.filter(|caught| std::future::ready(caught.is_err())).count(),
                async {
                    parked.set();
                }
            );
            sum
        });
        here.wait().await;
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), 100_000);
    })
    .unwrap();
}
