//! The same district in PostgreSQL: importing it, what a look-up costs that is kept or not, and how soon a role that was
//! taken away is denied.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hallpass::directory::postgres::Postgres;
use hallpass::directory::postgres::connect::Target;
use hallpass::directory::postgres::import::{Set, Wish, import};
use hallpass::directory::postgres::migrate::migrate;
use hallpass::directory::remote::{Remote, Settings};
use hallpass::pdp::{Asking, Pdp, Undecided};
use hallpass::policy::request::{Limits, Request};
use hallpass::snapshot::{Builder, Files};
use tokio::runtime::{Builder as Runtimes, Runtime};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::world::{root, sources};
use crate::{People, print_spans, seconds};

/// How long is waited for a change to count.
const LIMIT: Duration = Duration::from_secs(30);

/// Measures on a database of its own.
pub(crate) fn measure(server: &str, directory: &Path, people: &People, revocations: usize) {
    let runtime = Runtimes::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server: Config = server.parse().expect("a connection string");
    let name = format!("hallpass_test_bench_{}", std::process::id());
    let first = connect(&runtime, &server);
    runtime.block_on(first.batch_execute(&format!("CREATE DATABASE {name}"))).expect("a database of our own");
    let mut config = server.clone();
    let mut client = connect(&runtime, config.dbname(&name));
    runtime.block_on(migrate(&mut client, None)).expect("an empty database takes the schema");
    bring_in(&runtime, &mut client, directory);
    let target = target(&server, &name);
    let (remote, handle) = Remote::start(Postgres::new(target, 8), Settings::default()).expect("a thread");
    let reached = async { remote.frame_changes().wait_for(Option::is_some).await.map(drop) };
    runtime.block_on(reached).expect("the database is reached");
    let pdp = Pdp::remote(policies(), Limits::default(), Arc::clone(&remote));
    look_up(&runtime, &pdp, people);
    revoke(&runtime, &pdp, &client, people, revocations);
    handle.stop();
    drop(client);
    runtime.block_on(first.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))).expect("it is ours");
}

fn connect(runtime: &Runtime, config: &Config) -> Client {
    let (client, wire) = runtime.block_on(config.connect(NoTls)).expect("HALLPASS_TEST_POSTGRES names a server");
    runtime.spawn(wire);
    client
}

fn target(server: &Config, name: &str) -> Target {
    let host = match server.get_hosts().first().expect("a host") {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.to_string_lossy().replace('/', "%2F"),
    };
    let port = server.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
    let user = server.get_user().expect("a user");
    let password = server.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
    let url = format!("postgres://{user}@{host}{port}/{name}?sslmode=disable");
    Target::new(&url, password.as_deref()).expect("what the server is named by")
}

fn bring_in(runtime: &Runtime, client: &mut Client, directory: &Path) {
    let entries = std::fs::read_dir(directory).expect("the district");
    let names: Vec<Arc<str>> =
        entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into()).collect();
    let open = |name: &str| Ok(Box::new(std::fs::File::open(directory.join(name))?) as Box<dyn std::io::Read>);
    let set = Set { names: &names, open: &open, same: &|| Ok(()) };
    let begun = Instant::now();
    runtime.block_on(import(client, set, Wish::default(), &|_| ())).expect("the district is good");
    println!("PostgreSQL, import: {:.1} s", seconds(begun));
}

fn policies() -> hallpass::snapshot::Snapshot {
    let policies = sources(&root().join("policies"));
    let files = Files { revision: &"00000000000000aa".into(), files: &policies };
    Builder::new(vec!["user".to_owned()], None).build_alone(files, 1).expect("the shipped policies compile")
}

/// Whether it is allowed.
async fn allowed(pdp: &Pdp, request: &Request<'_>) -> bool {
    let decide = |view: &hallpass::pdp::View<'_>| Ok(view.decide(request)?.is_allow());
    pdp.ask::<bool, Undecided>(Asking::default(), decide).await.expect("the directory answers")
}

/// Each question twice: once nothing of it is kept, then all.
fn look_up(runtime: &Runtime, pdp: &Pdp, people: &People) {
    let (mut misses, mut hits) = (Vec::new(), Vec::new());
    runtime.block_on(async {
        for spans in [&mut misses, &mut hits] {
            for number in 0..people.count().min(1_000) {
                let begun = Instant::now();
                assert!(allowed(pdp, &people.question(number)).await, "a principal may");
                spans.push(begun.elapsed());
            }
        }
    });
    print_spans("PostgreSQL, a check of which nothing is kept (two look-ups in one)", misses);
    print_spans("PostgreSQL, a check of which all is kept", hits);
}

/// Takes roles away and gives them back, one after another, and asks all the while.
fn revoke(runtime: &Runtime, pdp: &Pdp, client: &Client, people: &People, times: usize) {
    let mut spans = Vec::new();
    runtime.block_on(async {
        for number in 0..times {
            let question = people.question(number);
            until(pdp, &question, true).await;
            let begun = Instant::now();
            set_deleted(client, question.subject.id, true).await;
            until(pdp, &question, false).await;
            spans.push(begun.elapsed());
            set_deleted(client, question.subject.id, false).await;
        }
    });
    print_spans("PostgreSQL, a revocation sent to the first deny", spans);
}

async fn set_deleted(client: &Client, user: &str, deleted: bool) {
    let write = "UPDATE hallpass.role_assignments SET deleted = $2 WHERE user_id = $1";
    client.execute(write, &[&user, &deleted]).await.expect("the row is changed");
}

async fn until(pdp: &Pdp, question: &Request<'_>, allow: bool) {
    let begun = Instant::now();
    while allowed(pdp, question).await != allow {
        assert!(begun.elapsed() < LIMIT, "a change counts at last");
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}
