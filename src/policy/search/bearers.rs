//! Who holds a role, in effect, that has a grant for an action: they may do it to some record, if there is one in reach.

use super::super::census::{Census, Rows};
use super::super::compiled::{Policy, Role};
use super::super::day::Day;
use super::super::request::Request;
use super::walk::Walk;
use super::{Found, Page};

impl Policy {
    /// The users who hold a role, in effect, with a grant for the request's action of its resource type; nothing else of
    /// the request counts but the type of its subject.
    pub fn bearers<'a, C: Census>(&'a self, census: &'a C, request: &Request<'_>, today: Day, page: Page) -> Found<'a> {
        let Ok(target) = self.target(self.table(request), request) else { return Found::default() };
        if !self.accepts(request) {
            return Found::default();
        }
        let carrying = |(_, role): &(&str, &Role)| !role.grants(target.at).is_empty();
        let roles = self.roles.iter().filter(carrying);
        let streams: Vec<Rows<'_>> = roles
            .flat_map(|(name, _)| census.places_of(name).into_iter().map(move |org| (name, org)))
            .map(|(name, org)| census.holders(name, org))
            .collect();
        let mut walk = Walk::new(page, streams.len());
        walk.part(0, streams, |row| {
            let user = census.user_at(row).filter(|user| user.person.active)?;
            let mut held = user.person.assignments.iter().filter_map(|held| self.role_in_effect(held, today));
            held.any(|role| !role.grants(target.at).is_empty()).then_some(user.id)
        });
        walk.found()
    }
}
