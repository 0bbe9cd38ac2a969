//! Deciding allocates nothing, whatever the answer: counted, not timed.

use allocation_counter::measure;
use hallpass::directory::Roster;
use hallpass::policy::day::Day;
use hallpass::policy::request::{Action, AnyOf, Request, Resource, Subject};

use crate::support::{path, shipped_policy, sources};

/// Subject, action, resource type, student, whether it is allowed.
const QUESTIONS: &[(&str, &str, &str, &str, bool)] = &[
    ("t.rivera", "update", "misis.grades.mark", "s.0142", true),
    ("t.rivera", "update", "misis.grades.mark", "s.0999", false),
    ("t.rivera", "delete", "misis.testing.score", "s.0142", false),
    ("p.okafor", "view", "misis.grades.mark", "s.0142", true),
    ("nobody", "view", "misis.grades.mark", "s.0142", false),
    ("t.rivera", "fly", "misis.grades.mark", "s.0142", false),
    ("t.rivera", "view", "misis.nothing", "s.0142", false),
];

#[test]
fn deciding_allocates_nothing() {
    let policy = shipped_policy();
    let roster = Roster::load(&sources(&path("examples/district")), &[]).unwrap().roster;
    for (subject, action, kind, student, allow) in QUESTIONS {
        for school in [None, Some(AnyOf::One("sch.fernvale"))] {
            let resource = Resource { kind, id: "m.1", student: Some(student), school, ..Resource::default() };
            let request = Request {
                subject: Subject { kind: "user", id: subject, properties: &[] },
                action: Action { name: action, properties: &[] },
                resource,
                context: &[],
            };
            let mut decided = false;
            let counted = measure(|| decided = policy.decide(&roster, &request, Day(20_779)).is_allow());
            assert_eq!(decided, *allow, "{subject} {action} {kind} {student}");
            assert_eq!(counted.count_total, 0, "{subject} {action} {kind} {student}");
        }
    }
}
