//! The matrix as one page: no script, nothing to fetch, heads that screen readers find, and good to print.

use super::notation::{cell, legend, words};
use super::{Matrix, Row};
use crate::cli::rights::module_and_topic;
use crate::policy::matrix::{DenyRule, Share};

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.4 system-ui,sans-serif;margin:1.5rem}
.scroll{overflow:auto;max-height:85vh}
table{border-collapse:collapse;font-size:.85rem}
caption{text-align:left;font-weight:bold;padding-bottom:.5rem}
th,td{border:1px solid #888;padding:.2rem .4rem;text-align:left;vertical-align:top;background:Canvas;color:CanvasText}
thead th{position:sticky;top:0}
tbody th{position:sticky;left:0;font-weight:normal}
th small{display:block;opacity:.75}
td{font-family:ui-monospace,monospace;white-space:nowrap}
dt{font-family:ui-monospace,monospace;float:left;clear:left;min-width:5rem}
dd{margin:0 0 .2rem 5.5rem}
.words{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{@page{size:A3 landscape;margin:1cm}body{margin:0}.scroll{overflow:visible;max-height:none}
thead{display:table-header-group}tr{break-inside:avoid}thead th,tbody th{position:static}table{font-size:7pt}}
";

/// The page.
pub(super) fn page(matrix: &Matrix<'_>) -> String {
    let body = if matrix.rows.is_empty() {
        "<p>No role that was chosen has a right there.</p>\n".to_owned()
    } else {
        format!("{}{}{}", table(matrix), signs(matrix), rules(matrix))
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Who may do what</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Who may do what</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn table(matrix: &Matrix<'_>) -> String {
    let head: String = matrix.topics.iter().map(|topic| column(topic)).collect();
    let rows: String = matrix.rows.iter().map(row).collect();
    let caption = format!("{} by {}", counted(matrix.rows.len(), "role"), counted(matrix.topics.len(), "topic"));
    format!(
        "<div class=\"scroll\" role=\"region\" aria-labelledby=\"caption\" tabindex=\"0\">\n<table>\n\
         <caption id=\"caption\">{caption}</caption>\n<thead>\n<tr><th scope=\"col\">role</th>{head}</tr>\n</thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn column(topic: &str) -> String {
    let (module, name) = module_and_topic(topic);
    let module = if module.is_empty() { String::new() } else { format!("<small>{}</small>", escaped(module)) };
    format!("<th scope=\"col\">{module}{}</th>", escaped(name))
}

fn row(row: &Row<'_>) -> String {
    let (title, role) = (escaped(&row.sheet.title), escaped(row.role));
    let cells: String = row.cells.iter().map(|shares| data(shares)).collect();
    format!("<tr><th scope=\"row\">{title}<small>{role}</small></th>{cells}</tr>\n")
}

/// A cell: the signs for eyes, the words for ears and for whoever points at it.
fn data(shares: &[Share<'_>]) -> String {
    if shares.is_empty() {
        return "<td></td>".to_owned();
    }
    let (signs, words) = (escaped(&cell(shares)), escaped(&words(shares)));
    format!("<td title=\"{words}\"><span aria-hidden=\"true\">{signs}</span><span class=\"words\">{words}</span></td>")
}

fn signs(matrix: &Matrix<'_>) -> String {
    let lines = legend(&matrix.shares().collect::<Vec<_>>()).into_iter();
    let lines: String =
        lines.map(|(sign, meaning)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(&sign), escaped(&meaning))).collect();
    format!("<h2>Signs</h2>\n<dl>\n{lines}</dl>\n")
}

fn rules(matrix: &Matrix<'_>) -> String {
    let rules = matrix.policy.deny_rules().filter(|_| matrix.shares().any(|share| share.deniable));
    let told =
        |rule: DenyRule<'_>| format!("<li><code>{}</code> {}</li>\n", escaped(rule.id), escaped(&rule.in_words()));
    let items: String = rules.map(told).collect();
    if items.is_empty() { items } else { format!("<h2>Deny rules that override</h2>\n<ul>\n{items}</ul>\n") }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text that is nothing but text, in elements and in attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
