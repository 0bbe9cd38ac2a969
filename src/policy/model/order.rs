//! The order in which things that name one another can be resolved: each after all that it names. What cannot be ordered
//! because it comes back to itself is told apart; nothing here knows what the things are.

/// Indices in an order in which each comes after those it needs, and one circle where there is any.
pub(super) struct Order {
    /// What can be resolved.
    pub(super) first_to_last: Vec<usize>,
    /// One that comes back to itself, and the one that it needs on that way.
    pub(super) circle: Option<(usize, usize)>,
}

/// Orders things; `needs` lists for each the indices that it needs, without itself.
pub(super) fn order(needs: &[Vec<usize>]) -> Order {
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (at, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by.get_mut(*need).into_iter().for_each(|list| list.push(at));
        }
    }
    let mut first_to_last: Vec<usize> = Vec::new();
    let mut ready: Vec<usize> = (0..needs.len()).filter(|at| waiting.get(*at) == Some(&0)).collect();
    while let Some(at) = ready.pop() {
        first_to_last.push(at);
        for other in needed_by.get(at).into_iter().flatten() {
            let Some(left) = waiting.get_mut(*other) else { continue };
            *left -= 1;
            if *left == 0 {
                ready.push(*other);
            }
        }
    }
    Order { circle: circle(needs, &waiting), first_to_last }
}

/// Whatever still waits needs something that waits: following that comes back to where it was.
fn circle(needs: &[Vec<usize>], waiting: &[usize]) -> Option<(usize, usize)> {
    let waits = |at: &&usize| waiting.get(**at).is_some_and(|left| *left > 0);
    let next = |at: usize| needs.get(at)?.iter().find(waits).copied();
    let mut at = waiting.iter().position(|left| *left > 0)?;
    for _ in needs {
        at = next(at)?;
    }
    next(at).map(|need| (at, need))
}
