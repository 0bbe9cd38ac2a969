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

/// Every user of a world, and nobody.
fn everybody(world: &World) -> impl Iterator<Item = &str> {
    world.listed.users.iter().map(String::as_str).chain(["nobody"])
}

/// What somebody may do an action by, as it is told and as it was tried; `None` where not everything was tried.
fn told_and_tried(world: &World, user: &str, topic: &str, action: &str) -> Option<[BTreeSet<Way>; 2]> {
    let question = bare(user, action, topic);
    let posts = world.policy.posts(&world.roster, user, question.on);
    let explained = world.policy.explain(&world.roster, &question.request(), question.on);
    assert_eq!(posts.is_none(), explained.decision.reason.code() == "unknown_subject", "{user}");
    let whole = !explained.decision.is_allow() && explained.denied_by.is_none();
    Some([ways(&world.policy, &posts.filter(|_| whole)?, topic, action), tried(&explained)])
}

#[test]
fn what_somebody_may_do_is_what_deciding_tries() {
    let (mut compared, mut some) = (0, 0);
    for seed in 0..WORLDS {
        let world = World::random(&mut Chance::new(seed));
        let cells: Vec<(&str, &str)> = world.policy.catalogue().map(|(topic, action, _)| (topic, action)).collect();
        for (user, (topic, action)) in everybody(&world).flat_map(|user| cells.iter().map(move |cell| (user, *cell))) {
            let Some([told, tried]) = told_and_tried(&world, user, topic, action) else { continue };
            assert_eq!(told, tried, "world {seed}: {user} {action} {topic}");
            compared += 1;
            some += usize::from(!told.is_empty());
        }
    }
    assert!(some * 10 > compared && compared > 1_000, "{some} of {compared}");
}

/// Whether the grant that allows a question stands in what its subject may do; `None` where nothing allows it.
fn is_told(world: &World, question: &Ask) -> Option<bool> {
    let by = world.policy.decide(&world.roster, &question.request(), question.on).granted?;
    let posts = world.policy.posts(&world.roster, &question.who, question.on)?;
    let way = (by.role.to_owned(), by.org.to_owned(), by.grant.to_owned());
    Some(ways(&world.policy, &posts, &question.a, &question.may).contains(&way))
}

/// Whatever is allowed stands in what somebody may do, with the role, the place and the grant.
#[test]
fn whatever_is_allowed_is_told_before() {
    let mut allowed = 0;
    for seed in 0..WORLDS {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        for topic in world.types.iter().flat_map(|(topic, _)| std::iter::repeat_n(topic, 40)) {
            let action = *chance.of(&["view", "create", "assign_role"]);
            let question = world.question(topic, action, &mut chance);
            let told = is_told(&world, &question);
            assert_ne!(told, Some(false), "world {seed}: {question:?}");
            allowed += usize::from(told.is_some());
        }
    }
    assert!(allowed > 1_000, "{allowed} allowed");
}

/// Whether an explanation says that an assignment of somebody carries a grant for an action; `None` where a rule denies it
/// before any is looked at.
fn carries(world: &World, user: &str, topic: &str, action: &str) -> Option<bool> {
    let question = bare(user, action, topic);
    let explained = world.policy.explain(&world.roster, &question.request(), question.on);
    let carries = explained.assignments.iter().any(|held| held.standing == "carries_grant");
    explained.denied_by.is_none().then_some(carries)
}

/// Who holds a role for an action: everybody of whom an explanation says that an assignment carries a grant for it.
#[test]
fn who_holds_a_role_for_it_is_everybody_of_whom_it_is_tried() {
    let mut found = 0;
    for seed in 0..WORLDS {
        let world = World::random(&mut Chance::new(seed));
        for (topic, action, _) in world.policy.catalogue() {
            let question = bare("", action, topic);
            let holders = world.policy.bearers(&world.roster, &question.request(), question.on, Page::ALL).results;
            let is_one = |user: &&String| {
                carries(&world, user, topic, action).unwrap_or_else(|| holders.contains(&user.as_str()))
            };
            let expected: Vec<&str> = world.listed.users.iter().filter(is_one).map(String::as_str).collect();
            assert_eq!(holders, expected, "world {seed}: {action} {topic}");
            let roles: BTreeSet<&str> = world.policy.roles_that_may(topic, action).into_keys().collect();
            for user in &holders {
                let posts = world.policy.posts(&world.roster, user, question.on).unwrap();
                assert!(posts.iter().any(|post| post.in_effect() && roles.contains(post.role.as_str())), "{user}");
            }
            found += holders.len();
        }
    }
    assert!(found > 1_000, "{found} found");
}
