//! The pods that the charts make, run as rendered: who they run as, what their probes say, what an application is told,
//! what a change of a ConfigMap or a Secret does, and how they end.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use hallpass::grpc::proto::hallpass::{Action, CheckRequest, Resource, StatusRequest, Subject};
use rcgen::CertificateParams;
use tonic::transport::{Channel, Endpoint};

use super::kubelet::{Pod, Running};
use super::pods::{Cluster, POD};
use super::tools::{Charts, said};
use super::{Case, EXAMPLE, cases};
use crate::pki::{Authority, Pair, dns};
use crate::running::runtime;

/// The version of Kubernetes that is rendered for.
const MINOR: u32 = 35;
/// How long a change may take; a test that runs into it has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the rules are changed while they are asked.
const SWAPS: usize = 10;
const SOCKET: &str = "hallpass.sock";

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

/// The example with its sidecar.
fn gradebook() -> Pod {
    let cluster = Cluster::of(&Charts::get().template(EXAMPLE, MINOR, &[]).unwrap());
    Pod::new(&cluster.pod("Deployment").clone(), cluster)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let late = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < late, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Who a process is, as the kernel tells: the lines of its status with these names.
fn status(pid: u32, names: [&str; 4]) -> [String; 4] {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    names.map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// What an application asks, by the container's own user and mounts.
fn asked(pod: &Pod, who: &str, action: &str, student: &str) -> Option<i32> {
    let server = format!("--server=unix:/run/hallpass/{SOCKET}");
    let (who, action, student) =
        (format!("--subject={who}"), format!("--action={action}"), format!("--student={student}"));
    let question = ["--type=gradebook.marks.mark", &who, &action, &student];
    pod.run("gradebook", &[&["/hallpass", "check", &server], &question[..]].concat()).status.code()
}

#[test]
#[ignore = "needs Helm and the image"]
fn a_sidecar_runs_as_rendered_and_answers_its_application() {
    let pod = gradebook();
    let sidecar = pod.start("hallpass");
    let seen = status(sidecar.pid(), ["Uid", "Groups", "CapEff", "NoNewPrivs"]);
    assert_eq!(seen, ["65532 65532 65532 65532", "65532", "0000000000000000", "1"]);
    let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", sidecar.pid())).unwrap();
    let places: Vec<(&str, &str)> =
        mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).map(|parts| (parts[4], parts[5])).collect();
    let writable: Vec<&str> = places.iter().filter(|(_, how)| how.starts_with("rw")).map(|(place, _)| *place).collect();
    assert!(places.iter().any(|(place, how)| *place == "/" && how.starts_with("ro")), "{places:?}");
    assert!(
        writable
            .iter()
            .all(|place| { place.starts_with("/proc") || place.starts_with("/dev") || *place == "/run/hallpass" }),
        "{writable:?}"
    );
    assert!(["readinessProbe", "livenessProbe"].iter().all(|probe| sidecar.probe(probe)));
    for (who, action, student, answer) in
        [("tia", "update", "sam", 0), ("tia", "update", "kit", 2), ("pat", "view", "kit", 0), ("sam", "view", "sam", 2)]
    {
        assert_eq!(asked(&pod, who, action, student), Some(answer), "{who} {action} {student}");
    }
    sidecar.signal("-TERM");
    assert_eq!(sidecar.ended().code(), Some(0));
    assert!(!pod.volume("hallpass-socket").join(SOCKET).exists());
}

/// A volume outlives its containers, and so does a socket in it.
#[test]
#[ignore = "needs Helm and the image"]
fn a_sidecar_that_was_killed_starts_again_in_the_same_pod() {
    let pod = gradebook();
    for _ in 0..2 {
        let sidecar = pod.start("hallpass");
        assert_eq!(asked(&pod, "tia", "update", "sam"), Some(0));
        sidecar.signal("-KILL");
        assert_eq!(sidecar.ended().code(), None);
        assert!(pod.volume("hallpass-socket").join(SOCKET).exists());
        assert_eq!(asked(&pod, "tia", "update", "sam"), Some(1), "nobody answers, and that is no allow");
    }
}

/// Whether Tia may change a mark of Sam's.
async fn may(client: &mut HallpassClient<Channel>) -> Result<bool, tonic::Status> {
    let request = CheckRequest {
        subject: Some(Subject { r#type: "user".into(), id: "tia".into(), ..Subject::default() }),
        action: Some(Action { name: "update".into(), ..Action::default() }),
        resource: Some(Resource {
            r#type: "gradebook.marks.mark".into(),
            student: Some("sam".into()),
            ..Resource::default()
        }),
        ..CheckRequest::default()
    };
    Ok(client.check(request).await?.into_inner().allow)
}

/// Changed ten times while it is asked without a pause: each change is seen, and nobody gets an error.
#[test]
#[ignore = "needs Helm and the image"]
fn a_changed_config_map_counts_without_a_restart_or_an_error() {
    let pod = gradebook();
    let sidecar = pod.start("hallpass");
    let (ends, allowed, answers) = (AtomicBool::new(false), AtomicBool::new(true), AtomicU64::new(0));
    let asks = || async {
        let mut client = client(&pod);
        while !ends.load(Ordering::Acquire) {
            allowed.store(may(&mut client).await.unwrap(), Ordering::Release);
            answers.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let asking = scope.spawn(|| runtime().block_on(asks()));
        for swap in 0..SWAPS {
            let takes_away = swap % 2 == 0;
            let (from, to) =
                if takes_away { ("[view, update]", "view") } else { ("allow: view", "allow: [view, update]") };
            pod.change(|cluster| {
                let role = cluster.config_map("gradebook-policy").get_mut("teacher.yaml").unwrap();
                assert_eq!(role.matches(from).count(), 1);
                *role = role.replacen(from, to, 1);
            });
            until(&format!("change {swap} is seen"), || {
                asking.is_finished() || allowed.load(Ordering::Acquire) != takes_away
            });
        }
        ends.store(true, Ordering::Release);
        asking.join().expect("every question is answered");
    });
    println!("{SWAPS} changes, {} answers", answers.into_inner());
    // Rules that can't be used leave the last good ones in use, and nothing that would restart or remove the pod.
    pod.change(|cluster| _ = cluster.config_map("gradebook-policy").insert("teacher.yaml".into(), "nonsense".into()));
    pod.change(|cluster| _ = cluster.config_map("gradebook-policy").remove("principal.yaml"));
    until("the change is refused", || refuses(&pod));
    assert_eq!(asked(&pod, "pat", "view", "kit"), Some(0));
    assert!(sidecar.probe("livenessProbe") && sidecar.probe("readinessProbe"));
    sidecar.signal("-TERM");
    assert_eq!(sidecar.ended().code(), Some(0));
}

fn client(pod: &Pod) -> HallpassClient<Channel> {
    let address = format!("unix:{}", pod.volume("hallpass-socket").join(SOCKET).display());
    HallpassClient::new(Endpoint::from_shared(address).unwrap().connect_lazy())
}

/// Whether files are there that can't be used.
fn refuses(pod: &Pod) -> bool {
    let status = runtime().block_on(async { client(pod).status(StatusRequest {}).await.unwrap().into_inner() });
    status.reload.is_some_and(|reload| reload.failing)
}

/// A certificate for the Service's name.
fn server(authority: &Authority) -> Pair {
    authority.issue(|params: &mut CertificateParams| {
        params.subject_alt_names = vec![dns("district-hallpass.sis.svc")];
    })
}

/// The Secret that cert-manager would make.
fn tls(authority: &Authority) -> [(&'static str, String); 3] {
    let pair = server(authority);
    [("tls.crt", pair.cert), ("tls.key", pair.key), ("ca.crt", authority.pem.clone())]
}

fn set(cluster: &mut Cluster, name: &str, files: &[(&str, String)]) {
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    cluster.set_secret(name, &files);
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The shared service: asked over TLS by the test's own pod, with the key it was given; certificates and callers change
/// while it runs.
#[test]
#[ignore = "needs Helm and the image"]
fn a_service_runs_as_rendered_and_follows_certificates_and_callers() {
    let mut cluster = Cluster::of(&Charts::get().render(&case("service-demo"), MINOR));
    let authority = Authority::new();
    set(&mut cluster, "hallpass-tls", &tls(&authority));
    cluster.set_secret("hallpass-key", &[("key", KEY)]);
    let pod = Pod::new(&cluster.pod("Deployment").clone(), cluster.clone());
    let service = pod.start("hallpass");
    assert!(["readinessProbe", "livenessProbe"].iter().all(|probe| service.probe(probe)));
    let asks = |cluster: &Cluster| {
        let test = Pod::beside(&pod, &cluster.pod("Pod").clone(), cluster.clone());
        test.run_to_end("ask")
    };
    let answer = asks(&cluster);
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    // Another authority signs from now on: whoever believes it gets in, whoever believes the old one doesn't.
    let mut renewed = cluster.clone();
    set(&mut renewed, "hallpass-tls", &tls(&Authority::new()));
    pod.change(|cluster| *cluster = renewed.clone());
    until("the new certificate is shown", || asks(&renewed).status.code() == Some(0));
    assert_eq!(asks(&cluster).status.code(), Some(1));
    // A key that is no longer known opens nothing.
    pod.change(|cluster| cluster.set_secret("hallpass-key", &[("key", &KEY.replace('0', "1"))]));
    until("the old key is forgotten", || asks(&renewed).status.code() == Some(1));
    drains(service);
}

/// While it drains, readiness says no and liveness yes; then it ends by itself, in time.
fn drains(service: Running<'_>) {
    service.signal("-TERM");
    until("readiness ends", || !service.probe("readinessProbe"));
    assert!(service.probe("livenessProbe"));
    assert_eq!(service.ended().code(), Some(0));
}

/// Every decision is written down, and the log holds against its key; metrics are to be had as the monitor is rendered, and
/// by nobody without the key.
#[test]
#[ignore = "needs Helm and the image"]
fn a_service_keeps_its_record_and_shows_its_metrics_as_rendered() {
    let mut cluster = Cluster::of(&Charts::get().render(&case("service-observed"), MINOR));
    let authority = Authority::new();
    set(&mut cluster, "hallpass-tls", &tls(&authority));
    ["hallpass-key", "log-key", "admin-key"].iter().for_each(|name| cluster.set_secret(name, &[("key", KEY)]));
    let pod = Pod::new(&cluster.pod("Deployment").clone(), cluster.clone());
    let service = pod.start("hallpass");
    let answer = Pod::beside(&pod, &cluster.pod("Pod").clone(), cluster.clone()).run_to_end("ask");
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    let log = fs::read_to_string(pod.volume("hallpass-decisions").join(POD).join("decisions.log")).unwrap();
    assert!(log.lines().any(|line| line.contains("t.rivera") && line.contains("misis.grades.mark")), "{log}");
    let page = pod.scrape(cluster.object("ServiceMonitor"), Some(KEY));
    let counted = "hallpass_decisions_total{application=\"misis\",effect=\"allow\",reason=\"granted\"} 1\n";
    assert!(page.contains(counted), "{page}");
    assert!(!pod.scrape(cluster.object("ServiceMonitor"), None).contains("hallpass_"));
    drains(service);
    let files = ["/var/log/hallpass-checkpoints/checkpoints", "/var/log/hallpass/decisions.log"];
    let verified = pod.run(
        "hallpass",
        &["/hallpass", "log", "verify", "--key-file=/etc/hallpass/log/key", "--checkpoints", files[0], files[1]],
    );
    assert_eq!(verified.status.code(), Some(0), "{}{}", said(&verified), String::from_utf8_lossy(&verified.stdout));
}
