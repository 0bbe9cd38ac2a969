//! `test`: the questions of a policy set's `tests/v1` files, asked of the directory, and the answers compared.

mod asked;
mod covered;
mod human;
mod json;
mod junit;
mod missing;
mod watch;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;

use super::Exit;
use super::here::Here;
use crate::config::{Folders, People};
use asked::Round;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the policy files, with their tests
    #[arg(value_name = "FOLDER", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    #[command(flatten)]
    people: People,
    /// Ask only the tests whose place, name or question has this text in it, such as `tests.yaml:12:` or `grades.mark`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Say which grants, limits of grants and clauses of the guide no test covers
    #[arg(long)]
    coverage: bool,
    /// Fail if less than so many percent of the grants, or of the clauses, are covered
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    require_coverage: Option<u8>,
    /// Write into the files what the policy answers now, where a test expects nothing yet
    #[arg(long)]
    write_missing: bool,
    /// Ask again whenever the policies or the directory change
    #[arg(long)]
    watch: bool,
    /// How to write what came of it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people: what failed, and how the answer came about
    Human,
    /// One JSON object, with every test
    Json,
    /// A JUnit report, as Jenkins and GitLab read it
    Junit,
}

/// What is done with each round of questions.
struct Job {
    folders: Folders,
    only: Option<String>,
    coverage: bool,
    required: Option<u8>,
    write: bool,
    format: Format,
}

/// Asks all questions.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let Args { policies, people, only, coverage, require_coverage: required, write_missing: write, watch, format } =
        args;
    let job = Job { folders: Folders { policies, people }, only, coverage, required, write, format };
    if job.format == Format::Junit && (job.coverage || job.write) {
        bail!("a JUnit report has no place for `--coverage` and `--write-missing`: ask for them in another run");
    }
    if !watch {
        return job.round(&Here::open(&job.folders)?, out);
    }
    if format == Format::Junit {
        bail!("a JUnit report is one document, and `--watch` writes a report for each change: leave one of them out");
    }
    watch::run(&job, out)
}

impl Job {
    /// One round.
    fn round(&self, here: &Here, out: &mut impl Write) -> anyhow::Result<Exit> {
        let mut round = Round::ask(here, &self.folders.policies, self.only.as_deref())?;
        if let Some(text) = self.only.as_ref().filter(|_| round.cases.is_empty() && round.known > 0) {
            bail!("none of the {} tests has `{text}` in its place, name or question", round.known);
        }
        let written = if self.write { missing::write(&mut round, &self.folders.policies)? } else { Vec::new() };
        match self.format {
            Format::Human => human::write(self, &round, &written, out)?,
            Format::Json => json::write(self, &round, &written, out)?,
            Format::Junit => junit::write(self, &round, out)?,
        }
        let short = self.required.is_some_and(|percent| round.coverage.is_below(percent));
        Ok(if round.is_well() && !short { Exit::Success } else { Exit::Failure })
    }
}
