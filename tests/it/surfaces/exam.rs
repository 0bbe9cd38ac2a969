//! The questions with what each must come to, handed out to whoever asks, and every answer compared.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass::policy::day::Day;
use hallpass::snapshot::Snapshot;

use super::asked::{Asked, Said};
use crate::chance::Chance;
use crate::oracle::Oracle;

/// Differences listed before giving up.
const LISTED: usize = 20;
/// The most questions in a batch.
const LARGEST: usize = 100;

/// The questions.
pub(crate) struct Exam {
    asked: Vec<Asked>,
    expected: Vec<Said>,
    batches: Vec<Range<usize>>,
    /// How often each question was answered.
    times: Vec<AtomicUsize>,
    answers: AtomicUsize,
    skipped: AtomicUsize,
    differences: Mutex<Vec<String>>,
}

/// How far a surface has come.
#[derive(Default)]
pub(crate) struct Turn(AtomicUsize);

impl Exam {
    /// What questions come to in process; that the naive evaluator agrees is the first thing noted.
    pub(crate) fn new(asked: Vec<Asked>, snapshot: &Snapshot, oracle: &Oracle, today: Day) -> Self {
        let decided = |asked: &Asked| asked.decided(&snapshot.policy, snapshot.roster.as_deref().unwrap(), today);
        let expected = asked.iter().map(decided).collect();
        let batches = batches(asked.len());
        let times = asked.iter().map(|_| AtomicUsize::new(0)).collect();
        let exam = Self {
            asked,
            expected,
            batches,
            times,
            answers: AtomicUsize::new(0),
            skipped: AtomicUsize::new(0),
            differences: Mutex::default(),
        };
        for (index, asked) in exam.asked.iter().enumerate() {
            exam.compare_with_naive(index, asked, oracle, today);
        }
        exam.times.iter().chain([&exam.answers]).for_each(|count| count.store(0, Ordering::Relaxed));
        exam
    }

    fn compare_with_naive(&self, index: usize, asked: &Asked, oracle: &Oracle, today: Day) {
        let is_malformed = asked.is_malformed();
        let said = match &self.expected[index] {
            _ if is_malformed => Said::Malformed,
            Said::Decided { reason, grant, .. } if asked.resource.as_ref().unwrap().kind != "note" => {
                let verdict = oracle.decide(&asked.naive(), &today.to_string());
                let grant = if reason == verdict.reason { grant.clone() } else { None };
                Said::Decided { allow: verdict.allow, reason: verdict.reason.to_owned(), grant }
            }
            Said::Malformed => Said::Failed("well-formed".to_owned()),
            other @ (Said::Decided { .. } | Said::Failed(_)) => other.clone(),
        };
        self.note("the naive evaluator", index, &said);
    }

    /// The next so many questions.
    pub(crate) fn next(&self, turn: &Turn, count: usize) -> Option<(usize, &[Asked])> {
        let begin = turn.0.fetch_add(count, Ordering::Relaxed);
        let end = self.asked.len().min(begin + count);
        (begin < end).then(|| (begin, &self.asked[begin..end]))
    }

    /// The next batch.
    pub(crate) fn next_batch(&self, turn: &Turn) -> Option<(usize, &[Asked])> {
        let range = self.batches.get(turn.0.fetch_add(1, Ordering::Relaxed))?;
        Some((range.start, &self.asked[range.clone()]))
    }

    /// The next batch as defaults and what each item has instead; an item that lacks a part can be asked only where
    /// that part has no default.
    pub(crate) fn next_defaulted(&self, turn: &Turn) -> Option<(usize, Asked, Vec<Asked>)> {
        let (begin, batch) = self.next_batch(turn)?;
        let expected = &self.expected[begin..begin + batch.len()];
        let model = batch.iter().zip(expected).find(|(_, said)| **said != Said::Malformed).map(|(asked, _)| asked);
        let (Some(model), true) = (model, begin % 4 != 0) else {
            return Some((begin, Asked::default(), batch.to_vec()));
        };
        let mut defaults = model.clone();
        defaults.subject.take_if(|_| batch.iter().any(|asked| asked.subject.is_none()));
        defaults.action.take_if(|_| batch.iter().any(|asked| asked.action.is_none()));
        defaults.resource.take_if(|_| batch.iter().any(|asked| asked.resource.is_none()));
        let items = batch.iter().map(|asked| asked.beside(&defaults)).collect();
        Some((begin, defaults, items))
    }

    /// Compares an answer.
    pub(crate) fn note(&self, surface: &str, index: usize, said: &Said) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.times[index].fetch_add(1, Ordering::Relaxed);
        let expected = &self.expected[index];
        if said != expected {
            let mut differences = self.differences.lock().unwrap();
            if differences.len() < LISTED {
                let asked = format!("{:?}", self.asked[index]);
                let asked: String = asked.chars().take(2_000).collect();
                differences.push(format!("{surface}: {said:?}, not {expected:?}: question {index}: {asked}"));
            }
        }
    }

    /// Passes over a question that a surface has no words for.
    pub(crate) fn skip(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// Compares the answers to consecutive questions.
    pub(crate) fn note_all(&self, surface: &str, begin: usize, count: usize, said: &[Said]) {
        assert_eq!(said.len(), count, "{surface}: questions {begin} and on");
        said.iter().enumerate().for_each(|(at, said)| self.note(surface, begin + at, said));
    }

    /// How many answers came, how many questions were passed over, and what was different.
    pub(crate) fn outcome(self) -> ([usize; 2], Vec<String>) {
        let counts = [self.answers, self.skipped].map(AtomicUsize::into_inner);
        (counts, self.differences.into_inner().unwrap())
    }

    /// How often what must have come of all answers so far: by what it is about, and by reason; about nothing where it is
    /// malformed.
    pub(crate) fn tally(&self, about: impl Fn(&str) -> String) -> BTreeMap<(String, String), u64> {
        let mut counts = BTreeMap::new();
        for ((asked, said), times) in self.all().zip(&self.times) {
            let key = match said {
                Said::Decided { reason, .. } => (about(&asked.resource.as_ref().unwrap().kind), reason.clone()),
                Said::Malformed | Said::Failed(_) => (String::new(), "malformed".to_owned()),
            };
            *counts.entry(key).or_insert(0) += times.load(Ordering::Relaxed) as u64;
        }
        counts.retain(|_, count| *count > 0);
        counts
    }

    /// Every question with what it comes to.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Asked, &Said)> {
        self.asked.iter().zip(&self.expected)
    }

    /// How many questions come to what.
    pub(crate) fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for said in &self.expected {
            let reason = if let Said::Decided { reason, .. } = said { reason.as_str() } else { "malformed" };
            *counts.entry(reason).or_insert(0) += 1;
        }
        counts
    }
}

impl Asked {
    /// What it has that these defaults have not; a context of its own where it has none and they have one.
    fn beside(&self, defaults: &Self) -> Self {
        let mut item = self.clone();
        item.subject.take_if(|part| Some(&*part) == defaults.subject.as_ref());
        item.action.take_if(|part| Some(&*part) == defaults.action.as_ref());
        item.resource.take_if(|part| Some(&*part) == defaults.resource.as_ref());
        if item.context == defaults.context {
            item.context = None;
        } else {
            _ = item.context.get_or_insert_default();
        }
        item
    }
}

/// Consecutive ranges of mixed size, some of one question.
fn batches(count: usize) -> Vec<Range<usize>> {
    let mut chance = Chance(7);
    let mut batches = Vec::new();
    let mut begin = 0;
    while begin < count {
        let size = if chance.percent(10) { 1 } else { 1 + chance.below(LARGEST) };
        let end = count.min(begin + size);
        batches.push(begin..end);
        begin = end;
    }
    batches
}
