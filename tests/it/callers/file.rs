//! The file of callers: every mistake has its place, and says what to do.

use std::path::Path;

use hallpass::caller::Callers;

use crate::support::source;

/// What is wrong with the entry of one caller, a line each.
fn findings(text: &str) -> Vec<String> {
    let key = |path: &Path| match path.to_str().unwrap() {
        "good.key" => Ok(b"0123456789abcdef0123456789abcdef\r\n".to_vec()),
        "short.key" => Ok(b"0123456789abcdef\n0123456789abcdef".to_vec()),
        "blank.key" => Ok(b"0123456789abcdef 0123456789abcdef".to_vec()),
        _ => Err("No such file".to_owned()),
    };
    let read = Callers::read(&source("callers.yaml", text), key);
    read.err().into_iter().flatten().map(|finding| finding.to_string()).collect()
}

fn entry(lines: &str) -> Vec<String> {
    findings(&format!("hallpass: callers/v1\ncallers:\n  portal:\n{lines}"))
}

#[test]
fn good_files() {
    for lines in [
        "    uid: 0\n",
        "    uid: 1337\n    may: [check, explain, search, status]\n    applications: misis\n",
        "    key_file: good.key\n    applications: [misis, map]\n",
        "    spiffe: spiffe://district.example/a/b-c_d.e\n    key_file: good.key\n    uid: 1\n",
    ] {
        assert_eq!(entry(lines), [""; 0], "{lines}");
    }
}

#[test]
fn mistakes_in_the_file() {
    for (text, message) in [
        ("", "callers.yaml"),
        ("callers:\n  a:\n    uid: 1\n", "`hallpass` is missing"),
        ("hallpass: callers/v1\n", "`callers` is missing"),
        ("hallpass: callers/v1\ncallers: {}\n", "2:10: `callers` names nobody"),
        ("hallpass: callers/v1\ncallers:\n", "`callers` has no value"),
        (
            "hallpass: callers/v2\ncallers:\n  a:\n    uid: 1\n",
            "1:11: `callers/v2` is no kind of file that can stand here",
        ),
        ("hallpass: role/v1\ncallers:\n  a:\n    uid: 1\n", "(write `hallpass: callers/v1`)"),
        ("hallpass: callers/v1\ncallers:\n  a:\n    uid: 1\n  a:\n    uid: 2\n", "5:3: `a` is given twice"),
        (
            "hallpass: callers/v1\ncallers:\n  a:\n    uid: 1\n  b:\n    uid: 1\n",
            "5:3: `a` and `b` have the same `uid`",
        ),
        (
            "hallpass: callers/v1\ncallers:\n  a:\n    key_file: good.key\n  b:\n    key_file: good.key\n",
            "5:3: `a` and `b` have the same key",
        ),
        (
            "hallpass: callers/v1\ncallers:\n  a:\n    spiffe: spiffe://d/x\n  b:\n    spiffe: spiffe://d/x\n",
            "5:3: `a` and `b` have the same `spiffe`",
        ),
        ("hallpass: callers/v1\ncallers:\n  a b:\n    uid: 1\n", "3:3: `a b` is no name for a caller"),
    ] {
        let found = findings(text);
        assert!(found.iter().any(|finding| finding.contains(message)), "{text}: {found:?}");
    }
}

#[test]
fn mistakes_in_an_entry() {
    let spiffe = |text: &str| format!("    spiffe: '{text}'\n");
    let cases = [
        (
            "    may: [check]\n".to_owned(),
            "nothing proves that somebody is `portal` (give it `spiffe`, `key_file` or `uid`)",
        ),
        ("    uid: 1\n    may: [chek]\n".to_owned(), "5:11: `chek` is no permission (did you mean `check`?)"),
        ("    uid: 1\n    may: []\n".to_owned(), "`may` lists nothing"),
        ("    uid: 1\n    applications: []\n".to_owned(), "`applications` lists nothing"),
        ("    uid: -1\n".to_owned(), "`uid` must be the number of a user"),
        ("    uid: 1.5\n".to_owned(), "`uid` must be the number of a user"),
        ("    uid: root\n".to_owned(), "`uid` must be the number of a user (`id -u NAME` prints it)"),
        ("    uid: 4294967295\n".to_owned(), "`uid` must be the number of a user"),
        ("    keyfile: good.key\n".to_owned(), "did you mean `key_file`?"),
        ("    key_file: short.key\n".to_owned(), "4:15: the key in `short.key` is too short"),
        ("    key_file: blank.key\n".to_owned(), "cannot stand in a header"),
        ("    key_file: none.key\n".to_owned(), "the key in `none.key` cannot be read: No such file"),
    ];
    let names = [
        "https://d/x",
        "spiffe://d",
        "spiffe://d/",
        "spiffe:///x",
        "spiffe://D/x",
        "spiffe://d/x/",
        "spiffe://d//x",
        "spiffe://d/../x",
        "spiffe://d/x?y",
        "spiffe://d/*",
        "spiffe://d:1/x",
        "SPIFFE://d/x",
        " spiffe://d/x",
    ];
    let unnamed = names.map(|name| (spiffe(name), "is no SPIFFE ID"));
    for (lines, message) in cases.into_iter().chain(unnamed) {
        let found = entry(&lines);
        assert!(found.len() == 1 && found[0].contains(message), "{lines}: {found:?}");
    }
}
