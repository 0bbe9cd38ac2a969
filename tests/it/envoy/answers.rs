//! Tables of requests and their answers, and what an answer says to whom.

use hallpass::grpc::proto::external::envoy::config::core::v3::HeaderValueOption;
use hallpass::grpc::proto::external::envoy::config::core::v3::header_value_option::HeaderAppendAction;
use hallpass::grpc::proto::external::envoy::service::auth::v3 as wire;
use serde_json::json;
use wire::check_response::HttpResponse;
use wire::{AttributeContext, CheckRequest};

use super::{Sent, ask, client, example, metadata, sent, server, short};
use crate::running::runtime;

/// Routes for another host that know people otherwise.
const SAN: &str = "hallpass: routes/v1
application: misis
hosts: [mesh.example, 'mesh.example:8443']
subject: {san: 'spiffe://district.example/user/{id}'}
routes:
  - match: GET /students/{student}/photo
    action: view
    type: misis.photo.student
";
const OWN_CLAIMS: &str = "hallpass: routes/v1
application: misis
hosts: own.example
subject: {claim: user_id}
claims_in: district
routes:
  - match: GET /me/photo
    action: view
    type: misis.photo.student
    properties: {student: {claim: child}}
  - match: GET /reports/{day}
    hosts: reports.example
    action: view
    type: misis.attendance.report
    properties: {date: '{day}', school: [sch.fernvale, sch.graniteford], referred_to: sch.harborwick}
";

fn marks(method: &str, school: &str, student: &str) -> Sent {
    sent("t.rivera", method, &format!("/schools/{school}/students/{student}/marks/m.1"))
}

fn said(kind: &str, action: &str) -> Sent {
    sent("t.rivera", "POST", "/rpc/m.1").say("hallpass.type", kind).say("hallpass.action", action)
}

fn check(cases: Vec<(Sent, (i32, i32, &str))>) {
    let example =
        example().replace("application: misis\n", "application: misis\nhosts: [sis.example, 'any.example:8443']\n");
    let server = server(&[&example, SAN, OWN_CLAIMS]);
    runtime().block_on(async {
        let mut client = client(&server);
        for (sent, (code, status, reason)) in cases {
            assert_eq!(short(&ask(&mut client, &sent).await), (code, status, reason.to_owned()), "{sent:?}");
        }
    });
}

const ALLOWED: (i32, i32, &str) = (0, 0, "granted");
const NO_ROUTE: (i32, i32, &str) = (7, 403, "no_route");
const NOBODY: (i32, i32, &str) = (16, 401, "no_identity");
const UNCLEAR: (i32, i32, &str) = (7, 403, "path_not_canonical");
const MISCONFIGURED: (i32, i32, &str) = (14, 503, "gateway_misconfigured");

#[test]
fn a_request_is_decided_by_the_route_that_matches() {
    check(vec![
        (marks("PUT", "sch.fernvale", "s.0142"), ALLOWED),
        (marks("GET", "sch.fernvale", "s.0142"), ALLOWED),
        (marks("PUT", "sch.fernvale", "s.0142").host("any.example:8443"), ALLOWED),
        (marks("PUT", "sch.fernvale", "s.0999"), (7, 403, "scope_mismatch")),
        (marks("PUT", "sch.fernvale", "s.0142").host("any.example"), NO_ROUTE),
        (marks("DELETE", "sch.fernvale", "s.0142"), NO_ROUTE),
        (marks("put", "sch.fernvale", "s.0142"), NO_ROUTE),
        (marks("", "sch.fernvale", "s.0142"), NO_ROUTE),
        (sent("p.okafor", "GET", "/students/s.0142/photo"), ALLOWED),
        (sent("p.okafor", "HEAD", "/students/s.0142/photo"), ALLOWED),
        (sent("p.okafor", "GET", "/students/s.0142/photo?size=large&//../%00"), ALLOWED),
        (sent("p.okafor", "GET", "/students/s.0142/photo/"), NO_ROUTE),
        (sent("p.okafor", "GET", "/students//photo"), UNCLEAR),
        (sent("p.okafor", "GET", "/Students/s.0142/photo"), NO_ROUTE),
        (sent("t.rivera", "POST", "/sections/c.fernvale-eng9/attendance/"), ALLOWED),
        (sent("t.rivera", "POST", "/sections/c.fernvale-eng9/attendance"), NO_ROUTE),
        (sent("p.okafor", "GET", "/students/s.0142/transcript/2"), ALLOWED),
        (sent("p.okafor", "GET", "/students/s.0142/transcript/"), NO_ROUTE),
        (sent("nobody", "GET", "/students/s.0142/photo"), (7, 403, "unknown_subject")),
    ]);
}

#[test]
fn values_come_from_claims_and_constants() {
    let delete = |claims| sent("", "POST", "/district.groups.v1.Groups/Delete").claims(claims);
    let own = |claims| sent("", "GET", "/me/photo").host("own.example").claims_in("district").claims(claims);
    let report = |day: &str| {
        let claims = json!({"user_id": "p.okafor"});
        sent("", "GET", &format!("/reports/{day}")).host("reports.example").claims_in("district").claims(claims)
    };
    check(vec![
        (delete(json!({"sub": "p.okafor", "school": "sch.fernvale"})), ALLOWED),
        (delete(json!({"sub": "p.okafor", "school": ["sch.graniteford", "sch.fernvale"]})), ALLOWED),
        (delete(json!({"sub": "p.okafor", "school": "sch.graniteford"})), (7, 403, "scope_mismatch")),
        (delete(json!({"sub": "p.okafor", "school": []})), (7, 403, "scope_mismatch")),
        (delete(json!({"sub": "p.okafor"})), (7, 403, "no_claim")),
        (delete(json!({"sub": "p.okafor", "school": null})), (7, 403, "no_claim")),
        (delete(json!({"sub": "p.okafor", "school": 7})), (3, 400, "malformed")),
        (own(json!({"user_id": "p.okafor", "child": "s.0142"})), ALLOWED),
        (own(json!({"sub": "p.okafor", "child": "s.0142"})), NOBODY),
        (own(json!({"user_id": "p.okafor", "child": "s.0142"})).claims_in("jwt_payload"), NOBODY),
        (report("2026-11-02"), ALLOWED),
        (report("2026-02-30"), (3, 400, "malformed")),
        (report("2026-11-02").host("REPORTS.example"), ALLOWED),
        (report("2026-11-02").host("reports.example."), NO_ROUTE),
        (report("2026-11-02").host("reports.example:80"), NO_ROUTE),
        (report("2026-11-02").host("own.example"), NO_ROUTE),
        (report("2026-11-02").host(""), NO_ROUTE),
    ]);
}

#[test]
fn the_gateways_own_configuration_may_say_what_is_asked() {
    let mark = || said("misis.grades.mark", "update");
    check(vec![
        (mark().say("hallpass.student", "s.0142").say("other.system", "x"), ALLOWED),
        (mark().say("hallpass.student", "s.0999"), (7, 403, "scope_mismatch")),
        (said("misis.grades.mark", "shred").say("hallpass.student", "s.0142"), (7, 403, "unknown_action")),
        (said("map.students.profile", "view"), MISCONFIGURED),
        (said("misis.grades.marks", "view"), MISCONFIGURED),
        (mark().say("hallpass.studnet", "s.0142"), MISCONFIGURED),
        (mark().say("hallpass.id", "m.2"), MISCONFIGURED),
        (sent("t.rivera", "POST", "/rpc/m.1"), MISCONFIGURED),
        (sent("t.rivera", "POST", "/rpc/m.1").say("hallpass.type", "misis.grades.mark"), MISCONFIGURED),
        (mark().say("hallpass.date", "today"), (3, 400, "malformed")),
    ]);
}

#[test]
fn people_are_known_by_what_the_gateway_verified() {
    let photo = |claims| sent("", "GET", "/students/s.0142/photo").claims(claims);
    let peer = |name: &str| photo(json!({"sub": "p.okafor"})).host("mesh.example").peer(name);
    let okafor = "spiffe://district.example/user/p.okafor";
    check(vec![
        (photo(json!(null)), NOBODY),
        (photo(json!({})), NOBODY),
        (photo(json!("p.okafor")), NOBODY),
        (photo(json!({"sub": null})), NOBODY),
        (photo(json!({"sub": ""})), NOBODY),
        (photo(json!({"sub": 7})), NOBODY),
        (photo(json!({"sub": ["p.okafor"]})), NOBODY),
        (photo(json!({"Sub": "p.okafor"})), NOBODY),
        (photo(json!({"sub": "p.okafor\r\nx: y"})), NOBODY),
        (photo(json!({"sub": "p.okafor "})), (7, 403, "unknown_subject")),
        (photo(json!({"sub": "P.Okafor"})), (7, 403, "unknown_subject")),
        (photo(json!({"sub": "t".repeat(257)})), (3, 400, "malformed")),
        (peer(okafor), ALLOWED),
        (peer(okafor).host("mesh.example:8443"), ALLOWED),
        (peer(""), NOBODY),
        (peer("p.okafor"), NOBODY),
        (peer(&format!("{okafor}/x")), NOBODY),
        (peer(&format!("{okafor},{okafor}")), NOBODY),
        (peer(&format!("x{okafor}")), NOBODY),
        (peer(&okafor.to_uppercase()), NOBODY),
        (peer("spiffe://district.example.evil/user/p.okafor"), NOBODY),
        (peer("spiffe://district.example/user/"), NOBODY),
        (peer("spiffe://district.example/user//p.okafor"), NOBODY),
        (peer("spiffe://district.example/users/p.okafor"), NOBODY),
        (peer("spiffe://district.example/user/%70.okafor"), NOBODY),
    ]);
}

#[test]
fn what_is_no_http_request_is_denied() {
    let whole = sent("p.okafor", "GET", "/students/s.0142/photo").message().attributes.unwrap();
    let cases = [
        None,
        Some(AttributeContext::default()),
        Some(AttributeContext { request: Some(Default::default()), ..whole.clone() }),
    ];
    let server = server(&[&example()]);
    runtime().block_on(async {
        for attributes in cases {
            let answer = client(&server).check(CheckRequest { attributes }).await.unwrap().into_inner();
            assert_eq!(short(&answer), (7, 403, "no_http".to_owned()));
        }
        let answer = client(&server).check(CheckRequest { attributes: Some(whole) }).await.unwrap().into_inner();
        assert_eq!(short(&answer).0, 0);
    });
}

#[test]
fn without_routes_nothing_is_allowed() {
    let server = server(&[]);
    runtime().block_on(async {
        let answer = ask(&mut client(&server), &sent("p.okafor", "GET", "/students/s.0142/photo")).await;
        assert_eq!(short(&answer), (7, 403, "no_route".to_owned()));
    });
}

/// Every header that is set replaces whatever was there.
fn set(headers: &[HeaderValueOption]) -> Vec<(String, String)> {
    let plain = |option: &HeaderValueOption| {
        assert_eq!(option.append_action(), HeaderAppendAction::OverwriteIfExistsOrAdd);
        let header = option.header.clone().unwrap();
        (header.key, header.value)
    };
    headers.iter().map(plain).collect()
}

#[test]
fn the_upstream_learns_who_asks_and_the_log_why() {
    let server = server(&[&example()]);
    let spoofed = sent("p.okafor", "GET", "/students/s.0142/photo")
        .header("x-hallpass-subject", "d.nobody")
        .header("x-hallpass-role", "misis.principal")
        .header("accept", "*/*");
    runtime().block_on(async {
        let answer = ask(&mut client(&server), &spoofed).await;
        let Some(HttpResponse::OkResponse(ok)) = &answer.http_response else { panic!("{answer:?}") };
        let expected = [("x-hallpass-revision", "00000000000000aa"), ("x-hallpass-subject", "p.okafor")];
        assert_eq!(set(&ok.headers), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(ok.headers_to_remove.contains(&"x-hallpass-role".to_owned()), "{ok:?}");
        assert!(ok.headers_to_remove.contains(&"x-original-url".to_owned()), "{ok:?}");
        assert!(!ok.headers_to_remove.contains(&"x-hallpass-subject".to_owned()), "it is set");
        assert!(!ok.headers_to_remove.contains(&"accept".to_owned()), "{ok:?}");
        assert!(ok.response_headers_to_add.is_empty(), "the client learns nothing");
        for (name, expected) in [
            ("decision", "allow"),
            ("reason", "granted"),
            ("policy_revision", "00000000000000aa"),
            ("directory_revision", "00000000000000bb"),
            ("route", "GET,HEAD /students/{student}/photo"),
            ("action", "view"),
            ("resource_type", "misis.photo.student"),
            ("role", "misis.principal"),
            ("org", "sch.fernvale"),
        ] {
            assert_eq!(metadata(&answer, name), expected);
        }
        assert!(metadata(&answer, "grant").starts_with("misis.principal#"));
    });
}

#[test]
fn a_refusal_says_no_more_than_that() {
    let cases = [
        (sent("p.okafor", "GET", "/students/s.0999/photo"), 403, "not allowed"),
        (sent("t.rivera", "GET", "/elsewhere"), 403, "not allowed"),
        (sent("t.rivera", "GET", "//elsewhere"), 403, "not allowed"),
        (sent("p.okafor", "GET", "/students/s.0142/photo").claims(json!(null)), 401, "not signed in"),
        (sent("t.rivera", "POST", "/rpc/m.1"), 503, "could not decide"),
        (
            sent("t.rivera", "GET", &format!("/students/{}/photo", "s".repeat(257))),
            400,
            "student is over the limit of 256",
        ),
    ];
    let server = server(&[&example()]);
    runtime().block_on(async {
        for (sent, status, message) in cases {
            let answer = ask(&mut client(&server), &sent).await;
            let (denied, error) = match answer.http_response.as_ref().unwrap() {
                HttpResponse::DeniedResponse(denied) => (denied, false),
                HttpResponse::ErrorResponse(denied) => (denied, true),
                HttpResponse::OkResponse(_) => panic!("{answer:?}"),
            };
            assert_eq!(error, status == 503, "only what could not be decided is an error: {sent:?}");
            let body: serde_json::Value = serde_json::from_str(&denied.body).unwrap();
            assert_eq!(body, json!({"error": {"status": status, "message": message}}));
            let headers = set(&denied.headers);
            assert!(headers.contains(&("content-type".to_owned(), "application/json".to_owned())));
            assert_eq!(headers.iter().any(|(name, _)| name == "www-authenticate"), status == 401);
        }
    });
}
