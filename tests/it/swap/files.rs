//! The same through real files: a folder swapped as a kubelet swaps a ConfigMap, followed by the reload loop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::live;
use hallpass::policy::request::Limits;
use hallpass::reload::Config;
use hallpass::reload::read::digest;
use hallpass::snapshot::Builder;

use super::load::Load;
use super::{Side, assignment};
use crate::reload::publish;
use crate::running::{Server, runtime, settings};
use crate::support::{append, copy, path};

/// How often the folder is swapped.
const SWAPS: u64 = 20;
/// How long a test that fails waits for a swap to go live.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn folders_swapped_under_load_go_live_whole_and_in_order() {
    let root = tempfile::tempdir().unwrap();
    let (policies, directory) = (root.path().join("policies"), root.path().join("directory"));
    copy(&path("examples/district"), &directory);
    append(&directory.join("role_assignments.csv"), &assignment());
    let put = |generation| publish(&policies, &format!("v{generation}"), &Side::of(generation).files(generation));
    let revisions: HashMap<String, u64> =
        (1..=SWAPS + 1).map(|n| (digest(&Side::of(n).sources(n)).to_string(), n)).collect();
    put(1);
    let config = Config { poll: Duration::from_secs(3_600), ..Config::new(&policies, Some(directory)) };
    let (pdp, handle) = live::start(config, Builder::new(vec!["user".to_owned()], None), Limits::default()).unwrap();
    let server = Server::over(&settings(), Arc::clone(&pdp), Some(handle.status()));
    let runtime = runtime();
    let mut client = runtime.block_on(async { server.hallpass() });
    let load = Load::new();
    let generation = |revision: &str| revisions.get(revision).copied();
    let batches = load.run(&server, &generation, || {
        for swap in 2..=SWAPS + 1 {
            load.progress();
            put(swap);
            let state = handle.status().wait_for(LIMIT, |state| state.generation == swap).unwrap();
            let told = runtime.block_on(client.status(hp::StatusRequest {})).unwrap().into_inner();
            assert_eq!((generation(&told.policy_revision), told.generation), (Some(swap), swap));
            assert_eq!((&*state.live.policy, state.reloads_failed), (&*told.policy_revision, 0));
        }
        load.progress();
    });
    println!("{SWAPS} folders swapped, {batches} batches, none mixed");
    handle.stop();
}
