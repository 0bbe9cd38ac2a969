//! stub
use super::{day::Day, decision::{Decision, Reason}, facts::Facts, request::Request, source::{Finding, Source}};
/// stub
#[derive(Debug, Default)]
pub struct Policy;
impl Policy {
    /// Compiles a set of policy files: the policy and its warnings, or everything that is wrong with it.
    /// # Errors
    /// findings
    pub fn compile(_files: &[Source]) -> Result<(Self, Vec<Finding>), Vec<Finding>> { Ok((Self, vec![])) }
    /// Decides.
    pub fn decide<'a, F: Facts>(&'a self, _facts: &'a F, _request: &Request<'_>, _today: Day) -> Decision<'a> { Decision::deny(Reason::NoGrant) }
}
