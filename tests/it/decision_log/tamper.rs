//! Whatever is done to a log is found, and named where it was done; and what can't be found is not claimed.

use std::fs;
use std::path::{Path, PathBuf};

use hallpass::telemetry::decision_log::Settings;
use hallpass::telemetry::decision_log::verify::Report;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::{Scene, key_file, verified};

/// A log of forty decisions with a checkpoint every ten lines, kept elsewhere as well.
struct Sealed {
    scene: Scene,
    lines: Vec<String>,
}

impl Sealed {
    fn new() -> Self {
        let scene = Scene::with(|place, settings| Settings {
            required: true,
            key: Some(key_file(place)),
            checkpoints: Some(place.join("elsewhere")),
            checkpoint_lines: 10,
            ..settings
        });
        for _ in 0..40 {
            assert!(scene.ask("s.0142").unwrap());
        }
        super::close(&scene.log);
        let lines = fs::read_to_string(scene.path()).unwrap().lines().map(str::to_owned).collect();
        Self { scene, lines }
    }

    fn key(&self) -> PathBuf {
        self.scene.place.path().join("log.key")
    }

    fn elsewhere(&self) -> PathBuf {
        self.scene.place.path().join("elsewhere")
    }

    /// What verifying says of other lines in place of these.
    fn with(&self, lines: &[String]) -> Report {
        let path = self.scene.place.path().join("changed.log");
        fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        verified(&[path], Some(&self.key()), Some(&self.elsewhere()))
    }

    fn is_checkpoint(&self, at: usize) -> bool {
        self.lines[at].contains(r#""line":"checkpoint""#)
    }
}

/// The same line a century later.
fn later(line: &str) -> String {
    line.replacen("\"time\":\"20", "\"time\":\"21", 1)
}

/// What is found, as its line and the beginning of what it says.
fn said(report: &Report) -> Vec<(u64, String)> {
    report.findings.iter().map(|finding| (finding.place.line, finding.what.to_string())).collect()
}

#[test]
fn a_log_that_nobody_touched_is_whole_and_vouched_for_to_its_end() {
    let sealed = Sealed::new();
    let report = sealed.with(&sealed.lines);
    assert_eq!(said(&report), []);
    let (vouched, place) = report.vouched.unwrap();
    assert_eq!((vouched, place.line), (sealed.lines.len() as u64, sealed.lines.len() as u64));
    assert!(report.checkpoints >= 4 && !report.torn, "{}", report.checkpoints);
    let kept = fs::read_to_string(sealed.elsewhere()).unwrap();
    let own: Vec<&String> =
        sealed.lines.iter().enumerate().filter(|(at, _)| sealed.is_checkpoint(*at)).map(|(_, line)| line).collect();
    assert_eq!(kept.lines().collect::<Vec<_>>(), own);
}

/// Every line in turn is removed, changed in every way that counts, doubled, and exchanged for the next.
#[test]
fn every_line_that_is_touched_is_named() {
    let sealed = Sealed::new();
    let last = sealed.lines.len() - 1;
    for at in 0..=last {
        let (line, seq) = (at as u64 + 1, at + 1);
        let mut removed = sealed.lines.clone();
        removed.remove(at);
        let found = said(&sealed.with(&removed));
        if at == 0 {
            // What stands before the first line of a file may be in another.
            assert_eq!(found, []);
        } else if at == last {
            assert!(found[0].1.starts_with(&format!("the end is missing: the log ends with line {last}")), "{found:?}");
        } else {
            assert_eq!(found[0], (line, format!("lines {seq} to {seq} are missing before this one")));
        }

        let mut changed = sealed.lines.clone();
        changed[at] = later(&changed[at]);
        assert_ne!(changed[at], sealed.lines[at]);
        let found = said(&sealed.with(&changed));
        assert!(
            found.iter().any(|(at, what)| *at == line && (what.contains("changed") || what.contains("seal"))),
            "{found:?}"
        );

        let mut doubled = sealed.lines.clone();
        doubled.insert(at, sealed.lines[at].clone());
        let found = said(&sealed.with(&doubled));
        assert_eq!(found[0], (line + 1, format!("line {seq} stands out of order, behind line {seq}")));

        if at < last {
            let mut swapped = sealed.lines.clone();
            swapped.swap(at, at + 1);
            let found = said(&sealed.with(&swapped));
            assert_eq!(found, [(line + 1, format!("line {seq} stands out of order, behind line {}", seq + 1))]);
        }
    }
}

/// The chain of changed lines, made anew by whoever has the binary and the file: each hash is right again.
fn rechained(lines: &[String], seal: impl Fn(&str) -> String) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    for line in lines {
        let prev = made.last().map_or_else(|| "0".repeat(64), |last| hex(&Sha256::digest(last)));
        let (body, _) = line.split_once(",\"prev\":\"").unwrap();
        let body = format!("{body},\"prev\":\"{prev}\"");
        let mac = if line.contains("\"mac\":") { format!(",\"mac\":\"{}\"", seal(&body)) } else { String::new() };
        made.push(format!("{body}{mac}}}"));
    }
    made
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sealed_with(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex(&mac.chain_update("hallpass decision log checkpoint\n").chain_update(body).finalize().into_bytes())
}

#[test]
fn a_log_written_anew_without_the_key_is_found() {
    let sealed = Sealed::new();
    // The format is what the documentation says: with the key the very same log comes out.
    assert_eq!(rechained(&sealed.lines, |body| sealed_with(super::SECRET, body)), sealed.lines);
    for at in (0..sealed.lines.len()).filter(|at| !sealed.is_checkpoint(*at)) {
        let mut changed = sealed.lines.clone();
        changed[at] = later(&changed[at]);
        let own =
            |body: &str| sealed.lines.iter().find_map(|line| Some(line.strip_prefix(body)?.get(8..72)?.to_owned()));
        for guess in [|body: &str| sealed_with("guessed", body), |_: &str| "0".repeat(64)] {
            let forged = rechained(&changed, |body| own(body).unwrap_or_else(|| guess(body)));
            let report = sealed.with(&forged);
            let first = (at..).find(|at| sealed.is_checkpoint(*at)).unwrap() as u64 + 1;
            let found = said(&report);
            assert!(
                found.iter().any(|(line, what)| *line == first && what.contains("the seal of this checkpoint")),
                "{found:?}"
            );
            let before = (0..at).rfind(|at| sealed.is_checkpoint(*at)).map(|at| at as u64 + 1);
            assert_eq!(report.vouched.map(|(seq, _)| seq), before, "it vouches for nothing from the change on");
        }
    }
}

/// The key alone, without what was kept elsewhere, and the other way round.
#[test]
fn what_vouches_is_said_and_what_does_not_is_not_claimed() {
    let sealed = Sealed::new();
    let whole = [sealed.scene.path()];
    let none: Vec<String> = sealed.lines.iter().filter(|line| !line.contains("\"mac\"")).cloned().collect();
    let path = sealed.scene.place.path().join("changed.log");
    let numbered: Vec<String> = (1..).zip(&none).map(|(seq, line)| renumbered(line, seq)).collect();
    let anew: String = rechained(&numbered, |_| String::new()).iter().map(|line| format!("{line}\n")).collect();
    fs::write(&path, anew).unwrap();
    let report = verified(std::slice::from_ref(&path), None, None);
    assert_eq!((report.wrong, report.vouched), (0, None), "without a key nothing tells, and nothing is vouched for");
    let report = verified(std::slice::from_ref(&path), Some(&sealed.key()), None);
    assert_eq!(report.findings[0].what.to_string(), "there is no checkpoint: the key vouches for nothing here");
    let report = verified(&[path], None, Some(&sealed.elsewhere()));
    assert!(report.wrong > 0, "checkpoints that were kept elsewhere tell without the key, too");
    let other = sealed.scene.place.path().join("other.key");
    fs::write(&other, "f".repeat(32)).unwrap();
    let report = verified(&whole, Some(&other), None);
    assert_eq!(
        (report.findings[0].what.to_string().as_str(), report.vouched),
        ("this checkpoint was sealed with another key", None)
    );
}

fn renumbered(line: &str, seq: u64) -> String {
    let (_, rest) = line.split_once(",\"line\"").unwrap();
    format!("{{\"seq\":{seq},\"line\"{rest}")
}

/// The end of a log is gone, at any line: found as far as a checkpoint was kept elsewhere, and not without.
#[test]
fn a_cut_tail_is_found_by_what_was_kept_elsewhere() {
    let sealed = Sealed::new();
    let count = sealed.lines.len();
    for kept in 1..count {
        let report = sealed.with(&sealed.lines[..kept]);
        let cut =
            said(&report).iter().any(|(line, what)| *line == kept as u64 && what.starts_with("the end is missing"));
        assert!(cut, "cut behind line {kept}: {:?}", report.findings);
    }
    let path = sealed.scene.place.path().join("changed.log");
    let report = verified(&[path], Some(&sealed.key()), None);
    assert_eq!(report.wrong, 0, "the key alone does not tell that lines are gone behind the last checkpoint");
}

#[test]
fn what_was_kept_elsewhere_is_looked_at_as_well() {
    let sealed = Sealed::new();
    let elsewhere = sealed.elsewhere();
    let kept: Vec<String> = fs::read_to_string(&elsewhere).unwrap().lines().map(str::to_owned).collect();
    let verify = |kept: &[String]| {
        fs::write(&elsewhere, kept.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        said(&sealed.with(&sealed.lines))
    };
    let mut without = kept.clone();
    without.remove(1);
    assert!(verify(&without)[0].1.ends_with("is not among those that were kept elsewhere"));
    let mut changed = kept.clone();
    changed[1] = later(&changed[1]);
    assert!(verify(&changed).contains(&(2, "this is no checkpoint that the key sealed".to_owned())));
    assert_eq!(verify(&kept), []);
    fs::remove_file(&elsewhere).unwrap();
    let logs = hallpass::telemetry::decision_log::audit::Logs::open(&[sealed.scene.path()]).unwrap();
    let gone = hallpass::telemetry::decision_log::verify::verify(&logs, &[], Some(Path::new(&elsewhere)), &mut |_| {});
    assert!(gone.unwrap_err().to_string().contains("can't be read"));
}

/// What the command says of these lines, with the key: whether it is content, and all it says.
fn told(sealed: &Sealed, lines: &[String]) -> (hallpass::cli::Exit, String) {
    let path = sealed.scene.place.path().join("told.log");
    fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["hallpass".into(), "log".into(), "verify".into(), "--key-file".into(), sealed.key().into_os_string()];
    let exit = hallpass::cli::run(args.into_iter().chain([path.clone().into()]), false, &mut out, &mut err);
    assert_eq!(String::from_utf8(err).unwrap(), "");
    (exit, String::from_utf8(out).unwrap().replace(path.to_str().unwrap(), "LOG"))
}

/// Word for word: nobody takes a log that was changed for one that is vouched for.
#[test]
fn of_a_changed_log_nothing_sounds_good() {
    let sealed = Sealed::new();
    let count = sealed.lines.len();
    let end = "that its end is whole can be told only by checkpoints kept elsewhere (--checkpoints)\n";
    let whole = format!(
        "{count} lines, 1 to {count}: each follows the one before\nvouched for up to line {count} (LOG:{count}), which \
         the key sealed; 0 lines behind it are chained and not sealed\n{end}"
    );
    assert_eq!(told(&sealed, &sealed.lines), (hallpass::cli::Exit::Success, whole));
    let first = (0..count).find(|at| sealed.is_checkpoint(*at)).unwrap();
    for (at, vouched) in [
        (first - 1, "nothing is vouched for: the trouble begins before the first checkpoint of the key's".to_owned()),
        (
            first + 1,
            format!(
                "nothing behind line {0} (LOG:{0}) is vouched for: that is the last checkpoint of the key's before the \
                 trouble",
                first + 1
            ),
        ),
    ] {
        let mut changed = sealed.lines.clone();
        changed[at] = later(&changed[at]);
        let text = format!(
            "LOG:{}: this line was changed: the line after it carries another hash of it\n{count} lines, 1 to {count}\n\
             NOT AS IT WAS WRITTEN: one thing is wrong, and is named above\n{vouched}\n{end}",
            at + 1
        );
        assert_eq!(told(&sealed, &changed), (hallpass::cli::Exit::Failure, text));
    }
    let mut removed = sealed.lines.clone();
    removed.remove(first - 1);
    removed.remove(first + 1);
    let (exit, text) = told(&sealed, &removed);
    assert_eq!(exit, hallpass::cli::Exit::Failure);
    assert!(text.contains("\nNOT AS IT WAS WRITTEN: 2 things are wrong, and are named above\nnothing is "), "{text}");
}
