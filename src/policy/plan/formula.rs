//! All of, any of, and what is tested: a formula without a *not*, because every test is made the other way round
//! instead. So a test that comes to nothing where a column is null, as SQL has it, counts as one that fails.
//!
//! Formulas are simple as soon as they are made: constants are folded, tests of one column become one, and what follows
//! from its neighbours is dropped.

/// A formula over tests. All of nothing is true, any of nothing is false.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Formula<A> {
    /// Every one of these holds.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// The test holds.
    Is(A),
}

/// What a test says about another of the same column.
pub trait Leaf: Clone + Eq {
    /// Both as one test, where they are about the same.
    fn both(&self, other: &Self) -> Option<Self>;
    /// Either as one test, where they are about the same.
    fn either(&self, other: &Self) -> Option<Self>;
    /// What it always comes to.
    fn fixed(&self) -> Option<bool>;
}

/// More neighbours than these are not compared with one another: what follows from another then stays.
const COMPARED: usize = 64;

impl<A> Formula<A> {
    /// Always.
    pub const TRUE: Self = Self::All(Vec::new());
    /// Never.
    pub const FALSE: Self = Self::Any(Vec::new());

    /// Whether it always holds.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Whether it never holds.
    #[must_use]
    pub fn is_false(&self) -> bool {
        matches!(self, Self::Any(parts) if parts.is_empty())
    }

    /// A formula that is always true or never.
    #[must_use]
    pub fn constant(holds: bool) -> Self {
        if holds { Self::TRUE } else { Self::FALSE }
    }
}

impl<A: Leaf> Formula<A> {
    /// A test.
    pub fn is(test: A) -> Self {
        match test.fixed() {
            Some(holds) => Self::constant(holds),
            None => Self::Is(test),
        }
    }

    /// All of these.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut tests, mut others) = (Vec::new(), Vec::new());
        let mut open: Vec<Self> = parts.into_iter().collect();
        open.reverse();
        while let Some(part) = open.pop() {
            match part {
                Self::All(inner) => open.extend(inner.into_iter().rev()),
                Self::Any(_) if part.is_false() => return Self::FALSE,
                Self::Any(_) => others.push(part),
                Self::Is(test) => join(&mut tests, test, A::both),
            }
            if tests.iter().any(|test| test.fixed() == Some(false)) {
                return Self::FALSE;
            }
        }
        tests.retain(|test| test.fixed().is_none());
        let narrowed: Vec<Self> = others.iter().map(|other| other.given(&tests)).collect();
        // Whatever a narrowed formula lacks, it lacks tests.
        if narrowed.iter().map(Self::tests).sum::<usize>() < others.iter().map(Self::tests).sum() {
            return Self::all(tests.into_iter().map(Self::Is).chain(narrowed));
        }
        let parts: Vec<Self> = tests.into_iter().map(Self::Is).chain(others).collect();
        single(without(parts, |part, other| other.implies(part)), Self::All)
    }

    /// Any of these.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut tests, mut others) = (Vec::new(), Vec::new());
        let mut open: Vec<Self> = parts.into_iter().collect();
        open.reverse();
        while let Some(part) = open.pop() {
            match part {
                Self::Any(inner) => open.extend(inner.into_iter().rev()),
                Self::All(_) if part.is_true() => return Self::TRUE,
                Self::All(_) => others.push(part),
                Self::Is(test) => join(&mut tests, test, A::either),
            }
            if tests.iter().any(|test| test.fixed() == Some(true)) {
                return Self::TRUE;
            }
        }
        tests.retain(|test| test.fixed().is_none());
        let parts: Vec<Self> = tests.into_iter().map(Self::Is).chain(others).collect();
        single(without(parts, |part, other| part.implies(other)), Self::Any)
    }

    /// How many tests it has.
    pub fn tests(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::tests).sum(),
            Self::Is(_) => 1,
        }
    }

    /// What is left to test where some tests hold already.
    fn given(&self, tests: &[A]) -> Self {
        match self {
            Self::All(parts) => Self::all(parts.iter().map(|part| part.given(tests))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.given(tests))),
            Self::Is(test) => {
                let joined = || tests.iter().filter_map(|known| Some((known, known.both(test)?)));
                if joined().any(|(_, both)| both.fixed() == Some(false)) {
                    Self::FALSE
                } else if joined().any(|(known, both)| both == *known) {
                    Self::TRUE
                } else {
                    self.clone()
                }
            }
        }
    }

    /// Whether it is plain that whatever meets this formula meets the other.
    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any(parts), _) => parts.iter().all(|part| part.implies(other)),
            (_, Self::All(others)) => others.iter().all(|other| self.implies(other)),
            (Self::All(parts), Self::Any(others)) => {
                parts.iter().any(|part| part.implies(other)) || others.iter().any(|other| self.implies(other))
            }
            (Self::All(parts), Self::Is(_)) => parts.iter().any(|part| part.implies(other)),
            (Self::Is(_), Self::Any(others)) => others.iter().any(|other| self.implies(other)),
            (Self::Is(test), Self::Is(wider)) => test == wider || test.both(wider).as_ref() == Some(test),
        }
    }
}

/// Adds a test to others, as one with that of its column.
fn join<A>(tests: &mut Vec<A>, test: A, one: impl Fn(&A, &A) -> Option<A>) {
    for known in tests.iter_mut() {
        if let Some(joined) = one(known, &test) {
            *known = joined;
            return;
        }
    }
    tests.push(test);
}

/// The parts without those that another one makes needless; of two that do it to one another the first stays.
fn without<A: Leaf>(parts: Vec<Formula<A>>, needless: impl Fn(&Formula<A>, &Formula<A>) -> bool) -> Vec<Formula<A>> {
    if parts.len() > COMPARED {
        return parts;
    }
    let mut kept: Vec<Formula<A>> = Vec::with_capacity(parts.len());
    for part in parts {
        if !kept.iter().any(|other| needless(&part, other)) {
            kept.retain(|other| !needless(other, &part));
            kept.push(part);
        }
    }
    kept
}

fn single<A>(mut parts: Vec<Formula<A>>, many: fn(Vec<Formula<A>>) -> Formula<A>) -> Formula<A> {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            many(parts)
        }
    }
}
