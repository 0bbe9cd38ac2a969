//! Files that are no policy at all: whatever stands in them, they are refused in plain words.

use hallpass::policy::source::Source;

use super::{code, errors};
use crate::support::{path, source, sources};

/// What a program says of itself, and no author should read.
const WORDS_OF_PROGRAMS: [&str; 22] = [
    "::",
    "Option",
    "Vec<",
    "HashMap",
    "BTreeMap",
    "String",
    "&str",
    "Some(",
    "None",
    "Err(",
    "Ok(",
    "u32",
    "f64",
    "usize",
    "serde",
    "saphyr",
    "struct",
    "variant",
    "deserializ",
    "panicked",
    "unwrap",
    "expected a",
];
/// What values can be instead of what they should be.
const VALUES: [&str; 14] = [
    "",
    "~",
    "true",
    "5",
    "-1.5e300",
    ".inf",
    "2022-07-19",
    "'text'",
    "[]",
    "{}",
    "[[], {a: b}]",
    "{1: 2, true: false}",
    "- item",
    "|\n    text\n    over lines",
];

#[test]
fn nothing_is_told_in_the_words_of_programs() {
    let files = sources(&path("tests/data/every_key"));
    let mut refused = 0;
    for file in &files {
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, value) in
            (0..lines.len()).zip(VALUES.iter().cycle()).chain((0..lines.len()).zip(VALUES.iter().cycle().skip(5)))
        {
            let Some((key, _)) = lines[at].split_once(':') else { continue };
            let line = format!("{key}: {value}");
            let changed = [&lines[..at], &[line.as_str()], &lines[at + 1..]].concat().join("\n");
            refused += usize::from(is_told_plainly(&files, file, &changed));
        }
    }
    assert!(refused >= 200, "{refused} malformed files");
}

/// Whether the set is refused with another text of a file.
fn is_told_plainly(files: &[Source], file: &Source, text: &str) -> bool {
    let others = files.iter().filter(|other| other.name != file.name).cloned();
    let found = errors(&others.chain([source(&file.name, text)]).collect::<Vec<_>>());
    for finding in &found {
        let told = finding.to_string();
        let word = WORDS_OF_PROGRAMS.iter().find(|word| told.contains(**word));
        assert_eq!(word, None, "{told}\n{text}");
        assert!(finding.help.is_some() || told.contains("must be"), "{told} says what to do\n{text}");
        code(finding);
    }
    !found.is_empty()
}
