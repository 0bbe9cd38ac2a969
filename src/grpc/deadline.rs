//! How long a client waits for its answer: gRPC's header `grpc-timeout`, a number of up to eight digits and a unit. What
//! is no such thing says nothing.

use std::time::Duration;

use hyper::HeaderMap;

const HEADER: &str = "grpc-timeout";
/// The most digits that there may be.
const DIGITS: usize = 8;

/// What the headers of a call say.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    read(headers.get(HEADER)?.as_bytes())
}

fn read(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        let good = [
            ("1H", Duration::from_secs(3_600)),
            ("2M", Duration::from_secs(120)),
            ("3S", Duration::from_secs(3)),
            ("4m", Duration::from_millis(4)),
            ("5u", Duration::from_micros(5)),
            ("6n", Duration::from_nanos(6)),
            ("0n", Duration::ZERO),
            ("00000001S", Duration::from_secs(1)),
            ("99999999H", Duration::from_secs(99_999_999 * 3_600)),
        ];
        for (text, expected) in good {
            assert_eq!(read(text.as_bytes()), Some(expected), "{text}");
        }
        for text in ["", "1", "S", "100000000S", "-1S", "1.5S", " 1S", "1 S", "1s", "1h", "1S ", "\u{661}S"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
