//! Files that are put aside, moved and deleted, and the policies that are kept beside them.

use std::fs;
use std::path::PathBuf;

use hallpass::Engine;
use hallpass::policy::request::Limits;
use hallpass::reload;
use hallpass::snapshot::Builder;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::{DecisionLog, Settings, StartError};

use super::{Scene, key_file, lines, mark, of, until, verified};
use crate::support::{copy, path, sources};

/// The files of a scene's log, the newest last.
fn files(scene: &Scene) -> Vec<PathBuf> {
    let all = fs::read_dir(scene.place.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        all.filter(|path| path.is_file() && path.to_string_lossy().contains(".log")).collect();
    files.retain(|path| !path.ends_with("log.key"));
    files.sort();
    files.rotate_left(1);
    files
}

#[test]
fn a_large_file_is_put_aside_and_the_chain_goes_on() {
    let scene = Scene::with(|place, settings| Settings {
        rotate: Some(20_000),
        key: Some(key_file(place)),
        required: true,
        ..settings
    });
    for _ in 0..200 {
        assert!(scene.ask("s.0142").unwrap());
    }
    super::close(&scene.log);
    let files = files(&scene);
    assert!(files.len() > 4 && files.last() == Some(&scene.path()), "{files:?}");
    let report = verified(&files, Some(&scene.place.path().join("log.key")), None);
    assert_eq!((report.wrong, report.vouched.unwrap().0), (0, report.span.unwrap().1));
    let decisions: usize = files.iter().map(|file| of(&lines(file), "decision").len()).sum();
    assert_eq!(decisions, 200);
    for file in &files {
        let last = lines(file).pop().unwrap();
        assert_eq!(last["line"], "checkpoint", "a file ends with what vouches for it");
        let (name, seq) = (file.to_string_lossy().into_owned(), last["seq"].as_u64().unwrap());
        assert!(file == &scene.path() || name.ends_with(&format!(".{seq:012}")), "{name}");
    }
    let report = verified(&[files[0].clone(), files[2].clone()], None, None);
    assert_eq!(report.wrong, 1, "a file that is left out is missed: {:?}", report.findings);
}

#[test]
fn a_file_that_is_moved_or_deleted_is_begun_anew() {
    let scene = Scene::with(|_, settings| Settings { required: true, ..settings });
    assert!(scene.ask("s.0142").unwrap());
    let aside = scene.place.path().join("aside.log");
    fs::rename(scene.path(), &aside).unwrap();
    assert!(scene.ask("s.0142").unwrap());
    assert_eq!(lines(&scene.path())[0]["line"], "reopened");
    assert_eq!(verified(&[aside.clone(), scene.path()], None, None).wrong, 0);
    fs::remove_file(scene.path()).unwrap();
    assert!(scene.ask("s.0142").unwrap());
    let report = verified(&[aside, scene.path()], None, None);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].what.to_string().starts_with("lines 3 to 4 are missing"), "{:?}", report.findings);
    fs::File::options().write(true).open(scene.path()).unwrap().set_len(0).unwrap();
    assert!(scene.ask("s.0142").unwrap());
    let last = lines(&scene.path());
    assert_eq!((&last[0]["line"], &last[0]["why"]), (&"reopened".into(), &"the file was cut".into()));
    assert_eq!(scene.log.figures().written, 4);
}

#[test]
fn two_processes_do_not_write_one_log() {
    let scene = Scene::new();
    until(&scene.log, |figures| figures.last_write > 0);
    let second = DecisionLog::start(Settings::at(Some(scene.path())));
    assert!(matches!(second, Err(StartError::Open(_))), "{second:?}");
    super::close(&scene.log);
    let again = DecisionLog::start(Settings::at(Some(scene.path()))).unwrap();
    super::close(&again);
    assert_eq!(verified(&[scene.path()], None, None).wrong, 0);
}

#[test]
fn what_is_no_log_is_not_written_to() {
    let place = tempfile::TempDir::new().unwrap();
    let file = place.path().join("report.txt");
    for text in ["a report\n", "a report", "{\"seq\":1}\n"] {
        fs::write(&file, text).unwrap();
        let refused = DecisionLog::start(Settings::at(Some(file.clone()))).unwrap_err();
        assert!(refused.to_string().contains("does not end in a decision log"), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    assert!(DecisionLog::start(Settings::at(Some(place.path().to_owned()))).is_err());
    let nowhere = place.path().join("nowhere/decisions.log");
    assert!(DecisionLog::start(Settings::at(Some(nowhere))).is_err());
}

/// Each policy that decided is kept, whole, and explains the answers of its day.
#[test]
fn policies_that_decided_are_kept_beside_the_log() {
    let place = tempfile::TempDir::new().unwrap();
    let (policies, log) = (place.path().join("policies"), place.path().join("decisions.log"));
    copy(&path("policies"), &policies);
    let log_of = std::sync::Arc::new(DecisionLog::start(Settings::at(Some(log.clone()))).unwrap());
    let config = reload::Config::new(&policies, Some(path("examples/district")));
    let builder = Builder::new(vec!["user".to_owned()], None);
    let telemetry = Telemetry::new(Some(std::sync::Arc::clone(&log_of)));
    let (pdp, handle) = hallpass::live::start_as(config, builder, |snapshot| {
        hallpass::pdp::Pdp::new(snapshot, Limits::default()).telling(telemetry)
    })
    .unwrap();
    let mut kept = Vec::new();
    for change in ["# one\n", "# two\n"] {
        assert!(super::ask(&pdp, &mark("t.rivera", "s.0142")).unwrap());
        kept.push(sources(&policies));
        let teacher = policies.join("misis/teacher.yaml");
        let text = fs::read_to_string(&teacher).unwrap();
        fs::write(&teacher, text + change).unwrap();
        handle.reload().unwrap();
    }
    // This one decides nothing.
    handle.stop();
    super::close(&log_of);
    let mut revisions: Vec<String> =
        super::decisions(&log).iter().map(|line| line["policy"].as_str().unwrap().to_owned()).collect();
    revisions.dedup();
    let archive = place.path().join("decisions.log.policies");
    let mut there: Vec<String> =
        fs::read_dir(&archive).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    let mut sorted = revisions.clone();
    sorted.sort();
    assert_eq!((revisions.len(), there), (2, sorted));
    for (revision, files) in revisions.iter().zip(kept) {
        let folder = archive.join(revision);
        let same = |(a, b): (&hallpass::policy::source::Source, &hallpass::policy::source::Source)| {
            a.name == b.name && a.bytes == b.bytes
        };
        let archived = sources(&folder);
        assert!(archived.len() == files.len() && archived.iter().zip(&files).all(same), "{revision}");
        let engine = Engine::load(&folder, path("examples/district")).unwrap();
        let answer = engine.explain(&mark("t.rivera", "s.0142")).unwrap().answer;
        assert_eq!((answer.allow, &*answer.policy_revision), (true, revision.as_str()));
    }
}
