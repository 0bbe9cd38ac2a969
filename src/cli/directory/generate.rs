//! `directory generate`: a synthetic district, written into an empty folder.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::civil::Date;

use crate::cli::Exit;
use crate::directory::generate::{self, Made, Wanted};

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write into: a new one, or an empty one
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many students there are; everything else is in proportion
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=9_999_999))]
    students: u32,
    /// Another seed gives another district
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// The day on which everything is in effect that should be, and in the ten years after it nearly everything
    #[arg(long, value_name = "YYYY-MM-DD", default_value_t = Wanted::DAY, value_parser = day)]
    date: Date,
    /// Add the messy shapes of real exports: the district still loads, with findings
    #[arg(long)]
    messy: bool,
}

/// Days that the directory tells apart.
fn day(text: &str) -> Result<Date, &'static str> {
    let day: Option<Date> = text.parse().ok().filter(|day: &Date| (1980..=2130).contains(&day.year()));
    day.ok_or("write a day between 1980 and 2130 as `YYYY-MM-DD`")
}

/// Writes.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let students = usize::try_from(args.students)?;
    let wanted = Wanted { students, seed: args.seed, day: args.date, messy: args.messy };
    let bar = ProgressBar::with_draw_target(Some(args.students.into()), ProgressDrawTarget::hidden());
    let style = "{bar:40} {human_pos} of {human_len} students, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let (start, mut shown) = (Instant::now(), false);
    let made = generate::write(&wanted, &args.folder, &mut |more| {
        if !shown && start.elapsed() > PATIENCE {
            shown = true;
            // Nothing is drawn where standard error is no terminal.
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.inc(more as u64);
    })?;
    bar.finish_and_clear();
    let Made { schools, users, classes, enrolments, assignments, bytes } = made;
    let [schools, users, classes] = [schools, users, classes].map(HumanCount);
    let [students, enrolments, assignments] = [args.students.into(), enrolments, assignments].map(HumanCount);
    let size = bytes / 1_000_000;
    writeln!(
        out,
        "{}: {schools} schools, {users} people ({students} of them students), {classes} classes, {enrolments} enrolments, \
         {assignments} role assignments, {size} MB",
        args.folder.display()
    )?;
    Ok(Exit::Success)
}
