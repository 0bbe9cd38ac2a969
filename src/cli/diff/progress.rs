//! How far comparing has come, drawn on standard error where that is a terminal and it takes a while.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is done, of all that there is to do.
#[derive(Clone)]
pub(super) struct Progress(Rc<State>);

struct State {
    bar: ProgressBar,
    begun: Instant,
    shown: Cell<bool>,
}

impl Progress {
    /// Of so many bytes to be read.
    pub(super) fn reading(total: u64) -> Self {
        Self::new(Some(total), "{bar:40} {bytes} of {total_bytes}, {eta} left")
    }

    /// Of a number of things.
    pub(super) fn counting(what: &str) -> Self {
        Self::new(None, &format!("{{bar:40}} {{human_pos}} of {{human_len}} {what}, {{eta}} left"))
    }

    fn new(total: Option<u64>, style: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self(Rc::new(State { bar, begun: Instant::now(), shown: Cell::new(false) }))
    }

    /// So many of so many are done.
    pub(super) fn at(&mut self, done: usize, all: usize) {
        self.show();
        self.0.bar.set_length(all as u64);
        self.0.bar.set_position(done as u64);
    }

    /// Counts what is read.
    pub(super) fn watch(&self, file: Box<dyn Read>) -> Box<dyn Read> {
        Box::new(Watched { file, progress: self.clone() })
    }

    fn show(&self) {
        let State { bar, begun, shown } = &*self.0;
        if !shown.get() && begun.elapsed() > PATIENCE {
            shown.set(true);
            // Nothing is drawn where standard error is no terminal.
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

struct Watched {
    file: Box<dyn Read>,
    progress: Progress,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.progress.show();
        self.progress.0.bar.inc(count as u64);
        Ok(count)
    }
}
