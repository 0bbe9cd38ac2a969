//! Which day it is in the district: one zone, and the day that was worked out last, as long as it lasts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::policy::day::Day;

/// The days of a time zone.
#[derive(Debug)]
pub struct Calendar {
    zone: TimeZone,
    /// The last day that was asked for, packed into one word so that it is read and written whole.
    last: AtomicU64,
}

/// A day and the seconds since 1970 during which it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    begin: u64,
    seconds: u64,
    day: i32,
}

impl Calendar {
    /// The calendar of a zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, last: AtomicU64::new(0) }
    }

    /// The zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day at a moment.
    #[must_use]
    pub fn day(&self, now: SystemTime) -> Day {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let last = Window::unpack(self.last.load(Ordering::Relaxed));
        if seconds.checked_sub(last.begin).is_some_and(|into| into < last.seconds) {
            return Day(last.day);
        }
        let window = self.window(seconds).unwrap_or(Window { begin: seconds, seconds: 0, day: day_number(seconds) });
        self.last.store(window.pack(), Ordering::Relaxed);
        Day(window.day)
    }

    /// The day around a moment; `None` beyond the years that the calendar knows.
    fn window(&self, seconds: u64) -> Option<Window> {
        let moment = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        let date = self.zone.to_datetime(moment).date();
        let begin = self.start_of(date)?;
        let end = self.start_of(date.tomorrow().ok()?)?;
        Some(Window { begin, seconds: end.checked_sub(begin)?, day: Day::of(date)?.0 })
    }

    fn start_of(&self, date: Date) -> Option<u64> {
        let start = date.to_zoned(self.zone.clone()).ok()?.start_of_day().ok()?;
        u64::try_from(start.timestamp().as_second()).ok()
    }
}

fn day_number(seconds: u64) -> i32 {
    i32::try_from(seconds / 86_400).unwrap_or(i32::MAX)
}

impl Window {
    /// 40 bits of begin, 20 of seconds, 4 for how far the day is from the one that its begin has in UTC.
    fn pack(self) -> u64 {
        let offset = i64::from(self.day) - i64::from(day_number(self.begin)) + 8;
        match u64::try_from(offset) {
            Ok(offset) if offset < 16 && self.seconds < 1 << 20 && self.begin < 1 << 40 => {
                self.begin << 24 | self.seconds << 4 | offset
            }
            _ => 0,
        }
    }

    fn unpack(word: u64) -> Self {
        let begin = word >> 24;
        let offset = i32::try_from(word & 0xf).unwrap_or(0) - 8;
        Self { begin, seconds: word >> 4 & 0xf_ffff, day: day_number(begin).saturating_add(offset) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Zone, moment (RFC 3339), the day there.
    const CASES: &[(&str, &str, &str)] = &[
        ("America/Los_Angeles", "2026-11-22T07:59:59Z", "2026-11-21"),
        ("America/Los_Angeles", "2026-11-22T08:00:00Z", "2026-11-22"),
        ("America/Los_Angeles", "2026-03-08T07:59:59Z", "2026-03-07"),
        ("America/Los_Angeles", "2026-03-08T08:00:00Z", "2026-03-08"),
        ("America/Los_Angeles", "2026-03-09T06:59:59Z", "2026-03-08"),
        ("America/Los_Angeles", "2026-03-09T07:00:00Z", "2026-03-09"),
        ("America/Los_Angeles", "2026-11-02T07:59:59Z", "2026-11-01"),
        ("Pacific/Kiritimati", "2026-02-28T10:00:00Z", "2026-03-01"),
        ("Pacific/Niue", "2028-03-01T10:59:59Z", "2028-02-29"),
        ("UTC", "9999-12-30T00:00:00Z", "9999-12-30"),
        ("UTC", "1970-01-01T00:00:00Z", "1970-01-01"),
    ];

    fn moment(text: &str) -> SystemTime {
        let seconds = u64::try_from(text.parse::<Timestamp>().unwrap().as_second()).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_day_begins_at_midnight_in_the_district() {
        for (zone, at, day) in CASES {
            let calendar = Calendar::new(TimeZone::get(zone).unwrap());
            assert_eq!(calendar.day(moment(at)).to_string(), *day, "{zone} {at}");
        }
    }

    /// One calendar asked to and fro, so that the remembered day is right, wrong by one, and wrong by years.
    #[test]
    fn a_clock_that_jumps_either_way_is_believed_at_once() {
        let calendar = Calendar::new(TimeZone::get("America/Los_Angeles").unwrap());
        let cases: Vec<_> = CASES.iter().filter(|(zone, ..)| *zone == "America/Los_Angeles").collect();
        for (_, first, a) in &cases {
            for (_, second, b) in &cases {
                assert_eq!(calendar.day(moment(first)).to_string(), *a);
                assert_eq!(calendar.day(moment(second)).to_string(), *b);
            }
        }
    }
}
