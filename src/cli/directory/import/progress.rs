//! How far an import is: on a terminal a line for each file, and one for what the database does.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::directory::postgres::import::Step;

/// How often the line of the database is drawn while nothing else happens.
const TICK: Duration = Duration::from_millis(200);

/// The lines.
pub(super) struct Progress {
    files: HashMap<Arc<str>, ProgressBar>,
    database: ProgressBar,
    /// Keeps the lines apart.
    _lines: MultiProgress,
}

impl Progress {
    /// A line for each file of a name and size; nothing is drawn where there is no terminal.
    pub(super) fn new(terminal: bool, files: impl Iterator<Item = (Arc<str>, u64)>) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = MultiProgress::with_draw_target(target);
        let style = style("{prefix:<22} {bar:30} {bytes:>12}/{total_bytes:<12} {msg}");
        let line = |(name, bytes): (Arc<str>, u64)| {
            let bar = lines.add(ProgressBar::new(bytes).with_style(style.clone()).with_prefix(name.to_string()));
            (name, bar)
        };
        let files = files.map(line).collect();
        let database = lines.add(ProgressBar::new_spinner().with_style(self::style("{spinner} {msg} {elapsed}")));
        Self { files, database, _lines: lines }
    }

    /// A file being read, from its start.
    pub(super) fn watch(&self, name: &str, file: impl Read + 'static) -> Box<dyn Read> {
        let Some(bar) = self.files.get(name) else { return Box::new(file) };
        bar.reset();
        Box::new(bar.wrap_read(file))
    }

    /// What is being done.
    pub(super) fn step(&self, step: Step) {
        let doing = match step {
            Step::Judge => "reading the set".to_owned(),
            Step::Send(file) => format!("sending {file}"),
            Step::Compare(table) => format!("comparing {table}"),
            Step::Write(table) => format!("writing {table}"),
        };
        self.database.set_message(doing);
        self.database.enable_steady_tick(TICK);
    }

    /// Takes the line of the database away; those of the files stay.
    pub(super) fn end(&self) {
        self.files.values().for_each(ProgressBar::abandon);
        self.database.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_wrong| ProgressStyle::default_bar())
}
