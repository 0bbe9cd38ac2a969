//! What a kubelet and a container runtime make of a rendered pod, on this machine: volumes written and swapped as the
//! kubelet's AtomicWriter does, containers that see the image's files and their mounts alone, read-only, as the user and
//! with the groups that were rendered and without capabilities, in a network of the pod's own; probes by `exec`; the
//! end by SIGTERM within the grace period. Needs root. Left out: cgroups, seccomp, and that a volume in memory is one.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::pods::{Cluster, Files, POD, text};
use super::tools::named;

/// Joins the pod's network, mounts, gives up what a container doesn't have, and becomes the command. `$1` is the root,
/// `$2` the user, `$3` the groups; then volume, place and `ro` or `rw` for each mount, `--`, and the command.
const BEGIN: &str = r#"
root=$1 user=$2 groups=$3; shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
for system in proc dev; do mount --rbind "/$system" "$root/$system"; done
while [ "$1" != -- ]; do
    mount --bind "$1" "$root$2"
    [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
    shift 3
done
shift
mount -o remount,bind,ro "$root"
exec env -u PATH -u PWD /usr/bin/setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
    /usr/sbin/chroot --userspec="$user" --groups="$groups" "$root" "$@"
"#;

/// A pod: its volumes and its network. Containers come and go.
pub(super) struct Pod {
    spec: Value,
    cluster: Mutex<Cluster>,
    folder: TempDir,
    /// Holds the network; none where that is another pod's.
    pause: Option<Child>,
    network: u32,
    versions: AtomicU32,
}

/// A container that runs.
pub(super) struct Running<'a> {
    pod: &'a Pod,
    spec: Value,
    root: PathBuf,
    child: Child,
}

impl Pod {
    /// A pod with a network of its own, its volumes laid out.
    pub(super) fn new(spec: &Value, cluster: Cluster) -> Self {
        let mut pause = Command::new("unshare");
        pause.args(["--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"]).stdout(Stdio::piped());
        let mut pause = pause.spawn().unwrap();
        // The network is there once the first line has come.
        let mut up = [0; 3];
        pause.stdout.as_mut().unwrap().read_exact(&mut up).expect("needs root, and `ip`");
        let network = pause.id();
        Self::within(network, Some(pause), spec, cluster)
    }

    /// A pod that reaches another one by the name of its Service: it is in the same network here.
    pub(super) fn beside(other: &Self, spec: &Value, cluster: Cluster) -> Self {
        Self::within(other.network, None, spec, cluster)
    }

    fn within(network: u32, pause: Option<Child>, spec: &Value, cluster: Cluster) -> Self {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let cluster = Mutex::new(cluster);
        let pod = Self { spec: spec.clone(), cluster, folder, pause, network, versions: AtomicU32::new(0) };
        for volume in pod.spec["volumes"].as_array().unwrap() {
            pod.lay_out(volume);
        }
        pod
    }

    fn lay_out(&self, volume: &Value) {
        let folder = self.volume(&text(&volume["name"]));
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        fs::create_dir(&folder).unwrap();
        let group = self.group();
        chown(&folder, None, group).unwrap();
        let files = self.cluster().files_of(volume);
        match files {
            Some(files) => self.publish(volume, &files),
            None => {
                assert!(volume.get("emptyDir").is_some(), "{volume} is of no kind that is known here");
                fs::set_permissions(&folder, Permissions::from_mode(if group.is_some() { 0o2777 } else { 0o777 }))
                    .unwrap();
            }
        }
    }

    /// What the kubelet's AtomicWriter does: a folder for the version, one link renamed over another, then the links to
    /// what is new, and the removal of what is old.
    fn publish(&self, volume: &Value, files: &Files) {
        let folder = self.volume(&text(&volume["name"]));
        let version = format!("..2026_11_29_08_15_{:02}.{:09}", 0, self.versions.fetch_add(1, Ordering::Relaxed));
        let source = ["configMap", "secret", "projected"].iter().find_map(|kind| volume.get(kind)).unwrap();
        let mode = source["defaultMode"].as_u64().map_or(0o644, |mode| u32::try_from(mode).unwrap());
        let group = self.group();
        let mode = if group.is_some() { mode | 0o440 } else { mode };
        fs::create_dir(folder.join(&version)).unwrap();
        for (name, content) in files {
            let file = folder.join(&version).join(name);
            fs::write(&file, content).unwrap();
            chown(&file, None, group).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        }
        let old = fs::read_link(folder.join("..data")).ok();
        symlink(&version, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
        for name in files.keys().filter(|name| !folder.join(name).is_symlink()) {
            symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
        }
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name().into_string().unwrap();
            if !name.starts_with("..") && !files.contains_key(&name) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        if let Some(old) = old {
            fs::remove_dir_all(folder.join(old)).unwrap();
        }
    }

    /// Changes what the cluster holds, and brings all volumes up to date that hold something else now.
    pub(super) fn change(&self, change: impl FnOnce(&mut Cluster)) {
        let before = self.cluster().clone();
        change(&mut self.cluster());
        for volume in self.spec["volumes"].as_array().unwrap() {
            let (old, new) = (before.files_of(volume), self.cluster().files_of(volume));
            if let Some(files) = new.filter(|new| old.as_ref() != Some(new)) {
                self.publish(volume, &files);
            }
        }
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap()
    }

    /// Where a volume is on this machine.
    pub(super) fn volume(&self, name: &str) -> PathBuf {
        self.folder.path().join("volumes").join(name)
    }

    fn group(&self) -> Option<u32> {
        self.spec["securityContext"]["fsGroup"].as_u64().map(|group| u32::try_from(group).unwrap())
    }

    /// The seconds between SIGTERM and SIGKILL.
    pub(super) fn grace(&self) -> Duration {
        Duration::from_secs(self.spec["terminationGracePeriodSeconds"].as_u64().unwrap())
    }

    fn container(&self, name: &str) -> &Value {
        let all = ["initContainers", "containers"].map(|list| self.spec[list].as_array().into_iter().flatten());
        let found = all.into_iter().flatten().find(|container| container["name"] == name);
        found.unwrap_or_else(|| panic!("there is no container `{name}`"))
    }

    /// Starts a container with its own command, and waits for its startup probe.
    pub(super) fn start(&self, name: &str) -> Running<'_> {
        let spec = self.container(name).clone();
        let args = |field: &str| spec[field].as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        let (root, mut command) = self.prepared(&spec, &[args("command"), args("args")].concat());
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let running = Running { pod: self, spec, root, child };
        if running.spec.get("startupProbe").is_some() {
            running.started();
        }
        running
    }

    /// Runs a command in a container's place, from Hallpass's image, until it ends.
    pub(super) fn run(&self, name: &str, command: &[&str]) -> Output {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        let (_, mut command) = self.prepared(self.container(name), &command);
        command.output().unwrap()
    }

    /// Runs a container with its own command until it ends.
    pub(super) fn run_to_end(&self, name: &str) -> Output {
        let spec = self.container(name);
        let words = ["command", "args"].map(|field| spec[field].as_array().into_iter().flatten().map(text));
        let (_, mut command) = self.prepared(spec, &words.into_iter().flatten().collect::<Vec<_>>());
        command.output().unwrap()
    }

    /// What Prometheus would read, as the operator would have it do by a ServiceMonitor; with this key.
    pub(super) fn scrape(&self, monitor: &Value, key: Option<&str>) -> String {
        let endpoint = &monitor["spec"]["endpoints"][0];
        let (tls, container) = (&endpoint["tlsConfig"], self.container("hallpass"));
        let ports = container["ports"].as_array().unwrap();
        let port = &ports.iter().find(|port| port["name"] == endpoint["port"]).unwrap()["containerPort"];
        let (name, authority) = (text(&tls["serverName"]), self.folder.path().join("scrape-ca.pem"));
        fs::write(&authority, self.cluster().secret(&tls["ca"]["secret"], "name")).unwrap();
        let mut curl = Command::new("nsenter");
        curl.arg(format!("--net=/proc/{}/ns/net", self.network)).args(["curl", "--silent", "--max-time", "10"]);
        curl.arg("--cacert").arg(&authority).args(["--resolve", &format!("{name}:{port}:127.0.0.1")]);
        curl.args(key.into_iter().flat_map(|key| ["--header".to_owned(), format!("authorization: Bearer {key}")]));
        curl.arg(format!("{}://{name}:{port}{}", text(&endpoint["scheme"]), text(&endpoint["path"])));
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    }

    /// A container's files, and the command that becomes its process.
    fn prepared(&self, spec: &Value, command: &[String]) -> (PathBuf, Command) {
        let number = self.versions.fetch_add(1, Ordering::Relaxed);
        let root = self.folder.path().join(format!("root-{number}"));
        let image = named("HALLPASS_TEST_IMAGE", "the folder of the image's files");
        let copied = Command::new("cp").arg("--archive").arg(image).arg(&root).status().unwrap();
        assert!(copied.success());
        ["etc", "proc", "dev"].iter().for_each(|folder| fs::create_dir_all(root.join(folder)).unwrap());
        // The kubelet writes this file; here it also stands for the cluster's DNS.
        fs::write(root.join("etc/hosts"), "127.0.0.1 localhost district-hallpass.sis.svc\n").unwrap();
        let mut run = Command::new("nsenter");
        run.arg(format!("--net=/proc/{}/ns/net", self.network)).args(["unshare", "--mount", "sh", "-ec", BEGIN, "sh"]);
        run.arg(&root).args(self.identity(spec));
        for mount in spec["volumeMounts"].as_array().into_iter().flatten() {
            self.mount(mount, &root, &mut run);
        }
        run.arg("--").args(command);
        run.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(self.cluster().environment(spec));
        (root, run)
    }

    /// The user and the groups of a container.
    fn identity(&self, spec: &Value) -> [String; 2] {
        let context = &spec["securityContext"];
        assert_eq!((&context["runAsNonRoot"], &context["readOnlyRootFilesystem"]), (&true.into(), &true.into()));
        assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]));
        assert_eq!(context["allowPrivilegeEscalation"], false);
        let number = |field: &str| context[field].as_u64().unwrap_or(0);
        let groups = self.group().map_or(String::new(), |group| group.to_string());
        [format!("{}:{}", number("runAsUser"), number("runAsGroup")), groups]
    }

    fn mount(&self, mount: &Value, root: &Path, run: &mut Command) {
        let (mut volume, place) = (self.volume(&text(&mount["name"])), text(&mount["mountPath"]));
        if let Some(inner) = mount.get("subPathExpr") {
            volume = volume.join(text(inner).replace("$(POD_NAME)", POD));
            fs::create_dir_all(&volume).unwrap();
            chown(&volume, None, self.group()).unwrap();
            fs::set_permissions(&volume, Permissions::from_mode(0o2775)).unwrap();
        }
        fs::create_dir_all(root.join(place.trim_start_matches('/'))).unwrap();
        let how = if mount["readOnly"] == true { "ro" } else { "rw" };
        run.arg(volume.canonicalize().unwrap()).args([&place, how]);
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        if let Some(pause) = &mut self.pause {
            _ = pause.kill();
            _ = pause.wait();
        }
    }
}

impl Running<'_> {
    /// The number of its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn started(&self) {
        let probe = &self.spec["startupProbe"];
        let number = |field: &str| probe[field].as_u64().unwrap();
        for _ in 0..number("failureThreshold") {
            if self.probe("startupProbe") {
                return;
            }
            std::thread::sleep(Duration::from_secs(number("periodSeconds")));
        }
        panic!("the container did not start");
    }

    /// What a probe comes to now: its command runs where the container does, for as long as it may.
    pub(super) fn probe(&self, name: &str) -> bool {
        let probe = &self.spec[name];
        let command: Vec<String> = probe["exec"]["command"].as_array().unwrap().iter().map(text).collect();
        let [user, groups] = self.pod.identity(&self.spec);
        let mut run = Command::new("timeout");
        run.args([
            "--signal=KILL",
            &probe["timeoutSeconds"].to_string(),
            "nsenter",
            "--target",
            &self.pid().to_string(),
        ]);
        run.args(["--mount", "--net", "setpriv", "--no-new-privs"]);
        run.args(["--bounding-set=-all,+sys_chroot,+setuid,+setgid", "/usr/sbin/chroot"]);
        run.args([format!("--userspec={user}"), format!("--groups={groups}")]).arg(&self.root).args(command);
        run.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Waits for the end, for no longer than the grace period.
    pub(super) fn ended(mut self) -> ExitStatus {
        let until = Instant::now() + self.pod.grace();
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it would have been killed");
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
