//! What an auditor is told, against a plain reading of every line.

use std::fs;
use std::path::PathBuf;

use hallpass::telemetry::decision_log::audit::{Filter, Logs, Unreadable, search};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Scene, mark};

/// A line of a log, made up.
fn line(seq: usize, [kind, subject, student, role, effect]: [usize; 5]) -> Value {
    let kinds = ["check", "check", "explain", "actions", "subjects", "resources", "plan"];
    let kind = kinds[kind % kinds.len()];
    let mut line = json!({
        "seq": seq, "line": "decision", "time": format!("2026-09-{:02}T00:00:00.000000000Z", 1 + seq % 28), "kind": kind,
        "policy": "p", "directory": "d", "subject": {"type": "user", "id": format!("t.{subject}")}, "action": "view",
        "resource": {"type": "misis.grades.mark", "id": format!("t.{student}")}, "id": "0",
    });
    if student > 0 {
        line["resource"]["student"] = json!(format!("s.{student}\n\u{e9}"));
    }
    match kind {
        "check" | "explain" if effect % 2 == 0 => {
            line["effect"] = json!("allow");
            line["role"] = json!(format!("misis.role{role}"));
        }
        "check" | "explain" => line["effect"] = json!("deny"),
        "plan" => line["rows"] = json!(["none", "some", "all"][effect % 3]),
        _ => line["found"] = json!(effect % 2),
    }
    line
}

/// In printable ASCII alone, as logs are written.
fn ascii(line: &Value) -> String {
    let text = line.to_string();
    let letter =
        |letter: char| if letter.is_ascii() { letter.to_string() } else { format!("\\u{:04x}", letter as u32) };
    text.chars().map(letter).collect()
}

/// The plain reading: numbers of lines, and how many lists there are.
fn naive(lines: &[Value], filter: &Filter) -> (Vec<u64>, u64) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let within = |line: &Value| {
        let time: Timestamp = line["time"].as_str().unwrap().parse().unwrap();
        filter.from.is_none_or(|from| time >= from) && filter.to.is_none_or(|to| time < to)
    };
    let shows = |line: &Value| {
        line["effect"] == "allow"
            || line["rows"].as_str().is_some_and(|rows| rows != "none")
            || (line["kind"] == "resources" && line["found"].as_u64() > Some(0))
    };
    let by = |line: &Value| filter.subject.is_none() || text(&line["subject"]["id"]) == filter.subject;
    let hit = |line: &&Value| {
        (if filter.denied { line["effect"] == "deny" } else { shows(line) })
            && by(line)
            && within(line)
            && (filter.student.is_none() || text(&line["resource"]["student"]) == filter.student)
            && (filter.role.is_none() || text(&line["role"]) == filter.role)
    };
    let list = |line: &&Value| {
        let kind = line["kind"] == "plan" || line["kind"] == "resources";
        let wanted = filter.student.is_some() && !filter.denied;
        wanted && kind && line["resource"].get("student").is_none() && shows(line) && by(line) && within(line)
    };
    let hits = lines.iter().filter(hit).map(|line| line["seq"].as_u64().unwrap()).collect();
    (hits, lines.iter().filter(list).count() as u64)
}

fn found(files: &[PathBuf], filter: &Filter) -> (Vec<u64>, u64) {
    let mut hits = Vec::new();
    let logs = Logs::open(files).unwrap();
    let tally = search(&logs, filter, &mut |_| {}, |hit| -> Result<(), Unreadable> {
        assert_eq!(serde_json::from_str::<Value>(&hit.line).unwrap()["seq"], hit.entry.seq);
        hits.push(hit.entry.seq);
        Ok(())
    });
    let tally = tally.unwrap();
    assert_eq!((tally.hits, tally.unreadable), (hits.len() as u64, 0));
    (hits, tally.lists)
}

fn filters() -> impl Strategy<Value = Filter> {
    let day =
        |day: i8| jiff::civil::date(2026, 9, day).at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    let one = |name: fn(usize) -> String| proptest::option::of((0..4_usize).prop_map(name));
    let when = proptest::option::of((1..29_i8).prop_map(day));
    let who = (one(|at| format!("s.{at}\n\u{e9}")), one(|at| format!("t.{at}")), one(|at| format!("misis.role{at}")));
    (who, any::<bool>(), when.clone(), when).prop_map(|((student, subject, role), denied, from, to)| Filter {
        student,
        subject,
        role,
        denied,
        from,
        to,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_auditor_is_told_what_a_plain_reading_finds(
        rows in proptest::collection::vec(proptest::array::uniform5(0..6_usize), 0..200),
        cut in 0..200_usize,
        filter in filters(),
    ) {
        let place = TempDir::new().unwrap();
        let lines: Vec<Value> = (1..).zip(&rows).map(|(seq, row)| line(seq, *row)).collect();
        let (first, second) = lines.split_at(cut.min(lines.len()));
        let files: Vec<PathBuf> = [("a", first), ("b", second)].into_iter().map(|(name, lines)| {
            let path = place.path().join(name);
            let text: String = lines.iter().map(|line| ascii(line) + "\n").collect();
            // Every other file lacks its last end of line.
            fs::write(&path, if name == "a" { text.as_str() } else { text.trim_end() }).unwrap();
            path
        }).collect();
        prop_assert_eq!(found(&files, &filter), naive(&lines, &filter));
    }
}

/// Lines that lie across blocks, and blocks that are done out of turn, change nothing.
#[test]
fn a_large_log_is_told_as_a_small_one() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("large.log");
    let lines: Vec<Value> = (1..=60_000).map(|seq| line(seq, [seq, seq / 7, seq % 5, seq % 3, seq / 11])).collect();
    fs::write(&path, lines.iter().map(|line| ascii(line) + "\n").collect::<String>()).unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 3 * (4 << 20), "several blocks");
    for (student, denied) in [(Some("s.3\n\u{e9}".to_owned()), false), (None, true), (None, false)] {
        let filter = Filter { student, denied, ..Filter::default() };
        assert_eq!(found(std::slice::from_ref(&path), &filter), naive(&lines, &filter));
    }
}

/// The answers of a log that was written, and the command that asks for them.
#[test]
fn the_command_lists_who_saw_a_student_and_who_was_refused() {
    let scene = Scene::new();
    super::ask(&scene.pdp, &mark("t.rivera", "s.0142")).unwrap();
    super::ask(&scene.pdp, &mark("t.rivera", "s.0999")).unwrap();
    super::ask(&scene.pdp, &mark("nobody\u{1b}", "s.0142")).unwrap();
    scene.closed();
    let run = |line: &str| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = ["hallpass", "log"].into_iter().chain(line.split(' ')).map(Into::into);
        let path = scene.path().into_os_string();
        let exit = hallpass::cli::run(args.chain([path]), false, &mut out, &mut err);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (_, out, _) = run("who-saw --student s.0142");
    let told: Vec<&str> = out.lines().collect();
    let [saw, count] = told[..] else { panic!("{out}") };
    assert!(
        saw.contains("  t.rivera  update  misis.grades.mark  allow  student s.0142  as misis.teacher  at "),
        "{saw}"
    );
    assert_eq!(count, "1 decision");
    let (_, out, _) = run("who-saw --student s.0142 --denied");
    assert!(out.contains("nobody\\u{1b}  update") && out.contains("deny  unknown_subject"), "{out}");
    assert_eq!(run("who-saw --subject t.rivera --role misis.teacher --from 2020-01-01").1.lines().count(), 2);
    assert_eq!(run("who-saw --to 2020-01-01T00:00:00Z").1, "0 decisions\n");
    assert_eq!(run("who-saw --json --student s.0142").1.lines().count(), 1);
    assert_eq!(run("who-saw --json --student s.0142"), run("who-saw --format json --student s.0142"));
    let (exit, out, _) = run("verify --format json");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit == hallpass::cli::Exit::Success, report["wrong"] == 0), (true, true), "{report}");
    assert_eq!(report["first"], 1, "{report}");
    assert!(run("who-saw --from yesterday").2.contains("write a day as YYYY-MM-DD"));
    let (exit, out, _) = run("verify");
    assert_eq!(exit, hallpass::cli::Exit::Success, "{out}");
    assert!(out.contains("5 lines, 1 to 5: each follows the one before\nnot vouched for"), "{out}");
}
