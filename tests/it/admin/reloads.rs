//! `POST /reload`: the files are read at once, and the answer says what came of it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use hallpass::app::{AdminPlane, Settings};
use hallpass::live;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::reload::{Config, Handle};
use hallpass::snapshot::Builder;
use serde_json::json;
use tempfile::TempDir;

use super::{counting, settings};
use crate::running::{Answer, Server};
use crate::support::{copy, edit, path};

const TEACHER: &str = "policies/misis/teacher.yaml";
const MARKS: &str = "topics: [grades.mark, grades.retention_warning, grades.failing_senior]";

/// Copies of the shipped folders, a server that follows them, and nobody who signals a change.
pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) handle: Handle,
    pub(super) folders: TempDir,
}

impl Scene {
    pub(super) fn start() -> Self {
        let folders = tempfile::tempdir().unwrap();
        let (policies, directory) = (folders.path().join("policies"), folders.path().join("directory"));
        copy(&path("policies"), &policies);
        copy(&path("examples/district"), &directory);
        let never = Duration::from_secs(36_000);
        let config = Config { watch: false, poll: never, ..Config::new(policies, Some(directory)) };
        let builder = Builder::new(vec!["user".to_owned()], None);
        let point = |snapshot| Pdp::new(snapshot, Limits::default()).telling(counting());
        let (pdp, handle) = live::start_as(config, builder, point).unwrap();
        let settings = settings();
        let plane = AdminPlane { trigger: Some(handle.trigger()), ..settings.admin.clone().unwrap() };
        let server = Server::over(&Settings { admin: Some(plane), ..settings }, pdp, Some(handle.status()));
        Self { server, handle, folders }
    }

    pub(super) fn reload(&self) -> Answer {
        self.server.admin("POST", "/reload", &[])
    }
}

#[test]
fn a_reload_says_what_came_of_it() {
    let scene = Scene::start();
    let before = scene.reload();
    assert_eq!((before.status, &before.body["changed"], &before.body["generation"]), (200, &json!(false), &json!(1)));
    let teacher = scene.folders.path().join(TEACHER);
    let good = fs::read_to_string(&teacher).unwrap();

    edit(&teacher, MARKS, "topics: [grades.retention_warning, grades.failing_senior]");
    let changed = scene.reload();
    assert_eq!((changed.status, &changed.body["changed"], &changed.body["generation"]), (200, &json!(true), &json!(2)));
    assert_ne!(changed.body["policy_revision"], before.body["policy_revision"]);
    assert_eq!(changed.body["directory_revision"], before.body["directory_revision"]);
    assert_eq!(changed.body.get("findings"), None);

    let line = 1 + good.lines().position(|line| line.contains(MARKS)).unwrap();
    fs::write(&teacher, good.replace(MARKS, "topics: [grades.marc]")).unwrap();
    let refused = scene.reload();
    assert_eq!(
        (refused.status, &refused.body["changed"], &refused.body["generation"]),
        (422, &json!(false), &json!(2))
    );
    assert_eq!(refused.body["policy_revision"], changed.body["policy_revision"], "the last good ones stay");
    let finding = refused.body["findings"][0].as_str().unwrap();
    assert!(finding.starts_with(&format!("misis/teacher.yaml:{line}:14: ")), "{finding}");
    let page = scene.server.page();
    assert_eq!(page.value("hallpass_reload_ok"), 0.0);
    assert!(page.value("hallpass_reload_last_failure_timestamp_seconds") > 1.7e9);
    let reloads = page.counted("hallpass_reloads_total");
    assert_eq!(reloads[r#"{result="ok"}"#], 1);
    assert!(reloads[r#"{result="failed"}"#] >= 1, "{reloads:?}");

    fs::write(&teacher, &good).unwrap();
    let mended = scene.reload();
    assert_eq!((mended.status, &mended.body["changed"], &mended.body["generation"]), (200, &json!(true), &json!(3)));
    assert_eq!(mended.body["policy_revision"], before.body["policy_revision"]);
    let page = scene.server.page();
    assert_eq!((page.value("hallpass_reload_ok"), page.value("hallpass_snapshot_generation")), (1.0, 3.0));
    let revision = before.body["policy_revision"].as_str().unwrap();
    assert_eq!(page.value(&format!("hallpass_policy_info{{revision=\"{revision}\"}}")), 1.0);
    scene.handle.stop();
}

/// Whoever asks learns of a check that began after they asked, however many ask at once.
#[test]
fn reloads_asked_for_at_once_all_see_what_was_written_before() {
    let scene = Arc::new(Scene::start());
    edit(&scene.folders.path().join(TEACHER), MARKS, "topics: [grades.retention_warning, grades.failing_senior]");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let scene = Arc::clone(&scene);
            scope.spawn(move || assert_eq!(scene.reload().body["generation"], 2));
        }
    });
}

#[test]
fn files_that_nobody_follows_any_more_are_no_success() {
    let Scene { server, handle, folders: _folders } = Scene::start();
    handle.stop();
    assert_eq!(server.admin("POST", "/reload", &[]).status, 503);
    assert_eq!(server.admin("GET", "/livez", &[]).status, 200);
}
