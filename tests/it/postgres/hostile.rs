//! A server that was taken over, or has gone mad in the middle: its messages keep their place and lose their sense.

use std::sync::Arc;

use super::proxy::{Tamper, announced, message};
use super::{District, PATIENCE, RECOVERY, Verdict};

/// Megabytes that a sidecar may have at most while it is lied to.
const MEMORY: u64 = 400;

/// The fields of a row; `None` is NULL.
fn fields(body: &[u8]) -> Vec<Option<Vec<u8>>> {
    let (count, mut rest) = (usize::from(u16::from_be_bytes([body[0], body[1]])), &body[2..]);
    let field = |_| {
        let length = i32::from_be_bytes(rest[..4].try_into().unwrap());
        let (field, after) = rest[4..].split_at(usize::try_from(length.max(0)).unwrap());
        rest = after;
        (length >= 0).then(|| field.to_vec())
    };
    (0..count).map(field).collect()
}

fn row(fields: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut body = u16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
    for field in fields {
        match field {
            None => body.extend((-1i32).to_be_bytes()),
            Some(bytes) => {
                body.extend(i32::try_from(bytes.len()).unwrap().to_be_bytes());
                body.extend(bytes);
            }
        }
    }
    message(b'D', &body)
}

/// Rows that become others.
fn rows(change: impl Fn(Vec<Option<Vec<u8>>>) -> Vec<u8> + Send + Sync + 'static) -> Tamper {
    Arc::new(move |tag, body| if tag == b'D' { change(fields(body)) } else { message(tag, body) })
}

/// What is done to every row, field by field.
fn mad_rows() -> Vec<(&'static str, Tamper)> {
    let each = |change: fn(Vec<u8>) -> Vec<u8>| {
        rows(move |fields| row(&fields.into_iter().map(|field| field.map(change)).collect::<Vec<_>>()))
    };
    vec![
        ("nothing but NULL", rows(|fields| row(&vec![None; fields.len()]))),
        ("empty values", each(|_| Vec::new())),
        ("values one byte too long", each(|bytes| [bytes, vec![1]].concat())),
        ("values of other bits", each(|bytes| bytes.iter().map(|byte| !byte).collect())),
        (
            "fields in another order",
            rows(|mut fields| {
                fields.reverse();
                row(&fields)
            }),
        ),
        (
            "one field too many",
            rows(|mut fields| {
                fields.push(Some(b"x".to_vec()));
                row(&fields)
            }),
        ),
        (
            "one field too few",
            rows(|mut fields| {
                fields.pop();
                row(&fields)
            }),
        ),
    ]
}

/// What is done to every message of one sort.
fn mad_messages() -> Vec<(&'static str, Tamper)> {
    let only = |wanted: u8, told: fn(&[u8]) -> Vec<u8>| -> Tamper {
        Arc::new(move |tag, body| if tag == wanted { told(body) } else { message(tag, body) })
    };
    let before_ready = |said: Vec<u8>| -> Tamper {
        let before = move |tag| if tag == b'Z' { said.clone() } else { Vec::new() };
        Arc::new(move |tag, body| [before(tag), message(tag, body)].concat())
    };
    vec![
        ("rows cut short", only(b'D', |body| message(b'D', &body[..body.len() / 2]))),
        ("rows without a field", only(b'D', |_| message(b'D', &[0, 0]))),
        ("rows of no bytes", only(b'D', |_| message(b'D', b""))),
        ("rows that say they have more fields", only(b'D', |body| message(b'D', &[&[255, 255], &body[2..]].concat()))),
        ("a row of 1 GB", only(b'D', |body| announced(b'D', 1 << 30, body))),
        ("a row of 2 GB", only(b'D', |body| announced(b'D', (1 << 31) - 1, body))),
        ("no end of the rows", only(b'C', |_| Vec::new())),
        ("no readiness", only(b'Z', |_| Vec::new())),
        ("each row twice", only(b'D', |body| message(b'D', body).repeat(2))),
        ("each row a million times", only(b'D', |body| message(b'D', body).repeat(1_000_000))),
        ("columns of other types", only(b'T', pointed)),
        ("completion in place of each row", only(b'D', |_| message(b'C', b"SELECT 0\0"))),
        ("an error in place of each row", only(b'D', |_| message(b'E', b"SERROR\0VERROR\0CXX000\0Mbroken\0\0"))),
        (
            "a password in the error",
            only(b'D', |_| message(b'E', b"SERROR\0VERROR\0CXX000\0Mbroken\0Dpassword=secret\0\0")),
        ),
        ("notices by the thousand", before_ready(message(b'N', b"SNOTICE\0C00000\0Mhello\0\0").repeat(1_000))),
        ("a notification of no number", before_ready(message(b'A', b"\0\0\0\x01hallpass\0not a number\0"))),
        (
            "a notification of no such number",
            before_ready(message(b'A', b"\0\0\0\x01hallpass\099999999999999999999\0")),
        ),
    ]
}

/// Columns of which all are said to be points.
fn pointed(columns: &[u8]) -> Vec<u8> {
    let mut body = columns.to_vec();
    let mut at = 2;
    for _ in 0..u16::from_be_bytes([body[0], body[1]]) {
        at += body[at..].iter().position(|byte| *byte == 0).unwrap() + 7;
        body[at..at + 4].copy_from_slice(&600u32.to_be_bytes());
        at += 12;
    }
    message(b'T', &body)
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_server_gone_mad_gives_no_allow_that_the_truth_does_not() {
    let district = District::new(3);
    district.revoke("u.1");
    for (what, tamper) in mad_rows().into_iter().chain(mad_messages()) {
        for from_the_start in [true, false] {
            let what = format!("{what}, {}", if from_the_start { "from the start" } else { "later" });
            let sidecar = district.sidecar(&[]);
            district.proxy.weather(|weather| weather.tamper = Some(Arc::clone(&tamper)));
            if from_the_start {
                district.proxy.cut(|_| true);
            }
            for who in ["u.1", "nobody", "u.2"] {
                let told = sidecar.ask_in_time(who);
                assert!(who == "u.2" || told.verdict != Verdict::Allow, "{what}: {who}");
            }
            let memory = sidecar.memory(true);
            district.proxy.clear();
            district.proxy.cut(|_| true);
            let took = sidecar.until(&what, |told| told.verdict == Verdict::Allow, "u.0");
            assert!(took < RECOVERY * PATIENCE, "{what}: {took:?}");
            println!("{what}: {memory} MB at most, used again after {took:?}");
            assert!(memory < MEMORY, "{what}: {memory} MB");
        }
    }
}
