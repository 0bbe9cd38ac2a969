//! How far reading has come, drawn on standard error where that is a terminal and it takes a while.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);
const STYLE: &str = "{bar:40} {bytes} of {total_bytes}, {eta} left";

/// Bytes read, of all that are to be.
#[derive(Clone)]
pub(super) struct Progress(Rc<State>);

struct State {
    bar: ProgressBar,
    begun: Instant,
    shown: Cell<bool>,
}

impl Progress {
    /// Of so many bytes.
    pub(super) fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        Self(Rc::new(State { bar, begun: Instant::now(), shown: Cell::new(false) }))
    }

    /// Counts what is read.
    pub(super) fn watch(&self, file: Box<dyn Read>) -> Box<dyn Read> {
        Box::new(Watched { file, progress: self.clone() })
    }

    /// All is read.
    pub(super) fn end(&self) {
        self.0.bar.finish_and_clear();
    }

    fn add(&self, bytes: usize) {
        let State { bar, begun, shown } = &*self.0;
        if !shown.get() && begun.elapsed() > PATIENCE {
            shown.set(true);
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.inc(bytes as u64);
    }
}

struct Watched {
    file: Box<dyn Read>,
    progress: Progress,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.progress.add(count);
        Ok(count)
    }
}
