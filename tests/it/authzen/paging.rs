//! Searches page by page: nothing is lost, doubled or cut off silently, and a token is good for its own search alone, on
//! the policy, the directory and the day that it was given for, in the process that gave it.

use std::sync::Arc;

use hallpass::calendar::Calendar;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use jiff::tz::{TimeZone, offset};
use serde_json::{Value, json};

use super::client::{Client, Surface};
use crate::running::{Server, settings, snapshot};

const ANOTHER: &str = "`page.token` was given for another search";
const OUTDATED: &str = "has changed since `page.token` was given: leave it out to start over";
const UNKNOWN: &str = "`page.token` is not one that this server gave";

/// Searches of the demo district, each with more than two results.
fn searches() -> [(&'static str, Value); 3] {
    let student = json!({"type": "misis.census.student", "id": "", "properties": {"student": "s.0142"}});
    let mark = json!({"type": "misis.grades.mark", "id": "m.1", "properties": {"student": "s.0142"}});
    let user = |id: &str| json!({"type": "user", "id": id, "properties": {"n": 1, "m": {"a": true, "b": [1, "x"]}}});
    let context = json!({"purpose": "list", "n": 2});
    [
        (
            "search_subject",
            json!({"subject": {"type": "user"}, "action": {"name": "view"}, "resource": student, "context": context}),
        ),
        (
            "search_resource",
            json!({
                "subject": user("p.santiago"),
                "action": {"name": "view"},
                "resource": {"type": "map.testing.session"},
                "context": context,
            }),
        ),
        ("search_action", json!({"subject": user("t.rivera"), "resource": mark, "context": context})),
    ]
}

/// A request with other members.
fn with(request: &Value, change: &Value) -> Value {
    let mut request = request.clone();
    request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    request
}

fn page(token: &str) -> Value {
    json!({"page": {"token": token}})
}

fn token(answer: &Value) -> String {
    answer["page"]["next_token"].as_str().unwrap().to_owned()
}

fn results(answer: &Value) -> Vec<Value> {
    answer["results"].as_array().unwrap().clone()
}

/// The first page of one result, and its token.
fn begun(client: &mut Client<'_>, endpoint: &str, search: &Value) -> (Vec<Value>, String) {
    let answer = client.ask(endpoint, &with(search, &json!({"page": {"limit": 1}}))).unwrap();
    (results(&answer), token(&answer))
}

#[test]
fn pages_of_every_size_make_up_the_whole() {
    let server = Server::start();
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let whole = client.ask(endpoint, &search).unwrap();
            assert_eq!(whole.get("page"), None, "it all fits, and nobody asked for pages");
            let all = results(&whole);
            assert!(all.len() > 2, "{endpoint}: {whole}");
            for limit in 1..=all.len() + 1 {
                assert_eq!(gathered(&mut client, endpoint, &search, limit), all, "{endpoint}: pages of {limit}");
            }
        }
    }
}

/// All results, by pages of a size: by the token alone, and with the question beside it, in turns.
fn gathered(client: &mut Client<'_>, endpoint: &str, search: &Value, limit: usize) -> Vec<Value> {
    let mut answer = client.ask(endpoint, &with(search, &json!({"page": {"limit": limit}}))).unwrap();
    let mut gathered = results(&answer);
    while !token(&answer).is_empty() {
        assert_eq!(results(&answer).len(), limit, "{endpoint}: only the last page may be short");
        let more = page(&token(&answer));
        let request = if gathered.len() % 2 == 0 { more } else { with(search, &more) };
        answer = client.ask(endpoint, &request).unwrap();
        assert_eq!(answer["page"]["count"], results(&answer).len());
        gathered.extend(results(&answer));
    }
    gathered
}

#[test]
fn a_page_of_no_results_says_whether_there_are_any() {
    let server = Server::start();
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let none = with(&search, &json!({"page": {"limit": 0}}));
            let answer = client.ask(endpoint, &none).unwrap();
            assert_eq!((results(&answer).len(), token(&answer).is_empty()), (0, false), "{endpoint}");
            let again = client.ask(endpoint, &page(&token(&answer))).unwrap();
            assert_eq!((results(&again).len(), token(&again).is_empty()), (0, false), "{endpoint}");
            let nobody = with(&none, &json!({"context": {}, "resource": {"type": "none.such", "id": "i"}}));
            let answer = client.ask(endpoint, &nobody).unwrap();
            assert_eq!(answer, json!({"results": [], "page": {"next_token": "", "count": 0}}), "{endpoint}");
        }
    }
}

#[test]
fn what_does_not_fit_on_a_page_is_never_dropped_silently() {
    let limits = Limits { default_page_items: 2, page_items: 3, ..Limits::default() };
    let server = Server::over(&settings(), Arc::new(Pdp::new(snapshot(), limits)), None);
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let answer = client.ask(endpoint, &search).unwrap();
            assert_eq!((results(&answer).len(), token(&answer).is_empty()), (2, false), "{endpoint}");
            let most = client.ask(endpoint, &with(&search, &json!({"page": {"limit": 3}}))).unwrap();
            assert_eq!(results(&most).len(), 3, "{endpoint}");
            let over = client.ask(endpoint, &with(&search, &json!({"page": {"limit": 4}}))).unwrap_err();
            assert_eq!(over, "`page.limit` is over the limit of 3", "{endpoint}");
        }
    }
    let narrow = Limits { default_page_items: 100, page_items: 2, ..Limits::default() };
    let server = Server::over(&settings(), Arc::new(Pdp::new(snapshot(), narrow)), None);
    let (endpoint, search) = &searches()[0];
    let answer = Surface::Http.client(&server).ask(endpoint, search).unwrap();
    assert_eq!(results(&answer).len(), 2, "the most that a page may have bounds the default");
}

#[test]
fn a_search_that_is_repeated_with_its_token_must_be_the_same() {
    let server = Server::start();
    let changes = [
        json!({"subject": {"type": "user", "id": "t.lindqvist"}}),
        json!({"subject": {"type": "robot", "id": "p.santiago"}}),
        json!({"action": {"name": "update"}}),
        json!({"action": {"name": "view", "properties": {"soft": true}}}),
        json!({"resource": {"type": "misis.grades.report", "id": "m.1"}}),
        json!({"resource": {"type": "map.testing.session", "id": "m.1", "properties": {"school": "sch.fernvale"}}}),
        json!({"context": {"purpose": "list"}}),
        json!({"context": {"purpose": "list", "n": "2"}}),
        json!({"context": null}),
        json!({"subject": null}),
        json!({"resource": null}),
    ];
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let (_, token) = begun(&mut client, endpoint, &search);
            let mut same: Value = with(&search, &page(&token));
            client.ask(endpoint, &same).unwrap();
            same["page"] = json!({"token": token, "limit": 1, "properties": {}});
            // What is looked for may have a name: it is ignored.
            match endpoint {
                "search_subject" => same["subject"]["id"] = json!("anybody"),
                "search_resource" => same["resource"]["id"] = json!("anything"),
                _ => same["action"] = json!({"name": "anything", "properties": {"n": 1}}),
            }
            let answer = client.ask(endpoint, &same).unwrap();
            assert_eq!(results(&answer).len(), 1, "{endpoint}");
            // What is looked for is ignored, so that it may change.
            let ignored = |change: &Value| match endpoint {
                "search_subject" => *change == json!({"subject": {"type": "user", "id": "t.lindqvist"}}),
                "search_action" => change.get("action").is_some(),
                _ => false,
            };
            for change in changes.iter().filter(|change| !ignored(change)) {
                let changed = with(&with(&search, change), &page(&token));
                let refused = client.ask(endpoint, &changed).unwrap_err();
                assert!(refused.starts_with(ANOTHER), "{endpoint}: {refused}: {change}");
            }
            for changed in [json!({"limit": 2}), json!({"limit": 0}), json!({"properties": {"sort": "name"}})] {
                let changed = json!({"page": with(&json!({"token": token}), &changed)});
                let refused = client.ask(endpoint, &changed).unwrap_err();
                assert!(refused.starts_with(ANOTHER), "{endpoint}: {refused}: {changed}");
            }
        }
    }
}

#[test]
fn a_token_is_good_for_its_own_endpoint() {
    let server = Server::start();
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        let tokens = searches().map(|(endpoint, search)| (endpoint, begun(&mut client, endpoint, &search).1));
        for (given, token) in &tokens {
            for (endpoint, _) in &tokens {
                let answer = client.ask(endpoint, &page(token));
                assert_eq!(answer.is_ok(), given == endpoint, "{given} at {endpoint}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_token_of_one_surface_is_good_on_the_other() {
    let server = Server::start();
    let [mut http, mut grpc] = Surface::BOTH.map(|surface| surface.client(&server));
    for (endpoint, search) in searches() {
        let (first, token) = begun(&mut http, endpoint, &search);
        let second = grpc.ask(endpoint, &with(&search, &page(&token))).unwrap();
        assert_eq!(second, http.ask(endpoint, &page(&token)).unwrap());
        assert_ne!(results(&second), first, "{endpoint}");
    }
}

#[test]
fn a_token_from_before_a_reload_is_refused() {
    for surface in Surface::BOTH {
        for part in ["the policy", "the directory", "nothing but the generation"] {
            let server = Server::start();
            let mut client = surface.client(&server);
            let tokens = searches().map(|(endpoint, search)| (endpoint, begun(&mut client, endpoint, &search).1));
            let mut next = snapshot();
            match part {
                "the policy" => next.policy_revision = "00000000000000cc".into(),
                "the directory" => next.directory_revision = "00000000000000cc".into(),
                _ => next.generation += 1,
            }
            server.pdp.publish(next);
            for (endpoint, token) in tokens {
                let refused = client.ask(endpoint, &page(&token)).unwrap_err();
                assert!(refused.ends_with(OUTDATED), "{part}: {endpoint}: {refused}");
            }
        }
    }
}

/// Two zones between which it is never the same day.
#[test]
fn a_token_of_another_day_is_refused() {
    let on = |zone: TimeZone| {
        let mut snapshot = snapshot();
        snapshot.calendar = Calendar::new(zone);
        snapshot
    };
    let server = Server::start();
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        server.pdp.publish(on(TimeZone::fixed(offset(-12))));
        let tokens = searches().map(|(endpoint, search)| (endpoint, begun(&mut client, endpoint, &search).1));
        server.pdp.publish(on(TimeZone::fixed(offset(14))));
        for (endpoint, token) in tokens {
            let refused = client.ask(endpoint, &page(&token)).unwrap_err();
            assert!(refused.ends_with(OUTDATED), "{endpoint}: {refused}");
        }
    }
}

#[test]
fn a_token_that_was_not_given_here_is_refused() {
    let (server, other) = (Server::start(), Server::start());
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let (_, elsewhere) = begun(&mut surface.client(&other), endpoint, &search);
            let (_, given) = begun(&mut client, endpoint, &search);
            let cut = given.get(..given.len() - 1).unwrap();
            let swapped = given.chars().rev().collect::<String>();
            let long = "A".repeat(100_000);
            let wrong = ["", " ", "AAAA", "a3M9NDU2O3N6PTI=", cut, &elsewhere, &swapped, &long, &format!("{given}=")];
            for token in wrong {
                let refused = client.ask(endpoint, &page(token)).unwrap_err();
                assert!(refused.starts_with(UNKNOWN), "{endpoint}: {refused}: {token}");
            }
            client.ask(endpoint, &page(&given)).unwrap();
        }
    }
}

/// A token carries its question; one that is too long for that must be repeated.
#[test]
fn a_long_search_goes_on_where_it_is_repeated() {
    let server = Server::start();
    for surface in Surface::BOTH {
        let mut client = surface.client(&server);
        for (endpoint, search) in searches() {
            let long = with(&search, &json!({"context": {"purpose": "x".repeat(100_000)}}));
            let (first, token) = begun(&mut client, endpoint, &long);
            assert!(token.len() < 1_000, "{}", token.len());
            let alone = client.ask(endpoint, &page(&token)).unwrap_err();
            assert!(alone.ends_with("too long to be in it: repeat the search with it"), "{alone}");
            let changed = with(&long, &json!({"context": {"purpose": "x".repeat(99_999)}}));
            let refused = client.ask(endpoint, &with(&changed, &page(&token))).unwrap_err();
            assert!(refused.starts_with(ANOTHER), "{refused}");
            let second = client.ask(endpoint, &with(&long, &page(&token))).unwrap();
            assert_ne!(results(&second), first, "{endpoint}");
        }
    }
}

#[test]
fn members_stand_in_the_order_of_the_standard_and_context_where_asked() {
    let server = Server::start();
    for (endpoint, search) in searches() {
        let asked = with(&search, &json!({"page": {"limit": 1}, "options": {"hallpass": {"explain": true}}}));
        let path = super::client::path(endpoint);
        let raw = crate::kept::Kept::connect(server.http).post_text(&path, &asked.to_string());
        let at = |name: &str| raw.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name}: {raw}"));
        assert!(raw.starts_with("{\"page\":{\"next_token\":\""), "{raw}");
        assert!(at("count") < at("context") && at("context") < at("results"), "{raw}");
        let entity = if endpoint == "search_action" { "[{\"name\":\"" } else { "[{\"type\":\"" };
        assert!(raw.contains(&format!("\"results\":{entity}")), "{raw}");
        let answer: Value = serde_json::from_str(&raw).unwrap();
        let told = json!({"policy_revision": "00000000000000aa", "directory_revision": "00000000000000bb"});
        assert_eq!(answer["context"], json!({"hallpass": told}));
    }
    let mut settings = settings();
    settings.authzen.explain = true;
    let server = Server::with(&settings);
    for (endpoint, search) in searches() {
        let answer = Surface::Http.client(&server).ask(endpoint, &search).unwrap();
        assert!(answer["context"]["hallpass"].is_object(), "{answer}");
    }
}
