//! The days of a generated district: what is in effect is so on one given day, and nearly all of it for the ten years
//! after; what has ended has ended before it.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Days, as the files spell them.
#[derive(Clone, Debug)]
pub(super) struct Days {
    /// The first day of the school years in which classes run now, at least 90 days ago.
    pub(super) begin: String,
    /// The first day on which they don't any more, some ten years ahead.
    pub(super) end: String,
    /// When classes were rearranged: after `begin`, and past.
    pub(super) turn: String,
    /// A few weeks ago, after `turn`.
    pub(super) lately: String,
    /// A few weeks ahead.
    pub(super) soon: String,
    /// Years ahead, before `end`.
    pub(super) late: String,
    /// When the school year before `begin` began.
    pub(super) last_begin: String,
    /// When it ended, and summer began.
    pub(super) summer: String,
    /// The years of `begin`: `2026`.
    pub(super) year: i16,
}

impl Days {
    /// The days around a given one.
    pub(super) fn around(day: Date) -> Self {
        let reached = day.saturating_sub(90.days());
        let august = date(reached.year(), 8, 1);
        let begin = if august <= reached { august } else { august.saturating_sub(1.year()) };
        let end = begin.saturating_add(10.years()).saturating_sub(1.day());
        Self {
            begin: begin.to_string(),
            end: end.to_string(),
            turn: day.saturating_sub(45.days()).to_string(),
            lately: day.saturating_sub(20.days()).to_string(),
            soon: day.saturating_add(60.days()).to_string(),
            late: end.saturating_sub(30.days()).to_string(),
            last_begin: begin.saturating_sub(1.year()).to_string(),
            summer: begin.saturating_sub(50.days()).to_string(),
            year: begin.year(),
        }
    }

    /// The terms: id, title, type, first day, the day after the last, parent, school year.
    pub(super) fn terms(&self) -> [[String; 7]; 5] {
        let (now, last, gone) = (self.current(), self.last(), self.year);
        let fall_end = format!("{}-12-20", gone - 1);
        let term = |id: &str, title: String, kind: &str, [start, end]: [&str; 2], parent: &str, year: i16| {
            [id.to_owned(), title, kind.to_owned(), start.into(), end.into(), parent.into(), year.to_string()]
        };
        let ended = format!("{}-{gone}", gone - 1);
        [
            term(&last, ended, "schoolYear", [&self.last_begin, &self.summer], "", gone),
            term(&self.fall(), format!("Fall {}", gone - 1), "semester", [&self.last_begin, &fall_end], &last, gone),
            term(&self.spring(), format!("Spring {gone}"), "semester", [&fall_end, &self.summer], &last, gone),
            term(&self.summer(), format!("Summer {gone}"), "term", [&self.summer, &self.begin], "", gone),
            term(&now, "Current years".to_owned(), "schoolYear", [&self.begin, &self.end], "", gone + 10),
        ]
    }

    /// The term in which classes run now.
    pub(super) fn current(&self) -> String {
        "sy.current".to_owned()
    }

    /// Last year.
    pub(super) fn last(&self) -> String {
        format!("sy.{}", self.year - 1)
    }

    /// Last year's fall.
    pub(super) fn fall(&self) -> String {
        format!("term.{}-fall", self.year - 1)
    }

    /// Last year's spring.
    pub(super) fn spring(&self) -> String {
        format!("term.{}-spring", self.year - 1)
    }

    /// Last summer.
    pub(super) fn summer(&self) -> String {
        format!("term.{}-summer", self.year)
    }
}
