//! What a code of findings means: its section of `docs/diagnostics.md`.

use crate::policy::code::Code;
use crate::policy::fields::nearest;

const PAGE: &str = include_str!("../../../docs/diagnostics.md");

/// A code by its word.
pub(super) fn code(word: &str) -> Result<Code, String> {
    Code::by_name(word).ok_or_else(|| {
        let near = nearest(word, Code::ALL.iter().map(|code| code.name()));
        let help =
            near.map_or_else(|| "docs/diagnostics.md lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        format!("no finding has this code; {help}")
    })
}

/// The section about a code, without its mark.
pub(super) fn section(code: Code) -> &'static str {
    let sections = PAGE.split("\n### ").skip(1);
    let about = sections.filter_map(|section| section.split_once('\n')).find(|(title, _)| *title == code.name());
    let text = about.map_or("", |(_, text)| text);
    text.split("\n## ").next().unwrap_or_default().trim()
}
