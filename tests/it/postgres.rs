//! The running server on a PostgreSQL of its own, which goes down, hangs, lies and comes back: what is answered
//! meanwhile, and how soon a right that was taken away is gone.
//!
//! Times decide only where a bound is promised, and then [`PATIENCE`] times that bound.

mod elsewhere;
mod harness;
mod hostile;
mod impostors;
mod offsets;
mod order;
mod outage;
mod proxy;
mod revocation;
mod server;
mod sidecar;
mod storm;
mod tls;
mod wrong;

use std::time::Duration;

use proxy::Proxy;
use server::{Postgres, Sql};
use sidecar::{Sidecar, Told, Verdict};

/// How much longer than promised a test waits, as it shares its cores with others and isn't optimised.
const PATIENCE: u32 = 6;
/// How long a load may take.
const LOAD_DEADLINE: Duration = Duration::from_millis(500);
/// How often the log is read unasked.
const POLL: Duration = Duration::from_secs(1);
/// A request that can't be decided is answered so soon.
const ANSWER: Duration = Duration::from_millis(600);
/// A directory that is there again is in use again so soon.
const RECOVERY: Duration = Duration::from_secs(5);

/// So many connections a sidecar has at most.
const CONNECTIONS: usize = 10;

/// So late at the latest may an allow come after the right to it was taken away.
fn bound() -> Duration {
    POLL + LOAD_DEADLINE
}

/// A database with the demo district and `staff` principals of Fernvale, `u.0` and so on, with a proxy before it.
pub(crate) struct District {
    pub(crate) proxy: Proxy,
    pub(crate) sql: Sql,
    postgres: Postgres,
}

impl District {
    pub(crate) fn new(staff: usize) -> Self {
        let postgres = Postgres::start();
        sidecar::import(&postgres.url());
        let sql = postgres.sql();
        sql.run(&format!(
            "INSERT INTO hallpass.users (id, org_ids) SELECT 'u.' || n, '{{sch.fernvale}}' FROM generate_series(0, {staff} - 1) n;
             INSERT INTO hallpass.role_assignments (id, user_id, role, org_id)
                 SELECT 'ra.u.' || n, 'u.' || n, 'misis.principal', 'sch.fernvale' FROM generate_series(0, {staff} - 1) n"
        ));
        let proxy = Proxy::before(postgres.socket());
        Self { proxy, sql, postgres }
    }

    /// A sidecar that reaches the database through the proxy, ready.
    fn sidecar(&self, flags: &[&str]) -> Sidecar {
        let sidecar = Sidecar::start(&self.proxy.url(), flags);
        sidecar.until("the first allow", |told| told.verdict == Verdict::Allow, "p.okafor");
        sidecar
    }

    /// Makes sure that no connection is left over that nobody uses: some for look-ups, and those that follow the log.
    fn no_connection_is_left_over(&self) {
        self.proxy.until("an end of what was given up", |connections| {
            connections.iter().filter(|connection| connection.open).count() <= CONNECTIONS
        });
    }

    /// Takes a user's roles away.
    fn revoke(&self, user: &str) {
        self.sql.run(&revocation_of(user));
    }
}

fn revocation_of(user: &str) -> String {
    format!("UPDATE hallpass.role_assignments SET deleted = true WHERE user_id = '{user}'")
}
