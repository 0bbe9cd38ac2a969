//! A directory that is down, hangs or is slow: what is answered meanwhile, and that all is well soon after.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tonic_health::pb::health_check_response::ServingStatus;

use super::proxy::Proxy;
use super::{ANSWER, District, PATIENCE, RECOVERY, Sidecar, Verdict};

fn recovered(sidecar: &Sidecar, who: &str, what: &str) {
    let took = sidecar.until(what, |told| told.verdict == Verdict::Allow, who);
    assert!(took < RECOVERY * PATIENCE, "{what}: {took:?}");
}

/// A port whose queue of connections is full: who connects hears nothing at all.
fn unheard() -> (SocketAddr, impl Sized) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queue.push(stream);
    }
    (address, (socket, queue))
}

/// Serves nobody and says so, but for those whom the truth is known of.
fn serves_nobody(sidecar: &Sidecar) {
    assert_eq!(sidecar.health(), ServingStatus::NotServing);
    for who in ["p.okafor", "u.1", "nobody"] {
        assert_eq!(sidecar.ask_in_time(who).verdict, Verdict::Unavailable, "{who}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_directory_that_is_down_at_the_start_is_waited_for() {
    let district = District::new(2);
    let silence = |proxy: &Proxy| proxy.weather(|weather| weather.silent = true);
    let ways =
        [("refused", Proxy::refuse as fn(&Proxy), Proxy::admit as fn(&Proxy)), ("silent", silence, Proxy::clear)];
    for (what, begin, end) in ways {
        begin(&district.proxy);
        let sidecar = Sidecar::start(&district.proxy.url(), &[]);
        serves_nobody(&sidecar);
        end(&district.proxy);
        recovered(&sidecar, "u.1", what);
        sidecar.until_healthy(ServingStatus::Serving);
        assert!(sidecar.ask("nobody").denied(), "{what}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_port_that_swallows_connections_keeps_nobody_waiting() {
    let (address, _queue) = unheard();
    let sidecar = Sidecar::start(&format!("postgres://postgres@{address}/postgres"), &[]);
    serves_nobody(&sidecar);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_that_is_killed_is_used_again_when_it_is_back() {
    let district = District::new(20);
    for url in [district.proxy.url(), district.postgres.url()] {
        let sidecar = Sidecar::start(&url, &[]);
        recovered(&sidecar, "u.0", "the start");
        for round in 0..3 {
            let (kept, new) = ("u.0", format!("u.{}", round + 1));
            // What was known of the server before it was killed is asked again.
            recovered(&sidecar, kept, "the killed server");
            district.postgres.kill();
            assert_eq!(sidecar.ask_in_time(kept).verdict, Verdict::Allow, "what is known counts for its time");
            assert_eq!(sidecar.ask_in_time(&new).verdict, Verdict::Unavailable);
            district.postgres.begin();
            recovered(&sidecar, &new, "the killed server");
            // And it is followed again.
            district.postgres.sql().run(&super::revocation_of(&new));
            let took = sidecar.until("the revocation", |told| told.denied(), &new);
            assert!(took < super::bound() * PATIENCE, "{took:?}");
            let restored = "UPDATE hallpass.role_assignments SET deleted = false";
            district.postgres.sql().run(restored);
        }
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_is_known_counts_for_its_time_and_no_longer() {
    let district = District::new(3);
    let sidecar = district.sidecar(&["--directory-ttl-seconds", "3"]);
    for round in 0..2 {
        let loaded = Instant::now();
        sidecar.knows("u.0");
        match round {
            0 => district.proxy.weather(|weather| weather.silent = true),
            _ => {
                district.proxy.refuse();
                district.proxy.cut(|_| true);
            }
        }
        let new = format!("u.{}", round + 1);
        assert_eq!(sidecar.ask_in_time(&new).verdict, Verdict::Unavailable);
        let mut last_allow = Instant::now();
        loop {
            let asked = Instant::now();
            match sidecar.ask_in_time("u.0").verdict {
                Verdict::Allow => last_allow = asked,
                Verdict::Unavailable => break,
                Verdict::Deny(reason) => panic!("{reason}"),
            }
        }
        assert!(last_allow - loaded <= Duration::from_secs(3) * 2, "{:?}", last_allow - loaded);
        match round {
            0 => district.proxy.clear(),
            _ => district.proxy.admit(),
        }
        recovered(&sidecar, &new, "the silence");
        recovered(&sidecar, "u.0", "the silence");
        sidecar.until_healthy(ServingStatus::Serving);
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn one_look_up_that_hangs_harms_nobody_else() {
    let district = District::new(200);
    let sidecar = district.sidecar(&[]);
    district.proxy.weather(|weather| weather.hold = Some(b"u.0".to_vec()));
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| sidecar.ask("u.0"));
        district.proxy.until("a held look-up", |connections| connections.iter().any(|connection| connection.held));
        for number in 1..100 {
            assert_eq!(sidecar.ask_in_time(&format!("u.{number}")).verdict, Verdict::Allow);
        }
        let hung = hung.join().unwrap();
        assert_eq!(hung.verdict, Verdict::Unavailable);
        assert!(hung.took < ANSWER * PATIENCE, "{hung:?}");
    });
    district.proxy.clear();
    recovered(&sidecar, "u.0", "the held look-up");
    district.no_connection_is_left_over();
}

#[test]
#[ignore = "needs PostgreSQL"]
fn as_many_look_ups_that_hang_as_there_are_connections_end_in_time() {
    let district = District::new(100);
    let sidecar = district.sidecar(&[]);
    sidecar.knows("u.99");
    district.proxy.weather(|weather| weather.hold = Some(b"u.".to_vec()));
    std::thread::scope(|scope| {
        let hung: Vec<_> = (0..40)
            .map(|number| {
                scope.spawn({
                    let sidecar = &sidecar;
                    move || sidecar.ask_in_time(&format!("u.{number}"))
                })
            })
            .collect();
        district.proxy.until("held look-ups", |connections| connections.iter().any(|connection| connection.held));
        for _ in 0..50 {
            assert_eq!(sidecar.ask_in_time("u.99").verdict, Verdict::Allow, "what is known needs no connection");
        }
        for told in hung {
            assert_eq!(told.join().unwrap().verdict, Verdict::Unavailable);
        }
    });
    district.proxy.clear();
    recovered(&sidecar, "u.0", "the held look-ups");
    sidecar.knows("u.1");
    district.no_connection_is_left_over();
}

#[test]
#[ignore = "needs PostgreSQL"]
fn slow_answers_are_in_time_or_none() {
    let district = District::new(40);
    let sidecar = district.sidecar(&[]);
    for (at, (there, back)) in
        [(0, 100), (50, 50), (300, 0), (0, 700), (1_000, 1_000), (0, 5_000), (30_000, 30_000)].into_iter().enumerate()
    {
        let [there, back] = [there, back].map(Duration::from_millis);
        district.proxy.weather(|weather| weather.delay = [there, back]);
        for who in 0..3 {
            let (who, told) = (format!("u.{}", 3 * at + who), sidecar.ask_in_time(&format!("u.{}", 3 * at + who)));
            let slow = there + back > Duration::from_millis(500);
            match told.verdict {
                Verdict::Allow => assert!(!slow, "{who}: {told:?}"),
                // A connection that has yet to be made takes several round trips.
                Verdict::Unavailable => {}
                Verdict::Deny(_) => panic!("{who}: {told:?}"),
            }
        }
        assert!(sidecar.ask_in_time("nobody").verdict != Verdict::Allow);
        district.proxy.clear();
        recovered(&sidecar, &format!("u.{}", 3 * at), "slow answers");
        district.no_connection_is_left_over();
    }
}
