//! Zips of a folder, and zips that are refused.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

use super::BASE;
use crate::directory::Roster;
use crate::directory::zip::{unpack, unpack_within};

fn pack(files: &[(String, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn base(folder: &str) -> Vec<(String, &'static str)> {
    BASE.iter().map(|(name, text)| (format!("{folder}{name}"), *text)).collect()
}

#[test]
fn a_zip_is_read_like_a_folder() {
    for folder in ["", "district/"] {
        let mut files = base(folder);
        files.push((format!("{folder}demographics.csv"), "x"));
        files.push(("__MACOSX/deep/._users.csv".to_owned(), "x"));
        let sources = unpack("d.zip", &pack(&files)).unwrap();
        assert_eq!(sources.len(), BASE.len());
        let loaded = Roster::load(&sources, &[]).unwrap();
        assert_eq!(super::describe(&loaded.roster, "p"), "p: active student attends=c1");
    }
}

#[test]
fn zips_that_are_refused() {
    let mut scattered = base("");
    scattered.push(("more/roles.csv".to_owned(), "sourcedId\n"));
    let deep = base("a/b/");
    let many: Vec<_> = (0..65).map(|n| (format!("{n}.csv"), "")).collect();
    let mut damaged = pack(&base(""));
    damaged[60] ^= 0xff;
    let cases = [
        (pack(&scattered), "d.zip: `more/roles.csv` lies in another folder than the rest: put all files in one"),
        (pack(&deep), "d.zip: `a/b/orgs.csv` lies in another folder than the rest: put all files in one"),
        (pack(&many), "d.zip: the zip holds 65 files, more than 64"),
        (b"no zip".to_vec(), "d.zip: this is not a zip file that can be read"),
        (damaged, "d.zip: `orgs.csv` can't be unpacked"),
    ];
    for (bytes, message) in cases {
        let finding = unpack("d.zip", &bytes).unwrap_err().to_string();
        assert!(finding.starts_with(message), "{finding}");
    }
}

#[test]
fn a_zip_is_bounded_by_what_it_unpacks_to() {
    let zip = pack(&base(""));
    let total: usize = BASE.iter().map(|(_, text)| text.len()).sum();
    assert!(unpack_within("d.zip", &zip, total as u64).is_ok());
    let finding = unpack_within("d.zip", &zip, total as u64 - 1).unwrap_err();
    assert_eq!(finding.to_string(), "d.zip: the zip unpacks to more than 4 GiB");
}

#[test]
fn a_zip_cut_off_anywhere_is_refused() {
    let zip = pack(&base(""));
    for end in 0..zip.len() {
        assert!(unpack("d.zip", &zip[..end]).is_err(), "cut at {end}");
    }
}
