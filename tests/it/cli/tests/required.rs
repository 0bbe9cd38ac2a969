//! `--require-tests`: a server takes no policy whose own tests fail on its directory; a change of people is taken all the
//! same, for tests judge the policy.

use std::sync::Arc;

use hallpass::caller::Caller;
use hallpass::live;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::reload::{Config, Handle};
use hallpass::snapshot::Builder;

use super::super::{Place, small};
use super::CASES;

/// The one test of [`CASES`] that passes.
fn good() -> String {
    CASES.lines().take(3).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_server_does_not_start_with_a_set_whose_tests_fail() {
    let place = small(&[("policies/cases.yaml", CASES)]);
    let ended = place.run("serve --require-tests");
    let said = "\
error: the files are refused
  policies/cases.yaml:4:5: a test fails: may lee view sis.grades.mark of student: zoe, on 2020-02-01: expected allow, got deny (scope_mismatch) (mend the policy or the test; `hallpass test` says how the answer comes about)
  policies/cases.yaml:5:5: a test fails: may lee view sis.grades.mark m.1 of section: [art, music]: expected deny (no_grant), got allow (granted) by sis.teacher#1, as sis.teacher at high (mend the policy or the test; `hallpass test` says how the answer comes about)
";
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (1, "", said));
}

#[test]
fn nor_with_one_that_has_no_tests_or_expects_nothing() {
    let ended = small(&[]).run("serve --require-tests");
    let said = "error: policies/auditor.yaml: the policy set has no tests, and the server requires that its tests pass \
                (add a `hallpass: tests/v1` file, or start the server without `--require-tests`)\n";
    assert_eq!((ended.code, ended.err.as_str()), (1, said));
    let missing = "hallpass: tests/v1\ntests:\n  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}}\n";
    let ended = small(&[("policies/cases.yaml", missing)]).run("serve --require-tests");
    assert!(ended.code == 1 && ended.err.contains("got allow (granted) where nothing is expected"), "{}", ended.err);
}

#[test]
fn a_database_cannot_be_asked_before_policies_are_read() {
    let url = "postgres://localhost/sis";
    let place = small(&[("policies/cases.yaml", CASES)]);
    let said = "policies are read before it is asked anything, so their tests can't be";
    for (line, variables) in [
        (format!("serve --require-tests --directory {url}"), Vec::new()),
        (format!("serve --directory {url}"), vec![("HALLPASS_REQUIRE_TESTS", "yes")]),
    ] {
        let ended = super::super::run_in(place.0.path(), &line, &variables);
        assert!(ended.code == 1 && ended.err.contains(said), "{line}: {}", ended.err);
    }
}

struct Served {
    pdp: Arc<Pdp>,
    handle: Handle,
    place: Place,
}

impl Served {
    fn start() -> Self {
        let place = small(&[("policies/cases.yaml", &good())]);
        let folder = |name: &str| place.0.path().join(name);
        let config = Config { watch: false, ..Config::new(folder("policies"), Some(folder("examples/district"))) };
        let builder = Builder::new(vec!["user".to_owned()], None).requiring_tests(true);
        let (pdp, handle) = live::start(config, builder, Limits::default()).unwrap();
        Self { pdp, handle, place }
    }

    /// Reads the files again: the generation in use, and what is wrong with those that are not.
    fn reload(&self) -> (u64, Vec<String>) {
        let state = self.handle.reload().unwrap();
        let failure = state.last_failure.as_ref().filter(|_| state.failing);
        let findings = failure.map(|failure| failure.findings.iter().map(ToString::to_string).collect());
        (state.generation, findings.unwrap_or_default())
    }

    fn warnings(&self) -> Vec<String> {
        let view = self.pdp.view(Caller::Anybody);
        view.snapshot()
            .warnings
            .iter()
            .map(ToString::to_string)
            .filter(|warning| warning.contains("a test fails"))
            .collect()
    }
}

#[test]
fn the_last_good_set_stays_until_the_tests_pass() {
    let served = Served::start();
    served.place.write("policies/cases.yaml", CASES);
    let (generation, findings) = served.reload();
    assert_eq!((generation, findings.len()), (1, 2), "{findings:?}");
    let place = "cases.yaml:4:5: a test fails: may lee view sis.grades.mark of student: zoe, on 2020-02-01: expected allow, got deny";
    assert!(findings[0].starts_with(place), "{findings:?}");
    // A change of the policy that its tests don't allow for.
    served.place.write("policies/cases.yaml", &good());
    served.place.write("policies/teacher.yaml", &super::super::TEACHER.replace("[view, update]", "view"));
    let (generation, findings) = served.reload();
    assert!(generation == 1 && findings.len() == 1 && findings[0].starts_with("cases.yaml:3:5: "), "{findings:?}");
    served.place.write("policies/cases.yaml", &good().replace("may: update", "may: view"));
    assert_eq!(served.reload(), (2, Vec::new()));
}

/// Lee loses the role at once, though a test says that Lee has it; the policy is no worse for that. A policy that is new is
/// judged by the people that there are.
#[test]
fn a_change_of_people_is_taken_and_told() {
    const ASSIGNMENTS: &str = "examples/district/role_assignments.csv";
    let served = Served::start();
    assert_eq!(served.warnings(), Vec::<String>::new());
    let nobody = "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n";
    served.place.write(ASSIGNMENTS, nobody);
    assert_eq!(served.reload(), (2, Vec::new()));
    let warnings = served.warnings();
    assert!(warnings.len() == 1 && warnings[0].starts_with("cases.yaml:3:5: a test fails"), "{warnings:?}");
    served.place.write("policies/cases.yaml", &format!("# another policy\n{}", good()));
    let (generation, findings) = served.reload();
    assert!(generation == 2 && findings.len() == 1 && findings[0].starts_with("cases.yaml:4:5: "), "{findings:?}");
    // With the people that the tests are about it is taken, and both together.
    let held = super::super::DISTRICT.iter().find(|(name, _)| *name == ASSIGNMENTS).unwrap().1;
    served.place.write(ASSIGNMENTS, held);
    assert_eq!((served.reload(), served.warnings()), ((3, Vec::new()), Vec::new()));
}
