//! `route`: the route of a request, and the command that asks its question.

use super::{Place, shipped, small};

const ROUTES: &str = "\
hallpass: routes/v1
application: sis
hosts: sis.example
routes:
  - match: GET,HEAD /schools/{school}/marks/{id}
    action: view
    type: sis.grades.mark
    properties: {student: {claim: child}}
  - match: POST /rpc/{_call}
    from_context_extensions: true
";

fn place() -> Place {
    small(&[("policies/routes.yaml", ROUTES)])
}

#[test]
fn a_request_is_shown_with_its_question() {
    let line = "route GET /schools/high/marks/it's?full=1 --host SIS.example --claim child=sam --claim sub=lee";
    let ended = place().run(line);
    let expected = "\
route      GET,HEAD /schools/{school}/marks/{id}
stands at  policies/routes.yaml:5
subject    the verified claim `sub`
asks       hallpass check --subject lee --action view --type sis.grades.mark --id 'it'\\''s' --school high --student sam
";
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", expected));
}

/// What is shown is a command that can be run.
#[test]
fn the_command_that_is_shown_asks() {
    let place = place();
    let ended = place.run("route HEAD /schools/high/marks/m1 --host sis.example --claim child=sam --claim sub=lee");
    let command = ended.out.lines().last().unwrap().strip_prefix("asks       hallpass ").unwrap().to_owned();
    let asked = place.run(&command);
    assert_eq!(asked.code, 0, "{asked:?}");
    let said =
        place.run("route POST /rpc/a --host sis.example --extension type=sis.grades.mark --extension action=view");
    assert!(said.out.ends_with("--subject SUBJECT --action view --type sis.grades.mark\n"), "{said:?}");
}

#[test]
fn what_has_no_route_says_so() {
    let cases = [
        ("route GET /elsewhere --host sis.example", "error: no route matches, so a gateway denies it\n"),
        ("route GET /schools/high/marks/m1", "error: no route matches, so a gateway denies it\n"),
        (
            "route GET //schools/high/marks/m1 --host sis.example",
            "error: the path has more than one spelling, so a gateway denies it\n",
        ),
        ("route GET /schools/high/marks/m1 --host sis.example", "error: the verified claim `child` is not there\n"),
        (
            "route POST /rpc/a --host sis.example",
            "error: the gateway's context extensions do not say both action and type\n",
        ),
    ];
    for (line, expected) in cases {
        let ended = place().run(line);
        assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (1, expected, ""), "{line}");
    }
    let none = shipped("route GET /students/s.1");
    assert!(none.err.contains("the policies have no routes") && none.code == 1, "{none:?}");
}
