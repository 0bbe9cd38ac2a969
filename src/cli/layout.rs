//! Text in columns and paragraphs, by numbers of characters.

/// Rows in columns, two spaces apart. Over `most` characters, the widest of the `narrowing` columns are cut until the
/// rows fit, or none of these has more than eight left.
pub(super) fn table(rows: &[Vec<String>], most: Option<usize>, narrowing: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let longest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let mut widths: Vec<usize> = (0..columns).map(|at| longest(at).unwrap_or_default()).collect();
    while most.is_some_and(|most| widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1) > most) {
        let cuttable = widths.iter_mut().enumerate().filter(|(at, width)| narrowing.contains(at) && **width > 8);
        let Some((_, widest)) = cuttable.max_by_key(|(_, width)| **width) else { break };
        *widest -= 1;
    }
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| cut(cell, *width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return format!("{cell:width$}");
    }
    cell.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Words after a label, in lines of at most `most` characters where the words allow it; further lines stand under the
/// first word.
pub(super) fn paragraph(label: &str, indent: usize, words: &str, most: usize) -> String {
    let mut text = format!("{label:indent$}");
    let mut column = text.chars().count();
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > most {
            text.push_str(&format!("\n{:indent$}", ""));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
}
