//! A page of metrics, read strictly: by the format's description, and by no code that writes it.

use std::collections::{BTreeMap, BTreeSet};

/// What a page says.
#[derive(Debug)]
pub(crate) struct Page {
    /// Of each metric its help and its type.
    pub(crate) metrics: BTreeMap<String, (String, String)>,
    /// Of each series, as it is written, its value.
    pub(crate) series: BTreeMap<String, f64>,
}

impl Page {
    /// Reads Prometheus' text format.
    pub(crate) fn read(text: &str) -> Self {
        let mut page = Self { metrics: BTreeMap::new(), series: BTreeMap::new() };
        let mut helps = BTreeMap::new();
        for line in text.strip_suffix('\n').expect("the last line ends").split('\n') {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(helps.insert(name.to_owned(), help.to_owned()).is_none(), "{name} is described twice");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                let help = helps.remove(name).expect(name);
                assert!(page.metrics.insert(name.to_owned(), (help, kind.to_owned())).is_none(), "{name} twice");
            } else {
                assert!(!line.starts_with('#'), "{line}");
                let (series, value) = line.rsplit_once(' ').unwrap();
                assert!(page.metrics.contains_key(page.metric(series)), "{series} is not described before");
                let value = value.parse().unwrap();
                assert!(page.series.insert(series.to_owned(), value).is_none(), "{series} twice");
            }
        }
        assert!(helps.is_empty(), "{helps:?}");
        page
    }

    /// The metric that a series is of.
    pub(crate) fn metric<'s>(&self, series: &'s str) -> &'s str {
        let name = series.split('{').next().unwrap();
        let parts = ["_bucket", "_sum", "_count"].into_iter();
        let whole = parts.filter_map(|part| name.strip_suffix(part)).find(|whole| self.is_histogram(whole));
        whole.unwrap_or(name)
    }

    fn is_histogram(&self, name: &str) -> bool {
        self.metrics.get(name).is_some_and(|(_, kind)| kind == "histogram")
    }

    /// The value of a series.
    pub(crate) fn value(&self, series: &str) -> f64 {
        *self.series.get(series).unwrap_or_else(|| panic!("no {series}"))
    }

    /// All series of a metric that are not 0, with their values.
    pub(crate) fn counted(&self, metric: &str) -> BTreeMap<String, u64> {
        let own = self.series.iter().filter(|(_, value)| **value != 0.0);
        let labels =
            |series: &str| series.strip_prefix(metric).filter(|labels| labels.starts_with('{')).map(str::to_owned);
        own.filter_map(|(series, value)| Some((labels(series)?, whole(*value)))).collect()
    }

    /// The labels of a metric.
    pub(crate) fn labels(&self, metric: &str) -> BTreeSet<String> {
        let own = self.series.keys().filter(|series| self.metric(series) == metric);
        own.flat_map(|series| labels(series).into_iter().map(|(name, _)| name)).collect()
    }

    /// The values of a label, of whichever metric.
    pub(crate) fn values(&self, label: &str) -> BTreeSet<String> {
        let all = self.series.keys().flat_map(|series| labels(series));
        all.filter(|(name, _)| name == label).map(|(_, value)| value).collect()
    }
}

/// Names and values of the labels of a series.
pub(crate) fn labels(series: &str) -> Vec<(String, String)> {
    let Some((_, inside)) = series.split_once('{') else { return Vec::new() };
    let inside = inside.strip_suffix('}').unwrap();
    let label = |label: &str| {
        let (name, value) = label.split_once("=\"").unwrap();
        (name.to_owned(), value.strip_suffix('"').unwrap().to_owned())
    };
    // No label of ours has a comma in its value.
    inside.split(',').map(label).collect()
}

/// A count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole number")]
pub(crate) fn whole(value: f64) -> u64 {
    assert!(value.fract() == 0.0 && value >= 0.0, "{value}");
    value as u64
}
