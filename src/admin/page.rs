//! The page of metrics, in the two formats that are asked for: Prometheus' own text, and OpenMetrics.

use std::collections::HashSet;
use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::Sources;

/// What a page is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus' text format.
    #[default]
    Text,
    /// OpenMetrics.
    OpenMetrics,
}

impl Format {
    /// What an `Accept` header asks for: OpenMetrics where it is named before any other kind of text, as scrapers order
    /// what they prefer.
    pub(super) fn accepted(accept: &str) -> Self {
        let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
        let first = kinds.map(str::to_ascii_lowercase).find(|kind| kind != "application/vnd.google.protobuf");
        if first.as_deref() == Some("application/openmetrics-text") { Self::OpenMetrics } else { Self::Text }
    }

    /// The content type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The page: written anew each time it is asked for.
#[derive(Debug)]
pub(super) struct Page(Registry);

impl Page {
    /// The page of these sources.
    pub(super) fn new(sources: Sources) -> Self {
        let mut registry = Registry::with_prefix("hallpass");
        registry.register_collector(Box::new(sources));
        Self(registry)
    }

    /// As it is now.
    /// As an error it can't be written, which is a fault.
    pub(super) fn write(&self, format: Format) -> Result<String, fmt::Error> {
        let mut page = String::new();
        encode(&mut page, &self.0)?;
        Ok(match format {
            Format::OpenMetrics => page,
            Format::Text => text(&page),
        })
    }
}

/// An OpenMetrics page as Prometheus' text: there a counter is described by the name of its samples, and nothing marks the
/// end.
fn text(page: &str) -> String {
    let counter = |line| str::strip_prefix(line, "# TYPE ")?.strip_suffix(" counter");
    let counters: HashSet<&str> = page.lines().filter_map(counter).collect();
    let mut text = String::with_capacity(page.len() + 8 * counters.len());
    for line in page.lines().filter(|line| *line != "# EOF") {
        let end = described(line).filter(|name| counters.contains(name)).map(|name| "# HELP ".len() + name.len());
        let (name, rest) = end.and_then(|end| line.split_at_checked(end)).unwrap_or((line, ""));
        text.extend([name, if end.is_some() { "_total" } else { "" }, rest, "\n"]);
    }
    text
}

/// What a line of meta-data is about.
fn described(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE "))?;
    rest.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_described_by_the_name_of_its_samples() {
        let page = "# HELP a_b Of # TYPE a_b counter.\n# TYPE a_b counter\na_b_total{x=\"# EOF\"} 1\n# HELP a A.\n# TYPE a \
                    gauge\na 2\n# EOF\n";
        let expected = "# HELP a_b_total Of # TYPE a_b counter.\n# TYPE a_b_total counter\na_b_total{x=\"# EOF\"} 1\n\
                        # HELP a A.\n# TYPE a gauge\na 2\n";
        assert_eq!(text(page), expected);
    }

    #[test]
    fn what_a_scraper_prefers_is_written() {
        let table = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/plain", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("APPLICATION/OpenMetrics-Text ; version=1.0.0", Format::OpenMetrics),
            (
                "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("application/vnd.google.protobuf;q=0.7,application/openmetrics-text;q=0.5", Format::OpenMetrics),
            ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.2", Format::Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text),
            ("application/openmetrics-textual", Format::Text),
        ];
        for (accept, expected) in table {
            assert_eq!(Format::accepted(accept), expected, "{accept}");
        }
    }
}
