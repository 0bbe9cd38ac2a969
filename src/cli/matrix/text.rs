//! The matrix as text: a table that fits the terminal, in bands of as many topics as there is room for, or CSV.

use super::notation::{cell, legend};
use super::{Matrix, Row};
use crate::cli::layout::{paragraph, table as columns};
use crate::cli::look;
use crate::cli::rights::deny_rules;

/// The table with its legend.
pub(super) fn table(matrix: &Matrix<'_>, look: &look::Look, terminal: bool) -> String {
    if matrix.rows.is_empty() {
        return "no role that was chosen has a right there\n".to_owned();
    }
    let width = look.width(terminal);
    let mut text = bands(&grid(matrix), look.table(terminal)).join("\n");
    let without = match matrix.without {
        0 => String::new(),
        1 => ", and 1 that has no right here".to_owned(),
        more => format!(", and {more} that have no right here"),
    };
    let roles = if matrix.rows.len() == 1 { "role" } else { "roles" };
    text += &format!("\n{} {roles}{without}\n\n", matrix.rows.len());
    for (sign, meaning) in legend(&matrix.shares().collect::<Vec<_>>()) {
        text += &paragraph(&format!("{sign:8}"), 9, &meaning, width);
    }
    let rules: Vec<_> = matrix.policy.deny_rules().filter(|_| matrix.shares().any(|share| share.deniable)).collect();
    text + &deny_rules(&rules, width)
}

/// A head, and a row for each role.
fn grid(matrix: &Matrix<'_>) -> Vec<Vec<String>> {
    let common = common(&matrix.topics);
    let head = matrix.topics.iter().map(|topic| topic.strip_prefix(common).unwrap_or(topic).to_owned());
    let head = std::iter::once("role".to_owned()).chain(head).collect();
    let row = |row: &Row<'_>| {
        let cells = row.cells.iter().map(|shares| cell(shares));
        std::iter::once(row.role.to_owned()).chain(cells).collect()
    };
    std::iter::once(head).chain(matrix.rows.iter().map(row)).collect()
}

/// What all topics begin with, up to a dot: it need not be repeated.
fn common<'a>(topics: &[&'a str]) -> &'a str {
    let Some(first) = topics.first() else { return "" };
    let dots = first.char_indices().rev().filter(|(_, c)| *c == '.').map(|(at, _)| at + 1);
    let mut prefixes = dots.filter_map(|end| first.get(..end));
    prefixes.find(|prefix| topics.iter().all(|topic| topic.starts_with(*prefix))).unwrap_or_default()
}

/// The grid in parts that are no wider than that, each with the first column.
fn bands(grid: &[Vec<String>], most: Option<usize>) -> Vec<String> {
    let widths = widths(grid);
    let (first, rest) = widths.split_first().map_or((0, [].as_slice()), |(first, rest)| (*first, rest));
    let mut bands: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for (at, width) in rest.iter().enumerate().map(|(at, width)| (at + 1, width + 2)) {
        match bands.last_mut().filter(|_| most.is_none_or(|most| used + width <= most)) {
            Some(band) => {
                band.push(at);
                used += width;
            }
            None => {
                bands.push(vec![0, at]);
                used = first + width;
            }
        }
    }
    bands.iter().map(|band| columns(&part(grid, band), most, &[0])).collect()
}

fn part(grid: &[Vec<String>], band: &[usize]) -> Vec<Vec<String>> {
    let picked = |row: &Vec<String>| band.iter().filter_map(|at| row.get(*at)).cloned().collect::<Vec<_>>();
    let is_head_or_filled =
        |(at, row): &(usize, Vec<String>)| *at == 0 || row.iter().skip(1).any(|cell| !cell.is_empty());
    grid.iter().map(picked).enumerate().filter(is_head_or_filled).map(|(_, row)| row).collect()
}

fn widths(grid: &[Vec<String>]) -> Vec<usize> {
    let columns = grid.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |at: usize| grid.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    (0..columns).map(|at| widest(at).unwrap_or_default()).collect()
}

/// Comma-separated values, a line a role.
pub(super) fn csv(matrix: &Matrix<'_>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = ["role", "title", "group", "security_level"];
    writer.write_record(head.iter().copied().chain(matrix.topics.iter().copied()))?;
    for Row { role, sheet, cells } in &matrix.rows {
        let group = sheet.group.as_deref().unwrap_or_default();
        let level = sheet.security_level.map_or("", |level| level.name());
        let about = [*role, &sheet.title, group, level].map(str::to_owned);
        writer.write_record(about.into_iter().chain(cells.iter().map(|shares| cell(shares))))?;
    }
    Ok(writer.into_inner()?)
}
