//! Files that end too early, as after a copy that broke off, or have a character too many: whatever the byte, the set is
//! refused with a place or is a policy, and nothing panics. Where a cut falls between two grants the rest is a policy, and
//! rightly so.

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;

use crate::support::{compile, path, sources};

#[test]
fn a_set_that_uses_every_key_may_end_anywhere() {
    let files = sources(&path("tests/data/every_key"));
    compile(&files);
    let mut refused = 0;
    for file in 0..files.len() {
        refused += (0..files[file].bytes.len()).filter(|end| !compiles(&files, file, *end)).count();
    }
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(refused * 2 > total, "{refused} of {total} cuts are refused");
}

#[test]
fn the_shipped_policies_may_end_anywhere() {
    let files = sources(&path("policies"));
    let total: usize = files.iter().map(|file| file.bytes.len()).sum();
    // A step that is no divisor of anything spreads the samples over the whole.
    let refused = |sample: usize| {
        let (file, end) = at(&files, sample * 7_919 * 31 % total);
        !compiles(&files, file, end)
    };
    let count = |half: usize| (0..1_000).filter(|sample| refused(2 * sample + half)).count();
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| count(1));
        (count(0), odd.join().unwrap())
    });
    assert!(even + odd > 1_000, "{even} and {odd} of 2000 cuts are refused");
}

/// The file, and the place in it, of a byte of all files in a row.
fn at(files: &[Source], mut byte: usize) -> (usize, usize) {
    for (file, source) in files.iter().enumerate() {
        if byte < source.bytes.len() {
            return (file, byte);
        }
        byte -= source.bytes.len();
    }
    panic!("there is no byte {byte}");
}

#[test]
fn a_character_too_many_is_told_in_words() {
    let files = sources(&path("tests/data/every_key"));
    let characters = [
        ":", "-", "\"", "'", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "%", "@", "`", "?", ",", " ", "\n",
        "\t", "\\", "x",
    ];
    let mut turn = characters.iter().cycle();
    for file in 0..files.len() {
        for (at, character) in (0..files[file].bytes.len()).zip(&mut turn) {
            let (before, after) = files[file].bytes.split_at(at);
            let mut files = files.clone();
            files[file].bytes = [before, character.as_bytes(), after].concat().into();
            is_policy_or_refused(&files);
        }
    }
}

/// Whether the set compiles with one file cut.
fn compiles(files: &[Source], at: usize, end: usize) -> bool {
    let mut files = files.to_vec();
    let cut = &mut files[at];
    cut.bytes = cut.bytes[..end].into();
    is_policy_or_refused(&files)
}

/// Whether the set compiles; where not, it says where, and in words of its own.
fn is_policy_or_refused(files: &[Source]) -> bool {
    let Err(findings) = Policy::compile(files) else { return true };
    assert!(!findings.is_empty());
    for finding in &findings {
        let known = files.iter().any(|file| file.name == finding.place.file);
        let whole = ["the file is empty", "the set has no"].iter().any(|begin| finding.message.starts_with(begin));
        assert!(known && (whole || finding.place.line > 0), "{finding}");
        assert!(!finding.message.contains("cannot be read"), "{finding}");
    }
    false
}
