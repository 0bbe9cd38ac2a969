//! Zips of a folder, and zips that are refused.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use zip::write::SimpleFileOptions;

use super::BASE;
use crate::directory::Roster;
use crate::directory::zip::Archive;

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

/// A zip in a file that has no name any more.
fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The roster of a zip, or what is wrong with it, a line each.
fn load(bytes: &[u8]) -> Result<Roster, Vec<String>> {
    let zip = Archive::open("d.zip", file(bytes)).map_err(|finding| vec![finding.to_string()])?;
    let names: Vec<_> = zip.files().map(|(name, _)| Arc::clone(name)).collect();
    let open = |name: &str| Ok(Box::new(zip.read(name)?) as Box<dyn Read>);
    Roster::read(&names, &open, &[]).map(|loaded| loaded.roster).map_err(|errors| super::lines(&errors))
}

#[test]
fn a_zip_is_read_like_a_folder() {
    for folder in ["", "district/"] {
        let mut files = base(folder);
        files.push((format!("{folder}demographics.csv"), "x"));
        files.push(("__MACOSX/deep/._users.csv".to_owned(), "x"));
        let zip = pack(&files);
        assert_eq!(Archive::open("d.zip", file(&zip)).unwrap().files().count(), BASE.len());
        assert_eq!(super::describe(&load(&zip).unwrap(), "p"), "p: active student attends=c1");
    }
}

/// The CSV reader asks for more after the end, where the last line has no break.
#[test]
fn files_without_a_last_line_break_are_read_to_their_end() {
    let files: Vec<_> = base("").into_iter().map(|(name, text)| (name, text.trim_end())).collect();
    assert_eq!(super::describe(&load(&pack(&files)).unwrap(), "p"), "p: active student attends=c1");
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
        (damaged, "orgs.csv: the file can't be read: it can't be unpacked"),
    ];
    for (bytes, message) in cases {
        let errors = load(&bytes).unwrap_err();
        assert!(errors[0].starts_with(message), "{errors:?}");
    }
}

#[test]
fn a_zip_is_bounded_by_what_it_says_it_unpacks_to() {
    let zip = pack(&base(""));
    let total: usize = BASE.iter().map(|(_, text)| text.len()).sum();
    assert!(Archive::open_within("d.zip", file(&zip), total as u64).is_ok());
    let finding = Archive::open_within("d.zip", file(&zip), total as u64 - 1).unwrap_err();
    assert_eq!(finding.to_string(), "d.zip: the zip unpacks to more than 4 GiB");
}

#[test]
fn a_zip_that_unpacks_to_more_than_it_says_is_refused() {
    let mut zip = pack(&base(""));
    let said = u32::try_from(BASE[1].1.len()).unwrap();
    let name = b"users.csv";
    let at = zip.windows(name.len()).rposition(|window| window == name).unwrap();
    // The central directory has the size twenty-two bytes before the name.
    let size = at - 22..at - 18;
    assert_eq!(zip[size.clone()], said.to_le_bytes());
    zip[size].copy_from_slice(&(said - 1).to_le_bytes());
    let errors = load(&zip).unwrap_err();
    assert!(errors[0].starts_with("users.csv: the file can't be read: it can't be unpacked"), "{errors:?}");
}

#[test]
fn a_zip_cut_off_anywhere_is_refused() {
    let zip = pack(&base(""));
    for end in 0..zip.len() {
        assert!(load(&zip[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_zip_that_nobody_reads_to_its_end_holds_nothing_up() {
    let zip = Archive::open("d.zip", file(&pack(&base("")))).unwrap();
    let mut users = zip.read("users.csv").unwrap();
    users.read_exact(&mut [0; 9]).unwrap();
    drop((users, zip.read("orgs.csv").unwrap()));
    assert!(zip.read("roles.csv").is_err());
}
