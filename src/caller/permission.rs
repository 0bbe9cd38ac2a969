//! Permissions, and which of them each method and path needs. What stands in no row is served to no known caller: a new
//! method is closed until it gets its row.

use std::fmt;

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Have questions decided, one by one, in batches and streams, and ask which actions are allowed on a record.
    Check,
    /// Have questions decided and explained.
    Explain,
    /// Ask for everybody who may, or everything that somebody may.
    Search,
    /// Ask what is being served, and how it describes itself.
    Status,
}

impl Permission {
    /// All of them, with their names.
    pub const NAMED: [(&'static str, Self); 4] =
        [("check", Self::Check), ("explain", Self::Explain), ("search", Self::Search), ("status", Self::Status)];
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMED.iter().find(|(_, permission)| permission == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// What a method or path needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody may ask, known or not.
    Nothing,
    /// A caller with a permission.
    Permission(Permission),
}

use Need::Nothing;
const CHECK: Need = Need::Permission(Permission::Check);
const EXPLAIN: Need = Need::Permission(Permission::Explain);
const SEARCH: Need = Need::Permission(Permission::Search);
const STATUS: Need = Need::Permission(Permission::Status);

/// Every path that is served, over gRPC and HTTP. The most frequent come first.
pub const TABLE: &[(&str, Need)] = &[
    ("/hallpass.v1.Hallpass/Check", CHECK),
    ("/access/v1/evaluation", CHECK),
    ("/envoy.service.auth.v3.Authorization/Check", CHECK),
    ("/hallpass.v1.Hallpass/BatchCheck", CHECK),
    ("/access/v1/evaluations", CHECK),
    ("/authzen.access.v1.Access/Evaluation", CHECK),
    ("/authzen.access.v1.Access/Evaluations", CHECK),
    ("/hallpass.v1.Hallpass/ListActions", CHECK),
    ("/hallpass.v1.Hallpass/CheckStream", CHECK),
    ("/authzen.access.v1.Access/ActionSearch", CHECK),
    ("/access/v1/search/action", CHECK),
    ("/hallpass.v1.Hallpass/Explain", EXPLAIN),
    ("/hallpass.v1.Hallpass/Plan", SEARCH),
    ("/authzen.access.v1.Access/SubjectSearch", SEARCH),
    ("/authzen.access.v1.Access/ResourceSearch", SEARCH),
    ("/access/v1/search/subject", SEARCH),
    ("/access/v1/search/resource", SEARCH),
    ("/hallpass.v1.Hallpass/Status", STATUS),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", STATUS),
    ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", STATUS),
    ("/grpc.health.v1.Health/Check", Nothing),
    ("/grpc.health.v1.Health/Watch", Nothing),
    ("/grpc.health.v1.Health/List", Nothing),
    (METADATA, Nothing),
];

/// Where AuthZEN's metadata is found, and below it that of a server whose URL has a path.
const METADATA: &str = "/.well-known/authzen-configuration";

/// What a path needs; `None` where nothing is served.
#[must_use]
pub fn need(path: &str) -> Option<Need> {
    let below = || path.strip_prefix(METADATA).filter(|rest| rest.starts_with('/')).map(|_| Nothing);
    TABLE.iter().find(|(known, _)| *known == path).map(|(_, need)| *need).or_else(below)
}
