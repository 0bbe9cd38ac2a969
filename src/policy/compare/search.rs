//! The search for a witness: a request that one set grants and the other refuses, for a reason that is looked for.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::day::Day;
use super::super::decide::Tried;
use super::super::decision::Reason;
use super::super::facts::{Assignment, OrgKind};
use super::super::model::{IdIs, Record};
use super::super::reach::Case;
use super::super::request::{Action, Properties, Request, Stored, Subject};
use super::Cause;
use super::pair::{Atom, Bar, Pair, Side, Traits};
use super::said::Said;
use super::space::{Matter, order};
use super::stage::{Scene, Stage, World};

/// How many requests are tried for one witness, about.
const TRIES: usize = 60_000;
/// How many of them in each world at least.
const EACH: usize = 24;

/// What is looked for: where and why one set should grant what the other refuses.
#[derive(Clone, Debug)]
pub(super) struct Want {
    pub(super) gain: bool,
    pub(super) role: u32,
    pub(super) cell: u32,
    pub(super) cause: Cause,
}

/// A question as it is put, without the names of action and resource type.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) subject: String,
    pub(super) id: String,
    pub(super) of: Stored,
    pub(super) about: [Properties; 3],
}

/// How a witness is made, for any role and cell that stand alike.
pub(super) type Recipe = Arc<(World, Said)>;

/// A request on which two policy sets differ, with the directory that it is asked over.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The directory.
    pub stage: Stage,
    /// The resource type.
    pub resource_type: String,
    /// The action.
    pub action: String,
    /// The day.
    pub day: Day,
    /// What the set before answers.
    pub before: Reason,
    /// What the set after answers.
    pub after: Reason,
    question: Question,
}

impl Witness {
    /// The request.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.question.request(&self.resource_type, &self.action)
    }
}

impl Question {
    pub(super) fn new(scene: &Scene, said: &Said) -> Self {
        let mut of = scene.of.clone();
        of.role.clone_from(&said.role);
        of.date = said.date;
        of.free.clone_from(&said.resource);
        let about = [said.subject.clone(), said.action.clone(), said.context.clone()];
        Self { subject: scene.subject.clone(), id: scene.id.clone(), of, about }
    }

    pub(super) fn request<'q>(&'q self, kind: &'q str, action: &'q str) -> Request<'q> {
        let [subject, of_action, context] = &self.about;
        Request {
            subject: Subject { kind: "user", id: &self.subject, properties: subject },
            action: Action { name: action, properties: of_action },
            resource: self.of.resource(kind, &self.id),
            context,
        }
    }
}

/// What decides whether a witness can be found: rights and rules that stand alike have the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Likeness<'p> {
    gain: bool,
    cause: Cause,
    /// The role, where anything names it.
    role: Option<u32>,
    /// The cell, where another one counts besides.
    cell: Option<u32>,
    halves: [Half<'p>; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Half<'p> {
    atoms: Vec<Atom>,
    traits: Option<Traits<'p>>,
    ground: Option<(Record, bool, Option<IdIs>, &'p str)>,
    bars: Vec<Bar>,
}

/// Searches, and keeps what they came to.
pub(super) struct Search<'s, 'p> {
    pub(super) pair: &'s Pair<'p>,
    pub(super) today: Day,
    known: HashMap<Likeness<'p>, Option<Recipe>>,
}

impl<'s, 'p> Search<'s, 'p> {
    pub(super) fn new(pair: &'s Pair<'p>, today: Day) -> Self {
        Self { pair, today, known: HashMap::new() }
    }

    /// A witness, asked of both sets, and how it is made.
    pub(super) fn find(&mut self, want: &Want) -> Option<(Witness, Recipe)> {
        let likeness = self.likeness(want);
        let recipe = match self.known.get(&likeness) {
            Some(known) => known.clone()?,
            None => {
                let found = self.look(want);
                self.known.insert(likeness, found.clone());
                found?
            }
        };
        if let Some(witness) = self.witness(want, &recipe) {
            return Some((witness, recipe));
        }
        let recipe = self.look(want)?;
        Some((self.witness(want, &recipe)?, recipe))
    }

    fn likeness(&self, want: &Want) -> Likeness<'p> {
        let half = |side: &Side<'p>| {
            let ground = side.ground(want.cell);
            Half {
                atoms: side.atoms(want.role, want.cell).iter().map(|(atom, _)| *atom).collect(),
                traits: side.traits(want.role).cloned(),
                ground: ground
                    .map(|ground| (ground.cell.record, ground.cell.assigns, ground.id_is, ground.application)),
                bars: side.bars(want.cell).iter().map(|(bar, _)| bar.clone()).collect(),
            }
        };
        let halves = [half(&self.pair.before), half(&self.pair.after)];
        let assigns = [&self.pair.before, &self.pair.after].into_iter().filter_map(|side| side.ground(want.cell));
        let other = assigns.into_iter().any(|ground| ground.cell.assigns || ground.cell.may_assign);
        let named = self.names(&halves, want.role) || other;
        Likeness {
            gain: want.gain,
            cause: want.cause.clone(),
            role: named.then_some(want.role),
            cell: other.then_some(want.cell),
            halves,
        }
    }

    /// Whether anything of a cell names the role.
    fn names(&self, halves: &[Half<'p>; 2], role: u32) -> bool {
        let atom = |atom: &Atom| {
            let rules = self.pair.names.governance(atom);
            let named = rules.is_some_and(|rules| rules.roles_not.contains(&role) || rules.not_holding.contains(&role));
            named || atom.made_by == Some(role)
        };
        let bar = |bar: &Bar| bar.unless.contains(&role);
        halves.iter().any(|half| half.atoms.iter().any(atom) || half.bars.iter().any(bar))
    }

    fn look(&self, want: &Want) -> Option<Recipe> {
        let matter = Matter::of(self.pair, want.role, want.cell, self.today);
        let (granting, _) = self.pair.sides(want.gain);
        let (worlds, said) = (matter.worlds(&want.cause, granting.traits(want.role)), matter.said(self.today));
        let each = (TRIES / worlds.len().max(1)).max(EACH).min(said.len());
        let days: Vec<Day> = std::iter::once(self.today).chain(matter.days.iter().copied()).collect();
        let worlds = order(worlds.len(), TRIES / EACH).filter_map(|at| worlds.get(at));
        let scenes = worlds.filter_map(|world| Some((world, self.scene(want.role, world)?)));
        let mut near = scenes.filter(|(_, scene)| self.reaches(want, scene, &days)).take(TRIES / EACH).enumerate();
        near.find_map(|(at, (world, scene))| {
            let turn = if each < said.len() { at * each % said.len() } else { 0 };
            let mut turned = said.iter().cycle().skip(turn).take(each);
            let differs = |said: &&Said| {
                let day = said.day.unwrap_or(self.today);
                self.differs(want, &scene.stage, &Question::new(&scene, said), day).is_some()
            };
            turned.find(differs).map(|said| Arc::new((world.clone(), said.clone())))
        })
    }

    /// Whether a grant that is the cause reaches the record on any of the days: elsewhere there is nothing to ask.
    fn reaches(&self, want: &Want, scene: &Scene, days: &[Day]) -> bool {
        let Cause::Grant(atom) = &want.cause else { return true };
        let Some((kind, action)) = self.pair.names.cells.get(want.cell as usize) else { return false };
        let (granting, _) = self.pair.sides(want.gain);
        let question = Question::new(scene, &Said::default());
        let (request, held) = (question.request(kind, action), scene.stage.held());
        let grants = granting.atoms(want.role, want.cell).iter().filter(|(known, _)| known == atom);
        grants.map(|(_, grant)| grant).any(|grant| {
            let mut came = days.iter().filter_map(|day| tried(granting, grant, held?, &scene.stage, &request, *day));
            came.any(|came| !matches!(came, Tried::Scope(_)))
        })
    }

    fn scene(&self, role: u32, world: &World) -> Option<Scene> {
        world.scene(self.pair.names.id(role), &|role| self.pair.names.id(role))
    }

    fn witness(&self, want: &Want, recipe: &Recipe) -> Option<Witness> {
        let (world, said) = &**recipe;
        let scene = self.scene(want.role, world)?;
        let (question, day) = (Question::new(&scene, said), said.day.unwrap_or(self.today));
        let (before, after) = self.differs(want, &scene.stage, &question, day)?;
        let (kind, action) = self.pair.names.cells.get(want.cell as usize)?;
        let (resource_type, action) = ((*kind).to_owned(), (*action).to_owned());
        Some(Witness { stage: scene.stage, resource_type, action, day, before, after, question })
    }

    /// Asks both sets: their answers, where they differ in the way that is wanted.
    fn differs(&self, want: &Want, stage: &Stage, question: &Question, day: Day) -> Option<(Reason, Reason)> {
        let (kind, action) = self.pair.names.cells.get(want.cell as usize)?;
        let request = question.request(kind, action);
        let (granting, refusing) = self.pair.sides(want.gain);
        let granted = granting.policy.decide(stage, &request, day);
        if !granted.is_allow() {
            return None;
        }
        let refused = refusing.policy.decide(stage, &request, day);
        if refused.is_allow() || !self.is_cause(want, stage, &request, day) {
            return None;
        }
        let (granted, refused) = (granted.reason, refused.reason);
        Some(if want.gain { (refused, granted) } else { (granted, refused) })
    }

    /// Whether the cause has a part in it.
    fn is_cause(&self, want: &Want, stage: &Stage, request: &Request<'_>, day: Day) -> bool {
        let (granting, refusing) = self.pair.sides(want.gain);
        let Some(held) = stage.held() else { return false };
        match &want.cause {
            Cause::Grant(atom) => {
                let grants = granting.atoms(want.role, want.cell).iter().filter(|(known, _)| known == atom);
                let mut came = grants.filter_map(|(_, grant)| tried(granting, grant, held, stage, request, day));
                came.any(|came| came == Tried::Allows)
            }
            Cause::Place | Cause::Level(_) | Cause::From => {
                has_effect(granting.traits(want.role), held, day)
                    && late(refusing.traits(want.role), &want.cause, held, day)
            }
            Cause::Bar(bar) => {
                let rules = refusing.bars(want.cell).iter().filter(|(known, _)| known == bar);
                rules.map(|(_, rule)| *rule).any(|rule| bars(refusing, rule, stage, request, day))
            }
        }
    }
}

/// What comes of a grant of an assignment by itself; `None` where it does not count.
fn tried(
    side: &Side<'_>,
    grant: &super::super::compiled::Grant,
    held: &Assignment,
    stage: &Stage,
    request: &Request<'_>,
    day: Day,
) -> Option<Tried> {
    let table = side.policy.table(request);
    let target = side.policy.target(table, request).ok()?;
    let case = Case::new(stage, request, table.and_then(|table| table.id_is), day)?;
    side.policy.role_in_effect(held, day)?;
    Some(side.policy.try_grant(&case, grant, target, &held.org))
}

/// Whether a deny rule applies to a request.
fn bars(side: &Side<'_>, rule: u32, stage: &Stage, request: &Request<'_>, day: Day) -> bool {
    let table = side.policy.table(request);
    let Ok(target) = side.policy.target(table, request) else { return false };
    let case = Case::new(stage, request, table.and_then(|table| table.id_is), day);
    case.is_some_and(|case| side.policy.bars(&case, target.cell, rule).is_some())
}

fn has_effect(traits: Option<&Traits<'_>>, held: &Assignment, day: Day) -> bool {
    traits.is_some_and(|traits| {
        traits.fits(held.org.kind, held.org.level.as_deref()) && traits.from.is_none_or(|from| from <= day)
    })
}

/// Whether a role has no effect, for this cause.
fn late(traits: Option<&Traits<'_>>, cause: &Cause, held: &Assignment, day: Day) -> bool {
    traits.is_some_and(|traits| match cause {
        Cause::Place => traits.schools_only && held.org.kind != OrgKind::School,
        Cause::Level(level) => traits.not_at.contains(level.as_str()),
        Cause::From => traits.from.is_some_and(|from| day < from),
        Cause::Grant(_) | Cause::Bar(_) => false,
    })
}
