//! The limits of the server: those of `docs/hardening.md` are the defaults of its settings, and what it announces to a
//! peer over HTTP/2.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::attacks::frames::{SETTINGS, WINDOW_UPDATE, hello, received};
use crate::running::Server;
use crate::support::path;

/// Settings of the page with their values, those of the command line or those of the protocol.
fn documented(is_one: fn(&str) -> bool) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path("docs/hardening.md")).unwrap();
    let row = |line: &str| {
        let [_, setting, value, _] = line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Some((setting.strip_prefix('`')?.strip_suffix('`')?.to_owned(), value.to_owned()))
    };
    let rows = text.lines().filter(|line| line.starts_with("| ")).filter_map(row);
    rows.filter(|(setting, _)| is_one(setting)).collect()
}

/// What the help says of a flag's default.
fn default<'h>(help: &'h str, flag: &str) -> Option<&'h str> {
    let about = help
        .split("\n      --")
        .find(|about| about.starts_with(&format!("{} <", flag.trim_start_matches('-'))))
        .unwrap();
    about.split_once("[default: ")?.1.split_once(']').map(|(value, _)| value)
}

#[test]
fn defaults_are_those_of_the_page() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    let help = String::from_utf8(command.args(["serve", "--help"]).env_clear().output().unwrap().stdout).unwrap();
    let documented = documented(|setting| setting.starts_with("--"));
    assert_eq!(documented.len(), 9, "{documented:?}");
    for (flag, value) in documented {
        assert_eq!(default(&help, &flag).unwrap_or("off"), value, "{flag}");
    }
}

/// What a peer hears first: settings by their names, and how many bytes a connection has room for.
fn announced(server: SocketAddr) -> (BTreeMap<String, String>, u32) {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.write_all(&hello(&[])).unwrap();
    let ([kind, _], _, payload) = received(&mut stream);
    assert_eq!(kind, SETTINGS, "the first frame");
    let name = |id: [u8; 2]| match id {
        [0, 3] => "MAX_CONCURRENT_STREAMS".to_owned(),
        [0, 4] => "INITIAL_WINDOW_SIZE".to_owned(),
        [0, 5] => "MAX_FRAME_SIZE".to_owned(),
        [0, 6] => "MAX_HEADER_LIST_SIZE".to_owned(),
        other => format!("{other:?}"),
    };
    let setting = |entry: &[u8; 6]| {
        let [high, low, value @ ..] = *entry;
        (name([high, low]), u32::from_be_bytes(value).to_string())
    };
    let settings = payload.as_chunks().0.iter().map(setting).collect();
    let window = loop {
        if let ([WINDOW_UPDATE, _], 0, more) = received(&mut stream) {
            break 65_535 + u32::from_be_bytes(more.try_into().unwrap());
        }
    };
    (settings, window)
}

#[test]
fn the_settings_of_a_connection_are_those_of_the_page() {
    let server = Server::start();
    for addr in [server.grpc, server.http] {
        let documented = documented(|setting| setting.contains('_'));
        assert_eq!(announced(addr), (documented, 393_216));
    }
}
