//! A process that is killed while it writes: what is there is whole, goes on, and says what was torn.

use std::fs;
use std::process::{Command, Stdio};

use hallpass::telemetry::decision_log::{DecisionLog, Settings};

use super::{Scene, close, lines, of, verified};
use crate::chance::Chance;
use crate::support::path;

/// A log cut behind any byte of its last lines: what is whole stays, what is torn is put aside, and that is said.
#[test]
fn a_log_that_was_cut_anywhere_goes_on_behind_its_last_whole_line() {
    let scene = Scene::new();
    for _ in 0..4 {
        scene.ask("s.0142").unwrap();
    }
    scene.closed();
    let whole = fs::read(scene.path()).unwrap();
    let torn_to = scene.place.path().join("decisions.log.torn");
    let from = whole.len() - 900;
    for end in (0..20).chain(from..=whole.len()) {
        fs::write(scene.path(), &whole[..end]).unwrap();
        _ = fs::remove_file(&torn_to);
        let kept = whole[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let log = DecisionLog::start(Settings::at(Some(scene.path()))).unwrap();
        close(&log);
        let now = fs::read(scene.path()).unwrap();
        assert_eq!(&now[..kept], &whole[..kept], "cut behind byte {end}");
        let opened = lines(&scene.path()).into_iter().rfind(|line| line["line"] == "opened").unwrap();
        assert_eq!(opened["torn_bytes"], end - kept, "cut behind byte {end}");
        assert_eq!(fs::read(&torn_to).unwrap_or_default(), &whole[kept..end], "cut behind byte {end}");
        assert_eq!(verified(&[scene.path()], None, None).wrong, 0, "cut behind byte {end}");
    }
}

/// What a disk makes of a file that was not brought to it: zeros behind the last good line.
#[test]
fn zeros_behind_the_last_line_are_put_aside() {
    let scene = Scene::new();
    scene.ask("s.0142").unwrap();
    scene.closed();
    let whole = fs::read(scene.path()).unwrap();
    fs::write(scene.path(), [whole.as_slice(), &[0; 5000], b"\n", &[0; 100]].concat()).unwrap();
    close(&DecisionLog::start(Settings::at(Some(scene.path()))).unwrap());
    assert_eq!(fs::read(scene.place.path().join("decisions.log.torn")).unwrap().len(), 5101);
    assert_eq!(verified(&[scene.path()], None, None).wrong, 0);
}

/// The binary, killed at random moments of writing, and started again on the same log.
#[test]
fn a_process_that_is_killed_leaves_a_log_that_verifies() {
    let place = tempfile::TempDir::new().unwrap();
    let log = place.path().join("decisions.log");
    let mut chance = Chance(11);
    for round in 0..12 {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hallpass"))
            .args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--workers", "1"])
            .args(["--decision-log-fsync", "never", "--decision-log-mode", "required", "--decision-log"])
            .arg(&log)
            .current_dir(path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut told = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
        let http = told.find_map(|line| line.unwrap().strip_prefix("HTTP on ").map(|at| at.parse().unwrap())).unwrap();
        let begun = of(&all(&log), "decision").len();
        let asker = std::thread::spawn(move || ask(http));
        let enough = fs::metadata(&log).unwrap().len() + 50_000 + chance.below(1_000_000) as u64;
        while fs::metadata(&log).unwrap().len() < enough {}
        process.kill().unwrap();
        process.wait().unwrap();
        let answered = asker.join().unwrap();
        let report = verified(std::slice::from_ref(&log), None, None);
        assert_eq!(report.wrong, 0, "round {round}: {:?}", report.findings);
        let there = of(&all(&log), "decision").len() - begun;
        assert!(there >= answered && answered > 0, "{answered} were answered, {there} are there");
    }
}

/// The whole lines of a log that may be torn.
fn all(log: &std::path::Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _torn)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Asks until there is nobody to ask: how many answers came.
fn ask(http: std::net::SocketAddr) -> usize {
    let body = br#"{"subject": {"type": "user", "id": "t.rivera"}, "action": {"name": "update"},
                    "resource": {"type": "misis.grades.mark", "id": "m.1", "properties": {"student": "s.0142"}}}"#;
    let headers = [("content-type", "application/json")];
    let mut answers = 0;
    while let Ok(stream) = std::net::TcpStream::connect(http)
        && let Ok(answer) = crate::running::exchange(stream, "POST", "/access/v1/evaluation", &headers, body)
    {
        assert_eq!(answer.body["decision"], true);
        answers += 1;
    }
    answers
}
