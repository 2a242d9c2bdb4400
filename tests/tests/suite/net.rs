//! Sockets of the async-io family work unchanged, and can be cancelled.

use async_net::{TcpListener, TcpStream};
use cede::{Cancel, Task, catch_cancel, create_task, yield_now};
use cede_tests::{Backend, Signal, every_backend};
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};

every_backend!(
    two_sockets_talk_over_loopback,
    an_accept_can_be_cancelled,
    a_read_can_be_cancelled_and_the_clean_up_can_write,
);

fn two_sockets_talk_over_loopback<B: Backend>() {
    B::run_real(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = create_task(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = [0; 5];
            for _ in 0..100 {
                stream.read_exact(&mut text).await.unwrap();
                text.reverse();
                stream.write_all(&text).await.unwrap();
            }
        });
        let client = create_task(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut back = [0; 5];
            for _ in 0..100 {
                stream.write_all(b"hello").await.unwrap();
                stream.read_exact(&mut back).await.unwrap();
                assert_eq!(&back, b"olleh");
            }
        });
        client.await.unwrap();
        server.await.unwrap();
    })
    .unwrap();
}

fn an_accept_can_be_cancelled<B: Backend>() {
    B::run_real(async {
        let here = Signal::new();
        let told = here.clone();
        let task = create_task(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.set();
            listener.accept().await.map(drop)
        });
        here.wait().await;
        yield_now().await;
        assert!(task.cancel());
        assert!(task.await.is_err());
    })
    .unwrap();
}

fn a_read_can_be_cancelled_and_the_clean_up_can_write<B: Backend>() {
    B::run_real(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let here = Signal::new();
        let told = here.clone();
        let server = create_task(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1];
            told.set();
            let read = catch_cancel(stream.read_exact(&mut buffer)).await;
            let cancelled = read.unwrap_err();
            stream.write_all(b"bye").await.unwrap();
            drop(stream);
            cancelled.resume().await;
        });
        let server: cede::JoinHandle<()> = server;
        let mut stream = TcpStream::connect(address).await.unwrap();
        here.wait().await;
        server.cancel();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "bye");
        assert!((&server).await.is_err());
        assert!(server.done());
    })
    .unwrap();
}
