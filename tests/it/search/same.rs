//! Compares searches with checks: the whole answer, the pages, and the actions.

use std::num::NonZeroUsize;

use hallpass::policy::census::Census;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::{Action, Request, Resource, Stored, Subject};
use hallpass::policy::search::{Found, Page};

use super::world::World;
use crate::chance::Chance;
use crate::little::{Ask, ask, object};

/// What came of comparing.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) asked: usize,
    pub(crate) found: usize,
    pub(crate) differences: Vec<String>,
}

/// Searches a world for things of these types, with a census that may be wrong; checks are made with the world's own.
pub(crate) fn differences<'w, C: Census>(
    world: &'w World,
    types: impl Iterator<Item = &'w (String, Option<&'static str>)>,
    census: &C,
    chance: &mut Chance,
) -> Compared {
    let mut compared = Compared::default();
    for (resource_type, id_is) in types {
        for action in ["view", "view", "create", "assign_role"] {
            if compared.differences.is_empty() {
                let question = world.question(resource_type, action, chance);
                let request = question.request();
                let both = Both { policy: &world.policy, facts: &world.roster, census, today: question.on };
                compared.subjects(&both, &request, &world.listed.users, chance);
                let listed = world.listed.of(resource_type, *id_is);
                compared.resources(&both, &request, &listed, chance);
                compared.actions(&both, &request);
            }
        }
    }
    compared
}

/// What searches go by, and what checks go by.
pub(crate) struct Both<'a, F, C> {
    pub(crate) policy: &'a Policy,
    pub(crate) facts: &'a F,
    pub(crate) census: &'a C,
    pub(crate) today: Day,
}

impl<F: Census, C: Census> Both<'_, F, C> {
    fn allows(&self, request: &Request<'_>) -> bool {
        self.policy.decide(self.facts, request, self.today).is_allow()
    }
}

impl Compared {
    pub(crate) fn subjects<F: Census, C: Census>(
        &mut self,
        both: &Both<'_, F, C>,
        request: &Request<'_>,
        listed: &[String],
        chance: &mut Chance,
    ) -> usize {
        let expected =
            filter(listed, |id| both.allows(&Request { subject: Subject { id, ..request.subject }, ..*request }));
        let blank = Request { subject: Subject { id: "", ..request.subject }, ..*request };
        let search = |page| both.policy.subjects(both.census, &blank, both.today, page);
        self.compare(request, &expected, search, chance)
    }

    pub(crate) fn resources<F: Census, C: Census>(
        &mut self,
        both: &Both<'_, F, C>,
        request: &Request<'_>,
        listed: &[String],
        chance: &mut Chance,
    ) -> usize {
        let expected =
            filter(listed, |id| both.allows(&Request { resource: Resource { id, ..request.resource }, ..*request }));
        let blank = Request { resource: Resource { id: "", ..request.resource }, ..*request };
        let search = |page| both.policy.resources(both.census, &blank, both.today, page);
        self.compare(request, &expected, search, chance)
    }

    pub(crate) fn actions<F: Census, C: Census>(&mut self, both: &Both<'_, F, C>, request: &Request<'_>) {
        let all = both.policy.catalogue().filter(|(of, ..)| *of == request.resource.kind);
        let allows = |name: &&str| both.allows(&Request { action: Action { name, ..request.action }, ..*request });
        let expected: Vec<&str> = all.map(|(_, action, _)| action).filter(allows).collect();
        let blank = Request { action: Action { name: "", ..request.action }, ..*request };
        let found = both.policy.actions(both.census, &blank, both.today);
        self.note(request, &expected, &found);
    }

    /// The whole answer and the pages are those expected; how much the whole answer went through.
    pub(crate) fn compare<'a>(
        &mut self,
        request: &Request<'_>,
        expected: &[&str],
        search: impl Fn(Page) -> Found<'a>,
        chance: &mut Chance,
    ) -> usize {
        let whole = search(Page::ALL);
        self.note(request, expected, &whole.results);
        let limit = NonZeroUsize::new(1 + chance.below(5)).unwrap();
        let visits = *chance.of(&[usize::MAX, 8, 1]);
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = search(Page { after, limit, visits });
            let full = page.results.len() == limit.get();
            if page.next.is_some() && !full && page.visited < visits || whole.next.is_some() {
                self.differences.push(format!("{request:?}: a page that is not full has another behind it"));
            }
            paged.extend(page.results);
            after = page.next;
            if after.is_none() || paged.len() > expected.len() {
                break;
            }
        }
        self.note(request, expected, &paged);
        whole.visited
    }

    fn note(&mut self, request: &Request<'_>, expected: &[&str], found: &[&str]) {
        self.asked += 1;
        self.found += found.len();
        if expected != found {
            self.differences.push(format!("{request:#?}\nexpected {expected:?}\nfound {found:?}"));
        }
    }
}

pub(crate) fn filter(all: &[String], allowed: impl Fn(&str) -> bool) -> Vec<&str> {
    all.iter().map(String::as_str).filter(|id| allowed(id)).collect()
}

impl World {
    /// A question at random.
    pub(crate) fn question(&self, resource_type: &str, action: &str, chance: &mut Chance) -> Ask {
        let mut of = serde_json::Map::new();
        for (name, values) in &self.properties {
            if chance.below(5) == 0 {
                of.insert((*name).to_owned(), chance.of(values).clone());
            }
        }
        let who = chance.of(&self.subjects).clone();
        let mut asked = ask(&who, action, resource_type, serde_json::json!({}));
        asked.of = Stored::new(object(of.into())).unwrap();
        asked.id(chance.of(&self.ids).as_str())
    }
}
