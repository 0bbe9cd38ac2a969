//! HTTP/2 as bytes: frames, and headers that no encoder would write.

use std::io::Read;

use hallpass::grpc::proto::hallpass as hp;
use prost::Message;

use crate::listen::check;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// What a client begins with: the preface, and settings of two bytes and four each.
pub(crate) fn hello(settings: &[(u16, u32)]) -> Vec<u8> {
    let settings: Vec<u8> =
        settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    [PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat()
}

/// A header whose name has a number in the static table, and one that has a name of its own; neither goes into the dynamic
/// table.
fn numbered(number: u8, value: &str) -> Vec<u8> {
    let index = if number < 15 { vec![number] } else { vec![15, number - 15] };
    [index, text(value)].concat()
}

pub(crate) fn named(name: &str, value: &str) -> Vec<u8> {
    [vec![0], text(name), text(value)].concat()
}

/// A header that goes into the dynamic table.
pub(crate) fn kept(name: &str, value: &str) -> Vec<u8> {
    [vec![0x40], text(name), text(value)].concat()
}

/// Lengths of seven bits and more.
fn text(text: &str) -> Vec<u8> {
    let mut length = Vec::new();
    match text.len() {
        short @ 0..127 => length.push(u8::try_from(short).unwrap()),
        long => {
            length.push(127);
            let mut rest = long - 127;
            while rest >= 128 {
                length.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            length.push(u8::try_from(rest).unwrap());
        }
    }
    [length, text.as_bytes().to_vec()].concat()
}

/// The header list of a call.
pub(crate) fn call(method: &str) -> Vec<u8> {
    let path = numbered(4, &format!("/hallpass.v1.Hallpass/{method}"));
    // POST and http.
    let whole = [vec![0x83, 0x86], path, numbered(1, "localhost"), numbered(31, "application/grpc")];
    [whole.concat(), named("te", "trailers")].concat()
}

/// A call with its message, whole.
pub(crate) fn asked(stream: u32) -> Vec<u8> {
    let message = message(&check());
    [frame(HEADERS, END_HEADERS, stream, &call("Check")), frame(DATA, END_STREAM, stream, &message)].concat()
}

/// A question of a stream of checks.
pub(crate) fn question() -> Vec<u8> {
    message(&hp::CheckStreamRequest { id: 1, check: Some(check()) })
}

/// The next frame of a connection: its kind and flags, its stream, and what it carries.
pub(crate) fn received(stream: &mut impl Read) -> ([u8; 2], u32, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let [high, middle, low, kind, flags, of @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
    stream.read_exact(&mut payload).unwrap();
    ([kind, flags], u32::from_be_bytes(of), payload)
}

/// With gRPC's five bytes before it.
pub(crate) fn message(message: &impl Message) -> Vec<u8> {
    let length = u32::try_from(message.encoded_len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), &message.encode_to_vec()].concat()
}
