//! What somebody holds, and who holds something, against what deciding tries: every assignment and every grant that an
//! explanation shows, for everybody and every action.

use std::collections::BTreeSet;

use hallpass::policy::compiled::Policy;
use hallpass::policy::explain::Explanation;
use hallpass::policy::posts::Post;
use hallpass::policy::search::Page;
use serde_json::json;

use super::WORLDS;
use crate::chance::Chance;
use crate::little::{Ask, ask};
use crate::search::world::World;

/// Role, organisation, grant.
type Way = (String, String, String);

/// By what somebody's posts let them do an action.
fn ways(policy: &Policy, posts: &[Post], topic: &str, action: &str) -> BTreeSet<Way> {
    let in_effect = posts.iter().filter(|post| post.in_effect());
    let rights = in_effect.flat_map(|post| policy.rights(&post.role).into_iter().map(move |right| (post, right)));
    let here = rights.filter(|(_, right)| right.resource_type == topic && right.action == action);
    here.map(|(post, right)| (post.role.clone(), post.org.clone(), right.grant.to_owned())).collect()
}

/// The same from what was tried.
fn tried(explained: &Explanation<'_>) -> BTreeSet<Way> {
    let held = explained.assignments.iter();
    let grants = held.flat_map(|held| held.grants.iter().map(move |grant| (held, grant)));
    grants.map(|(held, grant)| (held.role.clone(), held.org.clone(), grant.grant.clone())).collect()
}

/// Nothing is given: most of it is denied, after all was tried.
fn bare(user: &str, action: &str, topic: &str) -> Ask {
    ask(user, action, topic, json!({}))
}

#[test]
fn what_somebody_may_do_is_what_deciding_tries() {
    let (mut compared, mut some) = (0, 0);
    for seed in 0..WORLDS {
        let world = World::random(&mut Chance::new(seed));
        for user in world.listed.users.iter().map(String::as_str).chain(["nobody"]) {
            for (topic, action, _) in world.policy.catalogue() {
                let question = bare(user, action, topic);
                let posts = world.policy.posts(&world.roster, user, question.on);
                let explained = world.policy.explain(&world.roster, &question.request(), question.on);
                let unknown = explained.decision.reason.code() == "unknown_subject";
                assert_eq!(posts.is_none(), unknown, "world {seed}: {user}");
                if unknown || explained.decision.is_allow() || explained.denied_by.is_some() {
                    continue;
                }
                let ways = ways(&world.policy, &posts.unwrap(), topic, action);
                assert_eq!(ways, tried(&explained), "world {seed}: {user} {action} {topic}");
                compared += 1;
                some += usize::from(!ways.is_empty());
            }
        }
    }
    assert!(some * 10 > compared && compared > 1_000, "{some} of {compared}");
}

/// Whatever is allowed stands in what somebody may do, with the role, the place and the grant.
#[test]
fn whatever_is_allowed_is_told_before() {
    let mut allowed = 0;
    for seed in 0..WORLDS {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        for (topic, _) in &world.types {
            for _ in 0..40 {
                let action = *chance.of(&["view", "create", "assign_role"]);
                let question = world.question(topic, action, &mut chance);
                let decision = world.policy.decide(&world.roster, &question.request(), question.on);
                let Some(by) = decision.granted else { continue };
                let posts = world.policy.posts(&world.roster, &question.who, question.on).unwrap();
                let way = (by.role.to_owned(), by.org.to_owned(), by.grant.to_owned());
                assert!(ways(&world.policy, &posts, topic, action).contains(&way), "world {seed}: {question:?}");
                allowed += 1;
            }
        }
    }
    assert!(allowed > 1_000, "{allowed} allowed");
}

/// Who holds a role for an action: everybody of whom an explanation says that an assignment carries a grant for it.
#[test]
fn who_holds_a_role_for_it_is_everybody_of_whom_it_is_tried() {
    let mut found = 0;
    for seed in 0..WORLDS {
        let world = World::random(&mut Chance::new(seed));
        for (topic, action, _) in world.policy.catalogue() {
            let question = bare("", action, topic);
            let holders = world.policy.bearers(&world.roster, &question.request(), question.on, Page::ALL);
            let carries = |user: &&String| {
                let question = bare(user, action, topic);
                let explained = world.policy.explain(&world.roster, &question.request(), question.on);
                if explained.denied_by.is_some() {
                    return holders.results.contains(&user.as_str());
                }
                explained.assignments.iter().any(|held| held.standing == "carries_grant")
            };
            let expected: Vec<&str> = world.listed.users.iter().filter(carries).map(String::as_str).collect();
            assert_eq!(holders.results, expected, "world {seed}: {action} {topic}");
            let roles: BTreeSet<&str> = world.policy.roles_that_may(topic, action).into_keys().collect();
            for user in &holders.results {
                let posts = world.policy.posts(&world.roster, user, question.on).unwrap();
                assert!(posts.iter().any(|post| post.in_effect() && roles.contains(post.role.as_str())), "{user}");
            }
            found += holders.results.len();
        }
    }
    assert!(found > 1_000, "{found} found");
}
