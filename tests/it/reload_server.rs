//! Files edited under a running server: the next answer after the new generation is the new one, a mistake leaves the
//! last good files in use and is told with its place, and what did not change is not built again.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hallpass::caller::Caller;
use hallpass::directory::Roster;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hallpass::live;
use hallpass::policy::compiled::Policy;
use hallpass::policy::request::Limits;
use hallpass::reload::status::StatusData;
use hallpass::reload::{Config, Handle};
use hallpass::snapshot::Builder;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use crate::running::{Server, runtime, settings};
use crate::support::{append, copy, edit, path};

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// Copies of the shipped folders, a server that follows them, and somebody who asks it.
struct Scene {
    // The client goes before the server, which would wait for it.
    client: HallpassClient<Channel>,
    runtime: Runtime,
    server: Server,
    handle: Handle,
    folders: TempDir,
}

impl Scene {
    fn start() -> Self {
        let folders = tempfile::tempdir().unwrap();
        let (policies, directory) = (folders.path().join("policies"), folders.path().join("directory"));
        copy(&path("policies"), &policies);
        copy(&path("examples/district"), &directory);
        let config = Config { poll: Duration::from_secs(3_600), ..Config::new(policies, Some(directory)) };
        let builder = Builder::new(vec!["user".to_owned()], None);
        let (pdp, handle) = live::start(config, builder, Limits::default()).unwrap();
        let server = Server::over(&settings(), pdp, Some(handle.status()));
        let runtime = runtime();
        let client = runtime.block_on(async { server.hallpass() });
        Self { folders, handle, server, runtime, client }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folders.path().join(name)
    }

    fn until(&self, what: &str, fits: impl FnMut(&StatusData) -> bool) {
        let awaited = self.handle.status().wait_for(LIMIT, fits);
        awaited.unwrap_or_else(|late| panic!("{what}: {late}: {:?}", late.last));
    }

    fn generation(&self, wanted: u64) {
        self.until(&format!("generation {wanted}"), |state| state.generation == wanted && !state.failing);
    }

    /// May this person update the marks of this student, and why.
    fn ask(&mut self, who: &str, student: &str) -> hp::CheckResponse {
        let check = hp::CheckRequest {
            subject: Some(hp::Subject { r#type: "user".into(), id: who.into(), properties: None }),
            action: Some(hp::Action { name: "update".into(), properties: None }),
            resource: Some(hp::Resource {
                r#type: "misis.grades.mark".into(),
                student: Some(student.into()),
                ..hp::Resource::default()
            }),
            context: None,
        };
        self.runtime.block_on(self.client.check(check)).unwrap().into_inner()
    }

    fn reason(&mut self, who: &str, student: &str) -> String {
        self.ask(who, student).reason
    }

    fn status(&mut self) -> (hp::StatusResponse, hp::Reload) {
        let status = self.runtime.block_on(self.client.status(hp::StatusRequest {})).unwrap().into_inner();
        let reload = status.reload.clone().unwrap();
        (status, reload)
    }

    /// What is built: policy and roster.
    fn built(&self) -> (Arc<Policy>, Arc<Roster>) {
        let view = self.server.pdp.view(Caller::Anybody);
        let snapshot = view.snapshot();
        (Arc::clone(&snapshot.policy), snapshot.roster.clone().unwrap())
    }
}

const TEACHER: &str = "policies/misis/teacher.yaml";
const ASSIGNMENTS: &str = "directory/role_assignments.csv";
/// The Teacher's last grant, and the same without marks.
const ENTERS_MARKS: &str = "topics: [grades.mark, grades.retention_warning, grades.failing_senior]";
const ENTERS_WARNINGS: &str = "topics: [grades.retention_warning, grades.failing_senior]";

#[test]
fn a_grant_taken_out_of_a_file_is_gone_from_the_next_answer() {
    let mut scene = Scene::start();
    let before = scene.ask("t.rivera", "s.0142");
    assert_eq!((before.allow, before.reason.as_str()), (true, "granted"));
    edit(&scene.file(TEACHER), ENTERS_MARKS, ENTERS_WARNINGS);
    scene.generation(2);
    let after = scene.ask("t.rivera", "s.0142");
    assert_eq!((after.allow, after.reason.as_str()), (false, "no_grant"));
    assert_ne!(after.policy_revision, before.policy_revision);
    assert_eq!(after.directory_revision, before.directory_revision);
    edit(&scene.file(TEACHER), ENTERS_WARNINGS, ENTERS_MARKS);
    scene.generation(3);
    assert_eq!(scene.ask("t.rivera", "s.0142"), before);
}

#[test]
fn a_broken_file_changes_nothing_and_is_told_with_its_place_until_it_is_mended() {
    let mut scene = Scene::start();
    let before = scene.ask("t.rivera", "s.0142");
    let good = fs::read_to_string(scene.file(TEACHER)).unwrap();
    let line = 1 + good.lines().position(|line| line.contains(ENTERS_MARKS)).unwrap();
    edit(&scene.file(TEACHER), ENTERS_MARKS, "topics: [grades.marc]");
    scene.until("refused", |state| state.failing);
    assert_eq!(scene.ask("t.rivera", "s.0142"), before);
    let (status, reload) = scene.status();
    assert_eq!((status.generation, &status.policy_revision), (1, &before.policy_revision));
    assert!(reload.failing && reload.watching && reload.failed >= 1 && reload.succeeded == 0, "{reload:?}");
    let place = format!("misis/teacher.yaml:{line}:14: ");
    assert!(reload.last_failure[0].starts_with(&place), "{place}: {:?}", reload.last_failure);
    fs::write(scene.file(TEACHER), good.replace(ENTERS_MARKS, ENTERS_WARNINGS)).unwrap();
    scene.generation(2);
    assert_eq!(scene.reason("t.rivera", "s.0142"), "no_grant");
    let (status, reload) = scene.status();
    assert_eq!((status.generation, reload.failing, reload.succeeded), (2, false, 1));
    assert!(reload.last_failure[0].starts_with(&place), "the last refusal is still told");
}

#[test]
fn a_mended_file_is_the_live_one_again_without_being_published() {
    let mut scene = Scene::start();
    let (policy, roster) = scene.built();
    edit(&scene.file(TEACHER), "role: misis.teacher", "rolle: misis.teacher");
    scene.until("refused", |state| state.failing);
    edit(&scene.file(TEACHER), "rolle: misis.teacher", "role: misis.teacher");
    scene.until("mended", |state| !state.failing);
    assert_eq!(scene.status().0.generation, 1);
    let (same_policy, same_roster) = scene.built();
    assert!(Arc::ptr_eq(&policy, &same_policy) && Arc::ptr_eq(&roster, &same_roster));
}

#[test]
fn an_assignment_written_or_taken_away_counts_from_the_next_answer() {
    let mut scene = Scene::start();
    // A teacher of another school; then a second assignment makes them Mark Reporting of this one.
    assert_eq!(scene.reason("t.nguyen", "s.0999"), "scope_mismatch");
    let row = "ra.new,,t.nguyen,misis.school_office_mark_reporting,sch.graniteford,,\n";
    append(&scene.file(ASSIGNMENTS), row);
    scene.generation(2);
    let gained = scene.ask("t.nguyen", "s.0999");
    let grant = gained.grant.unwrap();
    assert_eq!((grant.role.as_str(), grant.org.as_str()), ("misis.school_office_mark_reporting", "sch.graniteford"));
    edit(&scene.file(ASSIGNMENTS), row, "");
    scene.generation(3);
    assert_eq!(scene.reason("t.nguyen", "s.0999"), "scope_mismatch");
    // A row that ends today is out of effect.
    edit(
        &scene.file(ASSIGNMENTS),
        "t.rivera,misis.teacher,sch.fernvale,,",
        "t.rivera,misis.teacher,sch.fernvale,,2020-01-01",
    );
    scene.generation(4);
    assert_eq!(scene.reason("t.rivera", "s.0142"), "assignment_not_in_effect");
}

#[test]
fn files_that_are_gone_leave_the_last_good_ones_in_use() {
    let mut scene = Scene::start();
    let before = scene.ask("t.rivera", "s.0142");
    let away = scene.file("away");
    for (folder, failures) in [("policies", 1), ("directory", 2)] {
        fs::rename(scene.file(folder), &away).unwrap();
        scene.until("refused", |state| state.failing && state.reloads_failed >= failures);
        assert_eq!(scene.ask("t.rivera", "s.0142"), before, "without {folder}");
        fs::create_dir(scene.file(folder)).unwrap();
        let failed = scene.handle.status().load().reloads_failed;
        scene.handle.reload_now();
        scene.until("an empty folder", |state| state.reloads_failed > failed);
        assert_eq!(scene.ask("t.rivera", "s.0142"), before, "with nothing in {folder}");
        assert!(scene.status().1.failing);
        fs::remove_dir(scene.file(folder)).unwrap();
        fs::rename(&away, scene.file(folder)).unwrap();
        scene.until("back", |state| !state.failing);
        assert_eq!(scene.ask("t.rivera", "s.0142"), before, "{folder} back");
    }
    fs::remove_dir_all(scene.file("policies")).unwrap();
    scene.until("deleted", |state| state.failing);
    assert_eq!(scene.ask("t.rivera", "s.0142"), before, "deleted for good");
    assert_eq!(scene.status().0.generation, 1);
}

#[test]
fn what_did_not_change_is_not_built_again() {
    let scene = Scene::start();
    let (policy, roster) = scene.built();
    append(&scene.file(ASSIGNMENTS), "ra.new,,t.nguyen,misis.school_office_mark_reporting,sch.graniteford,,\n");
    scene.generation(2);
    let (same_policy, other_roster) = scene.built();
    assert!(Arc::ptr_eq(&policy, &same_policy) && !Arc::ptr_eq(&roster, &other_roster));
    edit(&scene.file(TEACHER), ENTERS_MARKS, ENTERS_WARNINGS);
    scene.generation(3);
    let (other_policy, same_roster) = scene.built();
    assert!(!Arc::ptr_eq(&policy, &other_policy) && Arc::ptr_eq(&other_roster, &same_roster));
}
