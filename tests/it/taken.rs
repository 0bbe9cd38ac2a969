//! What a running engine makes of a directory that arrives cut, messy or half: it is refused as a whole and the last good
//! one stays, or it is read right. As a folder and as a zip.

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use hallpass::{Action, Engine, Request, Resource, Subject};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::support::write;

const POLICIES: [(&str, &str); 2] = [
    (
        "sis.yaml",
        "hallpass: application/v1\napplication: sis\ntitle: A small application\nmodules:\n  grades:\n    \
         title: Grades\n    topics:\n      mark: [view]\n",
    ),
    (
        "teacher.yaml",
        "hallpass: role/v1\nrole: sis.teacher\ntitle: Teacher\nheld_at: school\nreach: section\ngrants:\n  \
         - allow: view\n    topics: [grades.mark]\n",
    ),
];

/// Tia teaches Pim.
const DISTRICT: [(&str, &str); 5] = [
    ("orgs.csv", "sourcedId,status,type,parentSourcedId\nd,,district,\ns1,,school,d\n"),
    ("users.csv", "sourcedId,status,enabledUser,primaryOrgSourcedId\ntia,,true,s1\npim,,true,s1\n"),
    ("classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds\nc1,,s1,\n"),
    (
        "enrollments.csv",
        "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n\
         e1,,c1,tia,teacher,,\ne2,,c1,pim,student,2020-01-01,\n",
    ),
    (
        "role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\na1,,tia,sis.teacher,s1,,\n",
    ),
];

/// An engine over a directory that the test changes.
struct Scene {
    root: TempDir,
    engine: Engine,
    zipped: bool,
}

impl Scene {
    fn new(zipped: bool) -> Self {
        let root = TempDir::new().unwrap();
        POLICIES.iter().for_each(|(name, text)| write(&root.path().join("policies").join(name), text));
        let directory = directory(&root, zipped);
        put(&directory, zipped, &DISTRICT.map(|(name, text)| (name, text.as_bytes().to_vec())));
        let engine = Engine::load(root.path().join("policies"), &directory).unwrap();
        Self { root, engine, zipped }
    }

    /// Puts files there instead of what was there, and reads them.
    fn put(&self, files: &[(&str, Vec<u8>)]) -> Result<(), String> {
        put(&directory(&self.root, self.zipped), self.zipped, files);
        self.engine.reload().map(|_| ()).map_err(|refused| refused.to_string())
    }

    /// Whether somebody may view a mark of Pim's.
    fn may(&self, who: &str) -> bool {
        let request = Request {
            subject: Subject { kind: "user", id: who, ..Subject::default() },
            action: Action { name: "view", ..Action::default() },
            resource: Resource { kind: "sis.grades.mark", student: Some("pim"), ..Resource::default() },
            ..Request::default()
        };
        self.engine.check(&request).unwrap().allow
    }
}

fn directory(root: &TempDir, zipped: bool) -> PathBuf {
    root.path().join(if zipped { "people.zip" } else { "people" })
}

fn put(directory: &std::path::Path, zipped: bool, files: &[(&str, Vec<u8>)]) {
    if zipped {
        return write(directory, pack(files));
    }
    _ = fs::remove_dir_all(directory);
    files.iter().for_each(|(name, bytes)| write(&directory.join(name), bytes));
}

fn pack(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The district with the bytes of one file changed.
fn with(file: &str, change: impl Fn(&str) -> Vec<u8>) -> Vec<(&'static str, Vec<u8>)> {
    DISTRICT.map(|(name, text)| (name, if name == file { change(text) } else { text.as_bytes().to_vec() })).into()
}

#[test]
fn a_file_cut_at_any_byte_is_refused_or_says_less() {
    for zipped in [false, true] {
        let scene = Scene::new(zipped);
        let mut refused = 0;
        for (name, text) in DISTRICT {
            for end in 0..text.len() {
                let before = scene.engine.status();
                let outcome = scene.put(&with(name, |text| text.as_bytes()[..end].to_vec()));
                refused += usize::from(outcome.is_err());
                let after = scene.engine.status();
                assert_eq!(after.failing, outcome.is_err(), "{name} cut at {end}");
                assert!(outcome.is_ok() || after.generation == before.generation, "{name} cut at {end}");
                assert!(!scene.may("pim") && !scene.may("ti"), "{name} cut at {end}");
            }
            scene.put(&with("", |text| text.into())).unwrap();
            assert!(scene.may("tia"), "{name} whole again");
        }
        assert!(refused > 200, "{refused}");
    }
}

#[test]
fn a_zip_cut_at_any_byte_leaves_the_last_good_one() {
    let scene = Scene::new(true);
    let whole = pack(&with("", |text| text.into()));
    let path = directory(&scene.root, true);
    for end in 0..whole.len() {
        write(&path, &whole[..end]);
        assert!(scene.engine.reload().is_err(), "cut at {end}");
        assert!(scene.may("tia") && scene.engine.status().generation == 1, "cut at {end}");
    }
    write(&path, &whole);
    assert!(!scene.engine.reload().unwrap() && !scene.engine.status().failing);
}

/// A shape, the file in it, how its text becomes it, and whether Tia may still view Pim's marks: `None` where the set is
/// refused.
type Shape = (&'static str, &'static str, fn(&str) -> Vec<u8>, Option<bool>);

const SHAPES: [Shape; 16] = [
    (
        "columns in another order",
        "classes.csv",
        |_| "termSourcedIds,sourcedId,schoolSourcedId\n,c1,s1\n".into(),
        Some(true),
    ),
    ("quotes", "users.csv", |text| quoted(text).into(), Some(true)),
    ("a byte order mark", "enrollments.csv", |text| format!("\u{feff}{text}").into(), Some(true)),
    ("carriage returns", "enrollments.csv", |text| text.replace('\n', "\r\n").into(), Some(true)),
    ("states in full", "enrollments.csv", |text| text.replace(",,c1", ",active,c1").into(), Some(true)),
    ("an enrolment deleted", "enrollments.csv", |text| text.replace("e2,,", "e2,tobedeleted,").into(), Some(false)),
    (
        "an assignment deleted",
        "role_assignments.csv",
        |text| text.replace("a1,,", "a1,tobedeleted,").into(),
        Some(false),
    ),
    ("an unknown state", "enrollments.csv", |text| text.replace("e2,,", "e2,gone,").into(), Some(false)),
    ("a day in another shape", "enrollments.csv", |text| text.replace("2020-01-01", "1/1/2020").into(), Some(false)),
    (
        "a day with a time",
        "enrollments.csv",
        |text| text.replace("2020-01-01", "2020-01-01T00:00:00Z").into(),
        Some(false),
    ),
    ("an id in other letters", "enrollments.csv", |text| text.replace("tia", "Tia").into(), Some(false)),
    ("an id with a blank", "enrollments.csv", |text| text.replace(",tia", ", tia").into(), Some(false)),
    ("UTF-16", "users.csv", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect(), None),
    ("semicolons", "users.csv", |text| text.replace(',', ";").into(), None),
    ("two rows of one id", "users.csv", |text| format!("{text}tia,,true,s1\n").into(), None),
    ("a row that is long", "enrollments.csv", |text| format!("{text}e3,,c1,pim,student,,,,\n").into(), None),
];

fn quoted(text: &str) -> String {
    let line = |line: &str| line.split(',').map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(",") + "\n";
    text.lines().map(line).collect()
}

#[test]
fn shapes_of_real_exports_are_read_right_or_refused() {
    for zipped in [false, true] {
        for (what, file, change, expected) in SHAPES {
            let scene = Scene::new(zipped);
            let outcome = scene.put(&with(file, change));
            assert_eq!(outcome.is_ok(), expected.is_some(), "{what}: {outcome:?}");
            assert_eq!(scene.may("tia"), expected.unwrap_or(true), "{what}, zipped: {zipped}");
        }
    }
}

#[test]
fn files_in_other_letters_and_missing_ones_refuse_the_set_and_a_manifest_is_not_needed() {
    for zipped in [false, true] {
        let scene = Scene::new(zipped);
        let renamed: Vec<(&str, Vec<u8>)> = with("", |text| text.into())
            .into_iter()
            .map(|(name, bytes)| (if name == "users.csv" { "Users.csv" } else { name }, bytes))
            .collect();
        let refused = scene.put(&renamed).unwrap_err();
        assert!(refused.contains("the file is missing (`Users.csv` is there: rename it)"), "{refused}");
        for (gone, _) in DISTRICT {
            let left: Vec<_> = with("", |text| text.into()).into_iter().filter(|(name, _)| *name != gone).collect();
            let outcome = scene.put(&left);
            assert_eq!(outcome.is_ok(), gone == "role_assignments.csv", "without {gone}: {outcome:?}");
            assert_eq!(scene.may("tia"), gone != "role_assignments.csv", "without {gone}");
        }
        let mut listed = with("", |text| text.into());
        listed.push(("manifest.csv", b"propertyName,value\noneroster.version,1.2\n".to_vec()));
        scene.put(&listed).unwrap();
        assert!(scene.may("tia"));
    }
}

#[test]
fn a_directory_that_lost_many_of_its_people_is_taken_by_a_start_only() {
    let many = |count: usize| {
        let more: String = (0..count).map(|n| format!("u{n},,true,s1\n")).collect();
        with("users.csv", |text| format!("{text}{more}").into())
    };
    for zipped in [false, true] {
        let scene = Scene::new(zipped);
        scene.put(&many(200)).unwrap();
        scene.put(&many(170)).unwrap();
        let refused = scene.put(&many(100)).unwrap_err();
        let message = "users.csv: there are 102 users where there were 172: more than a fifth are gone (if the export is \
                       whole and they are meant to be gone, restart to take it)";
        assert!(refused.contains(message), "{refused}");
        assert!(scene.engine.status().failing && scene.may("tia"));
        assert!(scene.put(&many(100)).is_err(), "asking again changes nothing");
        let again = Engine::load(scene.root.path().join("policies"), directory(&scene.root, zipped)).unwrap();
        assert_ne!(again.status().live.directory, scene.engine.status().live.directory);
        scene.put(&many(150)).unwrap();
        assert!(!scene.engine.status().failing);
    }
}
