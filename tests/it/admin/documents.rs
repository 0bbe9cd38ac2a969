//! `docs/metrics.md` lists the metrics of the page, no more and no fewer, and says of each what the page says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use hallpass::policy::decision::Reason;
use hallpass::telemetry::metrics::{Search, Why};

use super::page::Page;
use super::whole_page;
use crate::support::path;

/// Rows of the tables of a document, as their cells.
fn rows(document: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path(document)).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    text.lines().filter(|line| line.starts_with("| `")).map(cells).collect()
}

/// Names within backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_and_its_description_say_the_same() {
    let page = whole_page();
    let described: BTreeMap<String, [String; 3]> = rows("docs/metrics.md")
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [name, kind, labels, meaning] => Some((
                name.trim_matches('`').to_owned(),
                [kind.clone(), quoted(labels).into_iter().collect::<Vec<_>>().join(","), meaning.clone()],
            )),
            _ => None,
        })
        .collect();
    let told = |page: &Page| -> BTreeMap<String, [String; 3]> {
        let one = |(name, (help, kind)): (&String, &(String, String))| {
            let labels = page.labels(name).into_iter().collect::<Vec<_>>().join(",");
            (name.clone(), [kind.clone(), labels, help.clone()])
        };
        page.metrics.iter().map(one).collect()
    };
    assert_eq!(described, told(&page));
}

#[test]
fn labels_have_the_values_that_are_described() {
    let values: BTreeMap<String, BTreeSet<String>> = rows("docs/metrics.md")
        .into_iter()
        .filter(|row| row.len() == 2)
        .map(|row| (row[0].trim_matches('`').to_owned(), quoted(&row[1])))
        .collect();
    let names = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(values["kind"], names(&Search::ALL.map(Search::label)));
    assert_eq!(values["why"], names(&Why::ALL.map(Why::label)));
    let page = whole_page();
    for (label, expected) in [("kind", &values["kind"]), ("why", &values["why"]), ("result", &values["result"])] {
        assert_eq!(page.values(label), *expected, "{label}");
    }
    assert_eq!(page.values("effect"), values["effect"]);
    assert_eq!(page.values("reason"), names(&Reason::ALL.map(Reason::code)));
}
