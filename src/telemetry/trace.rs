//! The trace that a request is part of, as its headers say by W3C's Trace Context.

use std::fmt;

use hyper::HeaderMap;

/// The id of a trace: not zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Trace(u128);

impl Trace {
    /// What `traceparent` says; `None` where there is none that can be read, or more than one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all("traceparent").iter();
        let (Some(only), None) = (given.next(), given.next()) else { return None };
        Self::read(only.to_str().ok()?)
    }

    /// `00-<32 digits>-<16 digits>-<2 digits>`; later versions may go on behind that.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version, trace, span, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        let hex = |text: &str, digits| {
            let fits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            text.len() == digits && text.bytes().all(fits)
        };
        let whole = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2);
        if !whole || version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        Self::from_number(u128::from_str_radix(trace, 16).ok()?)
    }

    /// The trace with a number; 0 is none.
    #[must_use]
    pub fn from_number(number: u128) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u128 {
        self.0
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_the_recommendation_says() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let table = [
            (format!("00-{trace}-{span}-01"), true),
            (format!("cc-{trace}-{span}-01-what-will-be"), true),
            (format!("00-{trace}-{span}-01-more"), false),
            (format!("ff-{trace}-{span}-01"), false),
            (format!("00-{}-{span}-01", "0".repeat(32)), false),
            (format!("00-{}-{span}-01", trace.to_uppercase()), false),
            (format!("00-{trace}-{span}"), false),
            (format!("0-{trace}-{span}-01"), false),
            (String::new(), false),
        ];
        for (text, good) in table {
            let read = Trace::read(&text).map(|read| read.to_string());
            assert_eq!(read.as_deref(), good.then_some(trace), "{text}");
        }
        let mut headers = HeaderMap::new();
        for count in 1..=2 {
            headers.append("traceparent", format!("00-{trace}-{span}-01").parse().unwrap());
            assert_eq!(Trace::of(&headers).is_some(), count == 1);
        }
    }
}
