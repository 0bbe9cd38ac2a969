//! Files that no editor shows as they are, and files made to hurt: each is refused with its place, and none costs more
//! than reading it. Bytes are spelled here, since a reviewer could not see them in a file. Nothing is timed: a parser that
//! went deep would overflow its stack, one that expanded would not come to an end.

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;

use crate::support::{path, source, sources};

const ROLE: &str = "hallpass: role/v1\nrole: library.clerk\ntitle: Clerk\nheld_at: school\nreach: org\ngrants:\n  - allow: view\n    topics: catalog\n";

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn encodings_are_read_or_refused_with_their_place() {
    let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.iter().copied().chain(ROLE.encode_utf16().flat_map(bytes)).collect()
    };
    let with = |from: &str, to: &str| ROLE.replacen(from, to, 1).into_bytes();
    let cases: [(&str, Vec<u8>, &str); 31] = [
        ("as it is", ROLE.into(), ""),
        ("a byte order mark", with("hallpass", "\u{feff}hallpass"), ""),
        ("Windows line ends", ROLE.replace('\n', "\r\n").into_bytes(), ""),
        ("no line end at the end", ROLE.trim_end().into(), ""),
        ("blank lines", ROLE.replace('\n', "\n\n").into_bytes(), ""),
        ("a document mark", with("hallpass", "---\nhallpass"), ""),
        ("letters of other languages in a text", with("Clerk", "Bibliothécaire, 司書, библиотекарь"), ""),
        (
            "two byte order marks",
            with("hallpass", "\u{feff}\u{feff}hallpass"),
            "1:1: an invisible character (U+FEFF) stands here (delete it)",
        ),
        (
            "a byte order mark inside",
            with("Clerk", "Cl\u{feff}erk"),
            "3:10: an invisible character (U+FEFF) stands here (delete it)",
        ),
        (
            "old Macintosh line ends",
            ROLE.replace('\n', "\r").into_bytes(),
            "1:18: an invisible character (U+000D) stands here (delete it)",
        ),
        (
            "UTF-16, little end first, with a mark",
            utf16(&[0xff, 0xfe], u16::to_le_bytes),
            "1:1: the file is not UTF-8 text (save it as UTF-8)",
        ),
        (
            "UTF-16, big end first, with a mark",
            utf16(&[0xfe, 0xff], u16::to_be_bytes),
            "1:1: the file is not UTF-8 text (save it as UTF-8)",
        ),
        (
            "UTF-16 without a mark",
            utf16(&[], u16::to_le_bytes),
            "1:2: an invisible character (U+0000) stands here (delete it)",
        ),
        (
            "Latin 1",
            [b"hallpass: role/v1\ntitle: Cl".as_slice(), &[0xe9], b"rk\n"].concat(),
            "2:10: the file is not UTF-8 text (save it as UTF-8)",
        ),
        (
            "an image",
            vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0],
            "1:1: the file is not UTF-8 text (save it as UTF-8)",
        ),
        (
            "a surrogate",
            [b"hallpass: ".as_slice(), &[0xed, 0xa0, 0x80], b"\n"].concat(),
            "1:11: the file is not UTF-8 text (save it as UTF-8)",
        ),
        ("NUL", with("Clerk", "Cle\0rk"), "3:11: an invisible character (U+0000) stands here (delete it)"),
        (
            "an escape sequence",
            with("Clerk", "\u{1b}[31mClerk"),
            "3:8: an invisible character (U+001B) stands here (delete it)",
        ),
        (
            "a zero-width blank in a key",
            with("held_at", "held\u{200b}_at"),
            "4:5: an invisible character (U+200B) stands here (delete it)",
        ),
        (
            "a zero-width joiner in a name",
            with("catalog", "cata\u{200d}log"),
            "8:17: an invisible character (U+200D) stands here (delete it)",
        ),
        (
            "a soft hyphen",
            with("catalog", "cata\u{ad}log"),
            "8:17: an invisible character (U+00AD) stands here (delete it)",
        ),
        (
            "writing from right to left",
            with("Clerk", "\u{202e}kreC"),
            "3:8: an invisible character (U+202E) stands here (delete it)",
        ),
        ("an isolate", with("Clerk", "\u{2066}Clerk"), "3:8: an invisible character (U+2066) stands here (delete it)"),
        (
            "a line separator",
            with("Clerk", "Clerk\u{2028}grants: []"),
            "3:13: an invisible character (U+2028) stands here (delete it)",
        ),
        (
            "a tag character",
            with("catalog", "catalog\u{e0041}"),
            "8:20: an invisible character (U+E0041) stands here (delete it)",
        ),
        (
            "a variation selector",
            with("catalog", "catalog\u{fe0f}"),
            "8:20: an invisible character (U+FE0F) stands here (delete it)",
        ),
        (
            "a blank that does not break",
            with("title: ", "title:\u{a0}"),
            "3:7: a special blank (U+00A0) stands here (type an ordinary blank)",
        ),
        (
            "a letter that looks like another",
            with("library.clerk", "library.cl\u{435}rk"),
            "2:7: `library.cl\u{435}rk` cannot be a name (names are made of letters a to z, digits, `_`, `-`, `.`, `:` and `/`)",
        ),
        (
            "full-width letters",
            with("library.clerk", "library.\u{ff43}lerk"),
            "2:7: `library.\u{ff43}lerk` cannot be a name (names are made of letters a to z, digits, `_`, `-`, `.`, `:` and `/`)",
        ),
        (
            "an accent put together",
            with("library.clerk", "library.cle\u{301}rk"),
            "2:7: `library.cle\u{301}rk` cannot be a name (names are made of letters a to z, digits, `_`, `-`, `.`, `:` and `/`)",
        ),
        (
            "a topic with a letter that looks like another",
            with("catalog", "c\u{430}talog"),
            "8:13: there is no topic, module or set `c\u{430}talog` (did you mean `catalog`?)",
        ),
    ];
    for (name, bytes, expected) in cases {
        let expected = if expected.is_empty() { Vec::new() } else { vec![format!("clerk.yaml:{expected}")] };
        assert_eq!(found(bytes), expected, "{name}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn files_made_to_hurt_are_refused() {
    let lines = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
    let deep = 100_000;
    let cases: [(&str, String, &str); 19] = [
        (
            "a text of ten million characters",
            format!("{ROLE}request_through: {}\n", "x".repeat(10_000_000)),
            "clerk.yaml: the file is larger than 1048576 bytes (split it)",
        ),
        (
            "a text of a million characters",
            format!("{ROLE}request_through: {}\n", "x".repeat(1_000_000)),
            "clerk.yaml:9:18: `request_through` is longer than 10000 bytes (shorten it)",
        ),
        (
            "a key of a thousand characters",
            format!("{ROLE}{}: x\n", "x".repeat(1_000)),
            "clerk.yaml:9:1: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is no key of this place",
        ),
        (
            "a name of nine thousand characters",
            ROLE.replace("topics: catalog", &format!("topics: {}", "c".repeat(9_000))),
            "clerk.yaml:8:13: there is no topic, module or set `cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc…`",
        ),
        (
            "a role's id of nine thousand characters",
            ROLE.replace("clerk", &"c".repeat(9_000)),
            "clerk.yaml:2:7: `library.cccccccccccccccccccccccccccccccccccccccccccccccccccc…` is longer than 256 characters (choose a shorter name)",
        ),
        ("brackets", "[".repeat(deep), "clerk.yaml:1:256: the file is nested deeper than 24 (write it flatter)"),
        (
            "brackets that close",
            format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
            "clerk.yaml:1:256: the file is nested deeper than 24 (write it flatter)",
        ),
        (
            "brackets under a key",
            format!("{ROLE}users: {}{}\n", "[".repeat(deep), "]".repeat(deep)),
            "clerk.yaml:9:263: the file is nested deeper than 24 (write it flatter)",
        ),
        ("braces", "{a: ".repeat(deep), "clerk.yaml:1:1021: the file is nested deeper than 24 (write it flatter)"),
        (
            "list items in a line",
            "- ".repeat(deep),
            "clerk.yaml:1:49: the file is nested deeper than 24 (write it flatter)",
        ),
        (
            "keys under keys",
            lines(1_000, |depth| format!("{}a:\n", " ".repeat(depth))),
            "clerk.yaml:25:25: the file is nested deeper than 24 (write it flatter)",
        ),
        ("question marks", "? ".repeat(deep), "clerk.yaml:1:49: the file is nested deeper than 24 (write it flatter)"),
        (
            "a million values",
            format!("[{}]", "1,".repeat(400_000)),
            "clerk.yaml:1:100000: the file has more than 50000 values (split it)",
        ),
        (
            "a bomb of aliases",
            "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\n".to_owned(),
            "clerk.yaml:1:7: `&` at the beginning of a value has a meaning of its own in YAML (write it out, or put it in quotes)",
        ),
        (
            "an alias of itself",
            "a: &a [*a]\n".to_owned(),
            "clerk.yaml:1:7: `&` at the beginning of a value has a meaning of its own in YAML (write it out, or put it in quotes)",
        ),
        (
            "merge keys",
            "a: {<<: {b: 1}}\n".to_owned(),
            "clerk.yaml:1:5: the key `<<` is not used in policies (write the keys out)",
        ),
        (
            "parentheses in a condition",
            format!("{ROLE}    when: \"{}true{}\"\n", "(".repeat(400), ")".repeat(400)),
            "clerk.yaml:9:11: the condition is nested deeper than 24 (make it simpler)",
        ),
        (
            "exclamation marks in a condition",
            format!("{ROLE}    when: \"{}true\"\n", "!".repeat(900)),
            "clerk.yaml:9:11: the condition is nested deeper than 24 (make it simpler)",
        ),
        (
            "a condition of nine thousand characters",
            format!("{ROLE}    when: {}true\n", "true && ".repeat(1_100)),
            "clerk.yaml:9:11: the condition is longer than 1000 characters (split the grant, or give what it asks a property of its own)",
        ),
    ];
    let mut differences = Vec::new();
    for (name, text, expected) in cases {
        let found = found(text.into_bytes());
        if !matches!(found.as_slice(), [one] if one.starts_with(expected)) {
            differences.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The deepest files and conditions that are read, and those that are refused, on as little room as any thread has, whoever
/// compiled the library.
#[test]
fn the_deepest_files_take_no_more_room_than_a_thread_has() {
    let brackets = |count: usize| format!("{ROLE}users: {}{}\n", "[".repeat(count), "]".repeat(count));
    let keys = |count: usize| {
        let lines: String = (0..count).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        format!("{ROLE}users:\n{}", lines.lines().map(|line| format!(" {line}\n")).collect::<String>())
    };
    let condition = |count: usize| format!("{ROLE}    when: \"{}true{}\"\n", "(".repeat(count), ")".repeat(count));
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let reading = thread.spawn(move || {
        let too_deep =
            |text: String| found(text.into_bytes()).iter().any(|finding| finding.contains("nested deeper than"));
        for (name, file) in
            [("brackets", &brackets as &dyn Fn(usize) -> String), ("keys", &keys), ("conditions", &condition)]
        {
            let first = (1..64).find(|count| too_deep(file(*count)));
            assert!(first.is_some_and(|first| first > 20), "{name}: {first:?}");
        }
    });
    reading.unwrap().join().unwrap();
}

/// The longest conditions that are read are read without going deep.
#[test]
fn long_conditions_are_read() {
    for condition in
        ["true && ".repeat(120) + "true", "true || ".repeat(120) + "true", "subject.grade == 1 || ".repeat(40) + "true"]
    {
        assert_eq!(found(format!("{ROLE}    when: {condition}\n").into_bytes()), Vec::<String>::new(), "{condition}");
    }
}

/// Chains and diamonds: each name is resolved once, however many ways lead to it.
#[test]
fn includes_and_sets_do_not_multiply() {
    let role = |name: &str, grants: &str| {
        format!("hallpass: role/v1\nrole: library.{name}\ntitle: x\nheld_at: school\nreach: org\ngrants:\n{grants}")
    };
    let view = "  - {allow: view, topics: catalog}\n";
    let mut files = sources(&path("tests/data/mistakes/with"));
    files.push(source("end.yaml", role("r0a", view)));
    files.push(source("end2.yaml", role("r0b", view)));
    for level in 1..200 {
        for side in ["a", "b"] {
            let below = format!("  - include: library.r{0}a\n  - include: library.r{0}b\n", level - 1);
            files.push(source(&format!("{level}{side}.yaml"), role(&format!("r{level}{side}"), &below)));
        }
    }
    let policy = Policy::compile(&files).unwrap().policy;
    assert_eq!(policy.rights("library.r199a").len(), 4);

    let mut sets = String::from("sets:\n  s0: {because: x, topics: catalog}\n");
    for set in 1..5_000 {
        sets.push_str(&format!("  s{set}: {{because: x, topics: s{}}}\n", set - 1));
    }
    let application = String::from_utf8(files[0].bytes.to_vec()).unwrap();
    let (before, _) = application.split_once("sets:").unwrap();
    files[0] = source("application.yaml", format!("{before}{sets}"));
    files.push(source("last.yaml", role("last", "  - {allow: view, topics: s4999}\n")));
    let policy = Policy::compile(&files).unwrap().policy;
    assert_eq!(policy.rights("library.last").len(), 2);
}

/// What compiling the file beside a small set finds, a line each.
fn found(bytes: Vec<u8>) -> Vec<String> {
    let mut files = sources(&path("tests/data/mistakes/with"));
    files.push(Source { name: "clerk.yaml".into(), bytes: bytes.into() });
    match Policy::compile(&files) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.iter().map(ToString::to_string).collect(),
    }
}
