//! An answer of a stream as bytes, written from borrowed texts: messages of their own would be made of six texts each,
//! only to be copied and dropped. That these are the bytes of the messages is tested below.

use prost::bytes::{BufMut as _, BytesMut};
use prost::encoding::{encode_varint, encoded_len_varint};

use super::HEADER;
use crate::pdp::Undecided;
use crate::policy::decision::{Decision, Granted};

/// The wire type of texts and messages, and that of numbers.
const BYTES: u8 = 2;
const VARINT: u8 = 0;

/// Fields of a message that are texts, by their numbers.
type Texts<'a> = [(u8, &'a str)];

/// Writes a `CheckStreamResponse` that carries a decision.
pub(super) fn decision(id: u64, (policy, directory): (&str, &str), decision: &Decision<'_>, out: &mut BytesMut) {
    let Decision { reason, granted } = decision;
    let texts = [(2, reason.code()), (3, policy), (4, directory)];
    let Some(Granted { role, org, grant }) = granted else {
        begin(id, 2, size(&texts), out);
        return put(&texts, out);
    };
    let granted = [(1, *role), (2, *org), (3, *grant)];
    let granted_size = size(&granted);
    begin(id, 2, 2 + size(&texts) + 1 + delimited(granted_size), out);
    out.put_slice(&[key(1, VARINT), 1]);
    put(&texts, out);
    key_and_length(5, granted_size, out);
    put(&granted, out);
}

/// Writes a `CheckStreamResponse` that says why there is no decision.
pub(super) fn undecided(id: u64, why: &Undecided, out: &mut BytesMut) {
    error(id, &why.to_string(), why.may_pass(), out);
}

/// Writes a `CheckStreamResponse` that carries an error.
pub(super) fn error(id: u64, message: &str, unavailable: bool, out: &mut BytesMut) {
    let texts = [(1, message)];
    begin(id, 3, size(&texts) + if unavailable { 2 } else { 0 }, out);
    put(&texts, out);
    if unavailable {
        out.put_slice(&[key(2, VARINT), 1]);
    }
}

/// Writes all that comes before the fields of the one message in it: gRPC's header, the id, the message's number and size.
fn begin(id: u64, number: u8, size: usize, out: &mut BytesMut) {
    let id_size = if id == 0 { 0 } else { 1 + encoded_len_varint(id) };
    let whole = id_size + 1 + delimited(size);
    out.reserve(HEADER + whole);
    out.put_u8(0);
    // An answer is as long as a few names: never near what 32 bits hold.
    out.put_u32(u32::try_from(whole).unwrap_or(u32::MAX));
    if id != 0 {
        out.put_u8(key(1, VARINT));
        encode_varint(id, out);
    }
    key_and_length(number, size, out);
}

fn key(number: u8, wire_type: u8) -> u8 {
    number << 3 | wire_type
}

fn key_and_length(number: u8, length: usize, out: &mut BytesMut) {
    out.put_u8(key(number, BYTES));
    encode_varint(length as u64, out);
}

/// The size of something with its length before it.
fn delimited(size: usize) -> usize {
    encoded_len_varint(size as u64) + size
}

/// The size of fields; an empty text is left out.
fn size(texts: &Texts<'_>) -> usize {
    texts.iter().filter(|(_, text)| !text.is_empty()).map(|(_, text)| 1 + delimited(text.len())).sum()
}

fn put(texts: &Texts<'_>, out: &mut BytesMut) {
    for (number, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        key_and_length(*number, text.len(), out);
        out.put_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire;
    use super::*;
    use crate::policy::decision::Reason;
    use prost::Message as _;
    use wire::check_stream_response::Result as Item;

    fn check(id: u64, result: Item, write: impl Fn(&mut BytesMut)) {
        let mut written = BytesMut::from("before".as_bytes());
        write(&mut written);
        let message = wire::CheckStreamResponse { id, result: Some(result) }.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let framed = [b"before\0".as_slice(), &length, &message].concat();
        assert_eq!(written, framed, "{id}");
    }

    #[test]
    fn bytes_are_those_of_the_messages() {
        let long = "s".repeat(300);
        let lengths: Vec<String> = [0, 1, 127, 128, 16_384].map(|length| "x".repeat(length)).into();
        for (id, name) in [0, 1, 127, 128, u64::MAX].into_iter().zip(&lengths) {
            let granted = Granted { role: name, org: &long, grant: "misis.teacher#1" };
            let decisions = Reason::ALL.map(Decision::deny).into_iter().chain([Decision::allow(granted)]);
            for decided in decisions {
                let response = wire::CheckResponse {
                    allow: decided.is_allow(),
                    reason: decided.reason.code().to_owned(),
                    policy_revision: name.clone(),
                    directory_revision: long.clone(),
                    grant: decided.granted.map(|Granted { role, org, grant }| wire::Grant {
                        role: role.to_owned(),
                        org: org.to_owned(),
                        grant: grant.to_owned(),
                    }),
                };
                check(id, Item::Response(response), |out| decision(id, (name, &long), &decided, out));
            }
            for unavailable in [false, true] {
                let failed = Item::Error(wire::ItemError { message: name.clone(), unavailable });
                check(id, failed, |out| error(id, name, unavailable, out));
            }
        }
    }
}
