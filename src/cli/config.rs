//! `config`: what `serve` would be configured to, and what there is to be configured.

mod show;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::findings::Findings;
use super::{Exit, serve};
use crate::config::effective::Effective;
use crate::config::given::Refused;
use crate::config::schema;
use crate::policy::source::Source;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Shows every setting with its value and where that comes from, secrets left out; takes the flags of `serve`
    Show(Box<Show>),
    /// Writes the JSON Schema of the configuration file, for editors
    Schema,
}

#[derive(Clone, Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    serve: serve::Args,
    /// How to write it
    #[arg(long, value_enum, default_value_t = show::Format::Yaml)]
    format: show::Format,
}

/// Shows.
pub(super) fn run(args: Args, effective: &Effective, out: &mut impl Write) -> anyhow::Result<Exit> {
    match args.command {
        Command::Show(args) => {
            write!(out, "{}", show::show(effective, args.format))?;
            args.serve.checked(effective)?;
        }
        Command::Schema => writeln!(out, "{:#}", schema())?,
    }
    Ok(Exit::Success)
}

/// What is wrong with a configuration file, drawn into its lines; what may be a password is struck out.
pub(super) fn drawn(refused: &Refused) -> String {
    let Refused { file, findings } = refused;
    let text = struck(&String::from_utf8_lossy(&file.bytes));
    let file = Source { name: Arc::clone(&file.name), bytes: text.into_bytes().into() };
    let mut drawing = Findings::default();
    drawing.add(Path::new(""), &[file], findings.clone());
    drawing.drawn(false)
}

/// The text with `*` for each character of what may be a password: the value of a key that speaks of one, and of a URL
/// what follows its scheme.
fn struck(text: &str) -> String {
    let line = |line: &str| {
        let named = line.split_once(':').filter(|(key, _)| key.contains("password") && !key.contains("file"));
        let open = named.map(|(key, _)| key.len() + 1);
        let secret = open.or_else(|| line.find("://").filter(|_| line.contains('@') || line.contains("password")));
        let (open, secret) = line.split_at_checked(secret.unwrap_or(line.len())).unwrap_or((line, ""));
        let secret = secret.chars().map(|c| if c.is_whitespace() { c } else { '*' });
        open.chars().chain(secret).collect::<String>()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_struck_out() {
        for (line, shown) in [
            ("directory: postgres://me:secret@db/sis", "directory: postgres*******************"),
            ("direktory: postgres://db/sis?password=secret", "direktory: postgres*************************"),
            ("  database-password: se cret", "  database-password: ** ****"),
            ("database_password_file: /run/secret", "database_password_file: /run/secret"),
            ("otlp_endpoint: http://localhost:4317", "otlp_endpoint: http://localhost:4317"),
            ("workers: 4\n\nlog: info", "workers: 4\n\nlog: info"),
        ] {
            assert_eq!(struck(line), shown);
        }
    }
}
