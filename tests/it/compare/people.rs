//! Whom a change touches: over the demo district, against what everybody there may do with everything in it before and after.

use std::collections::BTreeSet;
use std::path::Path;

use hallpass::directory::Roster;
use hallpass::policy::census::Census;
use hallpass::policy::compare::Comparison;
use hallpass::policy::compiled::Policy;
use hallpass::policy::request::{Action, AnyOf, Request, Resource, Subject};

use super::edits::changed;
use crate::little::day;
use crate::support::{edit, path, shipped_policy, sources};

/// A day on which the demo district is at school.
const ON: &str = "2026-10-05";

const EDITS: [(&str, &str, &str); 4] = [
    (
        "misis/teacher.yaml",
        "  - allow: enter\n    topics: [gradebook.entry]",
        "  - allow: manage\n    topics: [gradebook.entry]",
    ),
    (
        "misis/teacher.yaml",
        "[grades.mark, grades.retention_warning, grades.failing_senior]",
        "[grades.mark, grades.retention_warning]",
    ),
    ("misis/principal.yaml", "held_at: school", "held_at: school\nnot_at: [elementary]"),
    ("misis/counselor.yaml", "held_at: school", "held_at: school\navailable_from: 2030-01-01"),
];

/// Users who may do something before and not after, or after and not before, with any record that the district's own
/// organisations, classes and people make.
fn touched(comparison: &Comparison<'_>, before: &Policy, after: &Policy, roster: &Roster) -> BTreeSet<String> {
    let orgs: Vec<&str> = roster.all_orgs().filter_map(|row| roster.org_at(row)).map(|org| org.id()).collect();
    let classes: Vec<&str> =
        roster.all_sections().filter_map(|row| roster.section_at(row)).map(|class| &*class.id).collect();
    let users: Vec<_> = roster.all_users().filter_map(|row| roster.user_at(row)).collect();
    let cells: BTreeSet<&(String, String)> =
        comparison.lines.iter().flat_map(|line| line.cells.iter().take(2)).collect();
    let mut touched = BTreeSet::new();
    for user in users.iter().filter(|user| !user.person.assignments.is_empty()) {
        let mut resources: Vec<Resource<'_>> = Vec::new();
        let about = |school, student, section| Resource {
            school,
            student,
            section,
            created_by: Some(user.id),
            ..Resource::default()
        };
        resources.extend(orgs.iter().map(|id| about(Some(AnyOf::One(id)), None, None)));
        resources.extend(classes.iter().map(|id| about(None, None, Some(AnyOf::One(id)))));
        let students = users.iter().filter(|user| user.person.student);
        resources.extend(students.map(|student| about(None, Some(student.id), None)));
        let differs = |resource: &Resource<'_>| {
            cells.iter().any(|(kind, action)| {
                let resource = Resource { kind, ..*resource };
                let subject = Subject { kind: "user", id: user.id, properties: &[] };
                let request =
                    Request { subject, action: Action { name: action, properties: &[] }, resource, context: &[] };
                let allows = |policy: &Policy| policy.decide(roster, &request, day(ON)).is_allow();
                allows(before) != allows(after)
            })
        };
        if resources.iter().any(differs) {
            touched.insert(user.id.to_owned());
        }
    }
    touched
}

#[test]
fn people_are_those_for_whom_something_in_the_district_changes() {
    let before = shipped_policy();
    let roster = Roster::load(&sources(&path("examples/district")), &[]).unwrap().roster;
    for (file, from, to) in EDITS {
        let after = changed(|folder: &Path| edit(&folder.join(file), from, to));
        let comparison = before.compare(&after, day(ON), &mut |_, _| ());
        let found: BTreeSet<String> =
            comparison.people(&roster, &mut |_, _| ()).into_iter().map(|one| one.user).collect();
        assert!(!found.is_empty(), "{file}");
        assert_eq!(found, touched(&comparison, &before, &after, &roster), "{file}: {to}");
    }
}
