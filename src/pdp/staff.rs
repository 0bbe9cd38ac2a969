//! Who holds what: questions about people, whichever record it is. They decide nothing, so nobody is told of them.

#[cfg(feature = "server")]
use super::ask::unlisted;
use super::{People, Undecided, View};
use crate::policy::posts::Post;
use crate::policy::request::Request;
use crate::policy::search::{Found, Page};

impl View<'_> {
    /// Who holds a role, in effect, with a grant for the request's action of its resource type, whichever record it is.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the facts can't be had.
    pub fn bearers(&self, request: &Request<'_>, page: Page) -> Result<Found<'_>, Undecided> {
        self.permit(request.resource.kind)?;
        Ok(match self.people()? {
            People::Read(roster) => self.snapshot.policy.bearers(roster, request, self.today, page),
            #[cfg(feature = "server")]
            People::Gathered(facts) => return Err(unlisted(facts)),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.bearers(facts, request, self.today, facts.page(page)),
        })
    }

    /// What somebody holds, and whether it counts; `None` where nobody knows them, or they are disabled.
    ///
    /// # Errors
    /// The facts can't be had.
    pub fn posts(&self, user: &str) -> Result<Option<Vec<Post>>, Undecided> {
        let policy = &self.snapshot.policy;
        Ok(match self.people()? {
            People::Read(roster) => policy.posts(roster, user, self.today),
            #[cfg(feature = "server")]
            People::Gathered(facts) => policy.posts(facts, user, self.today),
            #[cfg(feature = "server")]
            People::Listed(facts) => policy.posts(facts, user, self.today),
        })
    }
}
