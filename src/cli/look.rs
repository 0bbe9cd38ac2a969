//! How what people read looks: as wide as their terminal, in colour only there, and never where `NO_COLOR` is set.

use std::io::stdout;

/// How wide text is where nothing says otherwise.
const WIDTH: usize = 100;
/// The narrowest that text is made.
const NARROWEST: usize = 40;

/// What the environment says of it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Look {
    /// How many characters fit on a line
    #[arg(long, value_name = "N", env = "COLUMNS", hide = true, global = true)]
    columns: Option<usize>,
    /// Write without colour, whatever it says
    #[arg(long, value_name = "ANYTHING", env = "NO_COLOR", hide = true, global = true)]
    no_color: Option<String>,
}

impl Look {
    /// How wide paragraphs are.
    pub(super) fn width(&self, terminal: bool) -> usize {
        self.columns.or_else(|| if terminal { terminal_width() } else { None }).unwrap_or(WIDTH).max(NARROWEST)
    }

    /// How wide tables may be: on a terminal as wide as it is, elsewhere as wide as they are.
    pub(super) fn table(&self, terminal: bool) -> Option<usize> {
        terminal.then(|| self.width(true))
    }

    /// The colours.
    pub(super) fn paint(&self, terminal: bool) -> Paint {
        Paint(terminal && self.no_color.as_deref().is_none_or(str::is_empty))
    }
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(bool);

impl Paint {
    /// Whether there are colours.
    pub(super) fn is_on(self) -> bool {
        self.0
    }

    /// What is good.
    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What is not.
    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// What stands out.
    pub(super) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What stands back.
    pub(super) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A text from a question or a directory as a terminal may be given it: what would move its cursor is written out.
pub(super) fn plain(text: &str) -> String {
    let written = |c: char| if c.is_control() { c.escape_default().collect() } else { String::from(c) };
    text.chars().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_ends_where_it_is_unwanted() {
        let with = |no_color: Option<&str>| Look { columns: None, no_color: no_color.map(str::to_owned) };
        for (no_color, terminal, on) in
            [(None, true, true), (None, false, false), (Some(""), true, true), (Some("1"), true, false)]
        {
            assert_eq!(with(no_color).paint(terminal).is_on(), on, "{no_color:?} {terminal}");
        }
        assert_eq!(Paint(true).good("x"), "\x1b[32mx\x1b[0m");
        assert_eq!(Paint(false).good("x"), "x");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\x1b[2Jb\u{9b}c\r"), "a\\u{1b}[2Jb\\u{9b}c\\r");
    }

    #[test]
    fn widths() {
        let columns = |columns| Look { columns, no_color: None };
        assert_eq!((columns(Some(60)).width(false), columns(Some(60)).table(true)), (60, Some(60)));
        assert_eq!((columns(Some(3)).width(true), columns(Some(60)).table(false)), (NARROWEST, None));
        assert_eq!(columns(None).width(false), WIDTH);
    }
}
