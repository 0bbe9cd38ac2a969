//! Days and periods of days. OneRoster counts a begin date in and an end date out.

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// 1970-01-01.
const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl Day {
    /// Reads `YYYY-MM-DD`, exactly: `None` for any other spelling or a day that the calendar lacks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        if !plain {
            return None;
        }
        text.parse::<jiff::civil::Date>().ok().and_then(Self::of)
    }

    /// The day of a civil date.
    #[must_use]
    pub fn of(date: jiff::civil::Date) -> Option<Self> {
        EPOCH.until(date).ok().map(|span| Self(span.get_days()))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match EPOCH.checked_add(jiff::Span::new().days(self.0)) {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

/// From a first day, inclusive, to a last one, exclusive. Four bytes: a district has millions of them, so days are kept
/// from 1970-01-01 to 2149-06-05, and what lies outside counts as the nearer end; an end on that last day is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    begin: u16,
    end: u16,
}

impl Period {
    /// No bound on either side.
    pub const ALWAYS: Self = Self { begin: 0, end: u16::MAX };

    /// A period from its bounds; `None` is no bound.
    #[must_use]
    pub fn new(begin: Option<Day>, end: Option<Day>) -> Self {
        Self { begin: begin.map_or(0, short), end: end.map_or(u16::MAX, short) }
    }

    /// The first day and the day after the last; `None` where there is no bound.
    #[must_use]
    pub fn bounds(self) -> [Option<Day>; 2] {
        let day = |short: u16| Day(short.into());
        [(self.begin > 0).then(|| day(self.begin)), (self.end < u16::MAX).then(|| day(self.end))]
    }

    /// Whether `day` lies in the period.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        let day = short(day);
        self.begin <= day && (day < self.end || self.end == u16::MAX)
    }
}

fn short(day: Day) -> u16 {
    u16::try_from(day.0.max(0)).unwrap_or(u16::MAX)
}
