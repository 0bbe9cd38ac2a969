//! Just enough JSON to read the properties column of records.csv.
//!
//! Texts and lists of texts are kept; numbers, booleans and objects are read over; null is absent. It panics on
//! anything that is no JSON and is no reader for anything that comes from outside the tests.

use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Text(String),
    List(Vec<Value>),
    /// A number, a boolean or an object.
    Other,
}

/// The members of one object.
pub fn object(text: &str) -> Vec<(String, Value)> {
    let mut chars = text.chars().peekable();
    skip_space(&mut chars);
    let members = members(&mut chars);
    skip_space(&mut chars);
    assert!(chars.next().is_none(), "trailing text after {text:?}");
    members
}

fn skip_space(chars: &mut Peekable<Chars>) {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
}

fn expect(chars: &mut Peekable<Chars>, wanted: char) {
    skip_space(chars);
    assert_eq!(chars.next(), Some(wanted), "malformed JSON");
    skip_space(chars);
}

fn members(chars: &mut Peekable<Chars>) -> Vec<(String, Value)> {
    let mut members = Vec::new();
    expect(chars, '{');
    while chars.peek() != Some(&'}') {
        if !members.is_empty() {
            expect(chars, ',');
        }
        let name = text(chars);
        expect(chars, ':');
        members.push((name, value(chars)));
        skip_space(chars);
    }
    chars.next();
    members
}

fn list(chars: &mut Peekable<Chars>) -> Vec<Value> {
    let mut items = Vec::new();
    expect(chars, '[');
    while chars.peek() != Some(&']') {
        if !items.is_empty() {
            expect(chars, ',');
        }
        items.push(value(chars));
        skip_space(chars);
    }
    chars.next();
    items
}

fn value(chars: &mut Peekable<Chars>) -> Value {
    match chars.peek().copied() {
        Some('"') => Value::Text(text(chars)),
        Some('[') => Value::List(list(chars)),
        Some('{') => {
            members(chars);
            Value::Other
        }
        Some(_) => word(chars),
        None => panic!("malformed JSON"),
    }
}

/// `null`, `true`, `false` or a number.
fn word(chars: &mut Peekable<Chars>) -> Value {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
        word.push(c);
    }
    assert!(!word.is_empty(), "malformed JSON");
    if word == "null" { Value::Null } else { Value::Other }
}

fn text(chars: &mut Peekable<Chars>) -> String {
    assert_eq!(chars.next(), Some('"'), "malformed JSON");
    let mut text = String::new();
    loop {
        match chars.next().expect("unfinished text") {
            '"' => return text,
            '\\' => text.push(escaped(chars)),
            c => text.push(c),
        }
    }
}

fn escaped(chars: &mut Peekable<Chars>) -> char {
    match chars.next().expect("unfinished escape") {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let digits: String = chars.take(4).collect();
            let code = u32::from_str_radix(&digits, 16).expect("malformed escape");
            char::from_u32(code).expect("surrogates are not read here")
        }
        c => c,
    }
}
