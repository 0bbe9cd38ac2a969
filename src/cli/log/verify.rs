//! `log verify`: every line that is not as it was written, and how far the log is vouched for.

use std::io::Write;
use std::path::PathBuf;

use indicatif::HumanCount;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::format::Format;
use crate::cli::progress::Progress;
use crate::telemetry::decision_log::Key;
use crate::telemetry::decision_log::audit::Logs;
use crate::telemetry::decision_log::verify::{Finding, Report, verify};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The files of one log, in any order
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    /// File with the key of its checkpoints; may be given for each of several keys
    #[arg(long, value_name = "FILE", env = "HALLPASS_DECISION_LOG_KEY_FILE")]
    key_file: Vec<PathBuf>,
    /// Checkpoints that were kept elsewhere
    #[arg(long, value_name = "PATH", env = "HALLPASS_DECISION_LOG_CHECKPOINTS")]
    checkpoints: Option<PathBuf>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Verifies.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let keys = args.key_file.iter().map(|path| Key::read(path)).collect::<Result<Vec<_>, _>>()?;
    let logs = Logs::open(&args.logs)?;
    let progress = Progress::new(logs.bytes());
    let report = verify(&logs, &keys, args.checkpoints.as_deref(), &mut |bytes| progress.add(bytes))?;
    drop(progress);
    let exit = if report.wrong == 0 { Exit::Success } else { Exit::Failure };
    if args.format == Format::Json {
        writeln!(out, "{}", to_json(&report))?;
        return Ok(exit);
    }
    for Finding { place, what } in &report.findings {
        writeln!(out, "{}:{}: {what}", place.file.display(), place.line)?;
    }
    let more = report.wrong.saturating_sub(report.findings.len() as u64);
    if more > 0 {
        writeln!(out, "and {} more", HumanCount(more))?;
    }
    write!(out, "{}", summary(&report, !keys.is_empty(), args.checkpoints.is_some()))?;
    Ok(exit)
}

fn to_json(report: &Report) -> serde_json::Value {
    let Report { findings, wrong, lines, span, gaps, checkpoints, vouched, torn } = report;
    let finding = |Finding { place, what }: &Finding| json!({"file": place.file.display().to_string(), "line": place.line, "message": what.to_string()});
    let vouched = vouched
        .as_ref()
        .map(|(seq, place)| json!({"up_to": seq, "file": place.file.display().to_string(), "line": place.line}));
    json!({
        "findings": findings.iter().map(finding).collect::<Vec<_>>(), "wrong": wrong, "lines": lines,
        "first": span.map(|(first, _)| first), "last": span.map(|(_, last)| last), "missing": gaps,
        "checkpoints": checkpoints, "vouched": vouched, "torn": torn,
    })
}

fn summary(report: &Report, keyed: bool, elsewhere: bool) -> String {
    let Some((first, last)) = report.span else { return "there is no line of a decision log\n".to_owned() };
    let mut text = format!("{} lines, {first} to {last}", HumanCount(report.lines));
    text += &match report.wrong {
        0 => ": each follows the one before\n".to_owned(),
        1 => "\nNOT AS IT WAS WRITTEN: one thing is wrong, and is named above\n".to_owned(),
        wrong => format!("\nNOT AS IT WAS WRITTEN: {} things are wrong, and are named above\n", HumanCount(wrong)),
    };
    if first > 1 {
        text += "what was written before the first of them was not looked at\n";
    }
    if report.gaps > 0 {
        text += &format!("{} decisions are missing, as the log itself says\n", HumanCount(report.gaps));
    }
    if report.torn {
        text += "the last line is not whole: it is being written, or its writer was killed\n";
    }
    text += &match (&report.vouched, keyed) {
        (Some((seq, place)), _) if report.wrong > 0 => format!(
            "nothing behind line {seq} ({}:{}) is vouched for: that is the last checkpoint of the key's before the trouble\n",
            place.file.display(),
            place.line,
        ),
        (Some((seq, place)), _) => format!(
            "vouched for up to line {seq} ({}:{}), which the key sealed; {} lines behind it are chained and not sealed\n",
            place.file.display(),
            place.line,
            HumanCount(last.saturating_sub(*seq))
        ),
        (None, true) if report.wrong > 0 => {
            "nothing is vouched for: the trouble begins before the first checkpoint of the key's\n".to_owned()
        }
        (None, true) => "nothing is vouched for: no checkpoint is sealed with the key\n".to_owned(),
        (None, false) => {
            "not vouched for: without the key (--key-file) nothing tells a log that was written anew as a whole\n"
                .to_owned()
        }
    };
    if !elsewhere {
        text += "that its end is whole can be told only by checkpoints kept elsewhere (--checkpoints)\n";
    }
    text
}
