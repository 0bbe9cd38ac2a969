//! The thread ends when told to, and only then.

use super::{LIMIT, Mode, Server, replace, scene};

#[test]
fn stopping_ends_the_thread_and_nothing_is_reloaded_after() {
    let (_root, policies) = scene("0");
    let server = Server::start(Mode::Polled.config(&policies, None));
    assert!(server.handle.is_running());
    let (status, shown) = (std::sync::Arc::clone(server.handle.status()), server.shown);
    server.handle.stop();
    let checks = status.load().checks;
    replace(&policies.join("x.yaml"), "1");
    assert_eq!(status.load().checks, checks);
    assert_eq!(*shown.lock().unwrap(), ["0"]);
}

#[test]
fn a_dropped_handle_ends_the_thread() {
    let (_root, policies) = scene("0");
    let (sender, ended) = std::sync::mpsc::channel::<()>();
    let build = move |sets| {
        _ = &sender;
        super::build(sets)
    };
    let (first, reloader) = hallpass::reload::load_once(Mode::Watched.config(&policies, None), build).unwrap();
    drop(Server::follow(first, reloader));
    let end = ended.recv_timeout(LIMIT);
    assert_eq!(end, Err(std::sync::mpsc::RecvTimeoutError::Disconnected), "the builder is dropped with the thread");
}

#[test]
fn a_thread_that_died_shows() {
    let (_root, policies) = scene("0");
    let (_, reloader) = hallpass::reload::load_once(Mode::Watched.config(&policies, None), super::build).unwrap();
    let (sender, published) = std::sync::mpsc::channel();
    let handle = reloader
        .spawn(move |text: String| {
            sender.send(text).unwrap();
            panic!("publishing fails");
        })
        .unwrap();
    replace(&policies.join("x.yaml"), "1");
    assert_eq!(published.recv_timeout(LIMIT).unwrap(), "1");
    let closed = published.recv_timeout(LIMIT);
    assert_eq!(closed, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    while handle.is_running() {
        std::thread::yield_now();
    }
    handle.stop();
}
