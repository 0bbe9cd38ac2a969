//! What isn't PostgreSQL, or no honest one, where the database should be: until it is gone nobody gets in, nobody waits,
//! and no memory is eaten.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::proxy::{announced, message};
use super::{District, PATIENCE, RECOVERY, Sidecar, Verdict};

/// Megabytes that a sidecar may have at most while it is lied to.
const MEMORY: u64 = 400;

/// Reads what a client begins with.
fn greeting(client: &mut TcpStream) -> Result<()> {
    client.read(&mut [0; 4096]).map(|_| ())
}

/// Says something to a greeting, and then the same again and again.
fn endless(client: &mut TcpStream, first: &[u8], again: &[u8]) -> Result<()> {
    greeting(client)?;
    client.write_all(first)?;
    let many = again.repeat(65_536 / again.len().max(1) + 1);
    while !again.is_empty() {
        client.write_all(&many)?;
    }
    // Until the other side has gone.
    while client.read(&mut [0; 4096])? > 0 {}
    Ok(())
}

/// A server that demands a proof of the password that takes the client many rounds.
fn scram(client: &mut TcpStream, rounds: &str) -> Result<()> {
    greeting(client)?;
    client.write_all(&message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0"))?;
    let mut said = vec![0; 4096];
    let length = client.read(&mut said)?;
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    let nonce = said.split("r=").nth(1).unwrap_or_default().to_owned();
    let demand = format!("\0\0\0\x0br={nonce}more,s=c2FsdA==,i={rounds}");
    client.write_all(&message(b'R', demand.as_bytes()))?;
    while client.read(&mut [0; 4096])? > 0 {}
    Ok(())
}

/// What is said to every connection, and then again and again.
fn lies() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let ready = [message(b'R', &[0; 4]), message(b'K', &[0; 8]), message(b'Z', b"I")].concat();
    let error = message(b'E', b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0");
    let with = |last: Vec<u8>| [ready.clone(), last].concat();
    vec![
        ("nothing, and the line stays open", vec![], vec![]),
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(), vec![]),
        ("TLS", b"\x15\x03\x03\x00\x02\x02\x28".to_vec(), vec![]),
        ("starting up", error.clone(), vec![]),
        ("errors without end", vec![], error),
        ("ready, and then nothing", ready.clone(), vec![]),
        ("a length below the least", announced(b'R', 0, b""), vec![]),
        ("a length of 1 GB, and nothing", announced(b'R', 1 << 30, b""), vec![]),
        ("a length of 2 GB, and all of it", announced(b'R', (1 << 31) - 1, b""), vec![0; 4096]),
        ("a row before it was asked for", with(message(b'D', &[0, 1, 0, 0, 0, 1, b'x'])), vec![]),
        ("rows without end before they were asked for", ready.clone(), message(b'D', &[0, 1, 0, 0, 0, 1, b'x'])),
        ("a row of 1 GB, and all of it", with(announced(b'D', 1 << 30, b"")), vec![0; 4096]),
        ("parameters without end", message(b'R', &[0; 4]), message(b'S', b"application_name\0hallpass\0")),
        ("notices without end", ready.clone(), message(b'N', b"SNOTICE\0C00000\0Mhello\0\0")),
        ("notifications without end", ready, message(b'A', b"\0\0\0\x01hallpass\x0099999999\0")),
        ("Kerberos", message(b'R', &[0, 0, 0, 7]), vec![]),
        ("a way to prove who one is that doesn't exist", message(b'R', &[0, 0, 0, 99]), vec![]),
        ("the password, in the clear", message(b'R', &[0, 0, 0, 3]), vec![]),
    ]
}

fn nobody_gets_in(district: &District, sidecar: &Sidecar, what: &str) {
    district.proxy.cut(|_| true);
    district.proxy.until(what, |connections| connections.iter().any(|connection| connection.open));
    for who in ["u.0", "u.1", "u.2", "nobody"] {
        let told = sidecar.ask_in_time(who);
        assert_eq!(told.verdict, Verdict::Unavailable, "{what}: {who}");
    }
    let memory = sidecar.memory(true);
    // Of one message as much is read as comes in the time that there is for it.
    assert!(memory < MEMORY || what.contains("all of it"), "{what}: {memory} MB");
    district.proxy.clear();
    district.proxy.cut(|_| true);
    let took = sidecar.until(what, |told| told.verdict == Verdict::Allow, "u.0");
    assert!(took < RECOVERY * PATIENCE, "{what}: {took:?}");
    println!("{what}: {memory} MB at most, used again after {took:?}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn an_impostor_lets_nobody_in() {
    let district = District::new(3);
    for (what, first, again) in lies() {
        let sidecar = district.sidecar(&[]);
        district.proxy.weather(|weather| {
            weather.impostor = Some(Arc::new(move |client| endless(client, &first, &again)));
        });
        nobody_gets_in(&district, &sidecar, what);
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_proof_that_takes_for_ever_is_refused() {
    let district = District::new(3);
    for rounds in ["0", "1000000000", "4294967295", "99999999999", "-1", "x"] {
        let sidecar = district.sidecar(&[]);
        let cpu = sidecar.cpu();
        district.proxy.weather(|weather| weather.impostor = Some(Arc::new(move |client| scram(client, rounds))));
        nobody_gets_in(&district, &sidecar, &format!("{rounds} rounds"));
        println!("{rounds} rounds: {:.2} s of CPU", sidecar.cpu() - cpu);
    }
}
