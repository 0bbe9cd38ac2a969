//! A round as a JUnit report: a suite for each file of tests, a case for each test. Only what Jenkins and GitLab both read
//! is written: names, classes, files, lines, and failures with their texts; an answer takes too little time to be told.

use std::collections::BTreeMap;
use std::io::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::asked::{Asked, Round, Standing};
use super::{Job, human};

/// The suite of what is required of all tests together.
const COVERAGE: &str = "coverage";

/// Writes it.
pub(super) fn write(job: &Job, round: &Round, out: &mut impl Write) -> anyhow::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for asked in &round.cases {
        suites.entry(&asked.file).or_default().push(asked);
    }
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let short = job.required.map(|percent| round.coverage.is_below(percent));
    let all: Vec<&Asked> = round.cases.iter().collect();
    xml.write_event(Event::Start(counted("testsuites", "hallpass test", &all, short)))?;
    for (file, cases) in suites {
        suite(file, &cases, &mut xml)?;
    }
    if let Some(percent) = job.required {
        coverage(percent, round, &mut xml)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writeln!(out)?;
    Ok(())
}

/// Whether as much is covered as is required, as a test of its own.
fn coverage(percent: u8, round: &Round, xml: &mut Writer<impl Write>) -> anyhow::Result<()> {
    let short = round.coverage.is_below(percent);
    xml.write_event(Event::Start(counted("testsuite", COVERAGE, &[], Some(short))))?;
    let mut start = BytesStart::new("testcase");
    start.push_attribute(("name", format!("{percent}% of grants and clauses are covered").as_str()));
    start.push_attribute(("classname", COVERAGE));
    if short {
        let mut told = Vec::new();
        round.coverage.human(&mut told)?;
        xml.write_event(Event::Start(start))?;
        failure("failure", COVERAGE, &human::too_little(percent), &String::from_utf8_lossy(&told), xml)?;
        xml.write_event(Event::End(BytesEnd::new("testcase")))?;
    } else {
        xml.write_event(Event::Empty(start))?;
    }
    Ok(xml.write_event(Event::End(BytesEnd::new("testsuite")))?)
}

fn suite(file: &str, cases: &[&Asked], xml: &mut Writer<impl Write>) -> anyhow::Result<()> {
    xml.write_event(Event::Start(counted("testsuite", file, cases, None)))?;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for asked in cases {
        *names.entry(name(asked)).or_default() += 1;
    }
    for asked in cases {
        let name = name(asked);
        // A test is known by its class and its name.
        let twice = names.get(&name).is_some_and(|count| *count > 1);
        let name = if twice { format!("{name} (line {})", asked.case.at.line) } else { name };
        case(asked, &name, xml)?;
    }
    Ok(xml.write_event(Event::End(BytesEnd::new("testsuite")))?)
}

/// An element with the number of tests below it, and whether one more, where there is one, fails.
fn counted(element: &'static str, name: &str, cases: &[&Asked], more: Option<bool>) -> BytesStart<'static> {
    let count = |standing: &[Standing]| cases.iter().filter(|asked| standing.contains(&asked.standing())).count();
    let mut start = BytesStart::new(element);
    start.push_attribute(("name", line(name).as_str()));
    let failures = count(&[Standing::Failed, Standing::Missing]) + usize::from(more == Some(true));
    start.push_attribute(("tests", (cases.len() + usize::from(more.is_some())).to_string().as_str()));
    start.push_attribute(("failures", failures.to_string().as_str()));
    start.push_attribute(("errors", count(&[Standing::Unanswered]).to_string().as_str()));
    start
}

fn name(asked: &Asked) -> String {
    asked.case.name.clone().unwrap_or_else(|| asked.case.question())
}

fn case(asked: &Asked, name: &str, xml: &mut Writer<impl Write>) -> anyhow::Result<()> {
    let file = &*asked.case.at.file;
    let class = file.rsplit_once('.').map_or(file, |(class, _)| class).replace('/', ".");
    let mut start = BytesStart::new("testcase");
    start.push_attribute(("name", line(name).as_str()));
    start.push_attribute(("classname", line(&class).as_str()));
    start.push_attribute(("file", line(&asked.file).as_str()));
    start.push_attribute(("line", asked.case.at.line.to_string().as_str()));
    let element = match asked.standing() {
        Standing::Passed | Standing::Written => return Ok(xml.write_event(Event::Empty(start))?),
        Standing::Failed | Standing::Missing => "failure",
        Standing::Unanswered => "error",
    };
    xml.write_event(Event::Start(start))?;
    trouble(asked, element, xml)?;
    Ok(xml.write_event(Event::End(BytesEnd::new("testcase")))?)
}

fn trouble(asked: &Asked, element: &'static str, xml: &mut Writer<impl Write>) -> anyhow::Result<()> {
    let told = asked.told();
    let kind = if asked.standing() == Standing::Missing { "missing" } else { element };
    let account = human::account(asked).map(|account| format!("\n{account}")).unwrap_or_default();
    let text = format!("{}\n{}\n{told}{account}", asked.place(), asked.case.question());
    failure(element, kind, &told, &text, xml)
}

fn failure(
    element: &'static str,
    kind: &str,
    message: &str,
    text: &str,
    xml: &mut Writer<impl Write>,
) -> anyhow::Result<()> {
    let mut start = BytesStart::new(element);
    start.push_attribute(("message", line(message).as_str()));
    start.push_attribute(("type", kind));
    xml.write_event(Event::Start(start))?;
    xml.write_event(Event::Text(BytesText::new(&clean(text))))?;
    Ok(xml.write_event(Event::End(BytesEnd::new(element)))?)
}

/// The same on one line: whoever reads an attribute takes each break for a blank.
fn line(text: &str) -> String {
    clean(text).replace(['\t', '\n', '\r'], " ")
}

/// A text without the characters that XML has no way to write.
fn clean(text: &str) -> String {
    let written = |character: &char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(written).collect()
}
