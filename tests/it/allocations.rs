//! Deciding allocates nothing, whatever the answer, nor does asking a decision point that has its facts at hand: counted,
//! not timed.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use hallpass::caller::Caller;
use hallpass::directory::Roster;
use hallpass::pdp::{Asking, Consistency, Pdp, Undecided};
use hallpass::policy::day::Day;
use hallpass::policy::request::{Action, AnyOf, Limits, Request, Resource, Subject};

use crate::running::snapshot;
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

/// Files are at hand: the question is asked at once, in the first and only poll.
#[test]
fn asking_of_files_allocates_nothing() {
    let pdp = Pdp::new(snapshot(), Limits::default());
    // What a thread needs once.
    assert!(pdp.view(Caller::Anybody).snapshot().roster.is_some());
    for (subject, action, kind, student, allow) in QUESTIONS {
        for consistency in [Consistency::Any, Consistency::Full] {
            let request = Request {
                subject: Subject { kind: "user", id: subject, properties: &[] },
                action: Action { name: action, properties: &[] },
                resource: Resource { kind, id: "m.1", student: Some(student), ..Resource::default() },
                context: &[],
            };
            let asking = Asking { consistency, on: Some(Day(20_779)), ..Asking::default() };
            let (mut runs, mut asked) = (0, None);
            let counted = measure(|| {
                let mut once = || runs += 1;
                let ask = pdp.ask(asking, |view| view.decide(&request).map(|decision| (once(), decision.is_allow()).1));
                asked = Some(pin!(ask).poll(&mut Context::from_waker(Waker::noop())));
            });
            assert_eq!(
                (asked, runs),
                (Some(Poll::Ready(Ok::<_, Undecided>(*allow))), 1),
                "{subject} {action} {kind} {student}"
            );
            assert_eq!(counted.count_total, 0, "{subject} {action} {kind} {student}");
        }
    }
}
