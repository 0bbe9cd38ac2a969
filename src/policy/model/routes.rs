//! Routes: their names resolved, each property bound to where its value comes from, and those that nothing could reach
//! reported.

use std::sync::Arc;

use super::super::code::Code;
use super::super::day::Day;
use super::super::document::{From, PropertyDoc, RouteDoc, RoutesDoc, ValueType};
use super::super::fields::{Name, nearest, shown};
use super::super::request::{Stored, Value};
use super::super::routes::{Binding, Binds, Declared, ID, NAMED, Route, Routes, Target, property_type};
use super::super::source::Finding;
use super::roles::has_no;
use super::topics::Words;
use super::{Catalogue, TypeModel, advised, line_of, unknown};

/// Resolves the routes of all files but those of an application that could not be read.
pub(super) fn resolve(
    docs: Vec<RoutesDoc>,
    words: &[Words],
    whole: bool,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Routes {
    let mut routes: Vec<Route> = Vec::new();
    for doc in docs {
        let partly = |words: &&Words| catalogue.applications.get(words.application) == Some(&doc.application.text);
        if words.iter().find(partly).is_some_and(|words| !words.whole) {
            continue;
        }
        let of_file = file(doc, whole, catalogue, findings);
        for (at, route) in of_file.iter().enumerate() {
            let before = of_file.get(..at).unwrap_or_default();
            findings.extend(unreachable(route, before).or_else(|| contested(route, &routes)));
        }
        routes.extend(of_file);
    }
    Routes { routes }
}

fn file(doc: RoutesDoc, whole: bool, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Vec<Route> {
    let RoutesDoc { application, hosts, subject, claims_in, routes } = doc;
    let Some(index) = catalogue.applications.iter().position(|known| *known == application.text) else {
        let names = catalogue.applications.iter().map(String::as_str);
        let finding = advised(unknown(&application, "application", names), "name an application of this set");
        findings.extend(whole.then_some(finding));
        return Vec::new();
    };
    let types: Vec<&TypeModel> = catalogue.types.iter().filter(|made| made.application == index).collect();
    let declared: Arc<[(String, Declared)]> =
        types.iter().map(|made| (made.name.clone(), made.properties.clone())).collect();
    let one = |route: RouteDoc, findings: &mut Vec<Finding>| {
        let RouteDoc { pattern, at, hosts: own, target, properties } = route;
        let (target, known) = match target {
            None => (Target::Said(Arc::clone(&declared)), Known::Said),
            Some((action, kind)) => {
                let made = asked(&action, &kind, &application.text, &types, findings)?;
                (Target::One { action: action.text, kind: kind.text }, Known::One(made))
            }
        };
        let bindings = bindings(&pattern, &at, properties, &known, findings);
        let hosts = if own.is_empty() { &hosts } else { &own };
        let hosts = hosts.iter().map(|host| host.text.clone()).collect();
        let (identity, claims_in) = (subject.clone(), claims_in.clone());
        Some(Route { pattern, at, hosts, identity, claims_in, target, bindings })
    };
    routes.into_iter().filter_map(|route| one(route, findings)).collect()
}

/// What is known of the record that a route asks about.
enum Known<'a> {
    /// Its type.
    One(&'a TypeModel),
    /// Nothing: the gateway says its type.
    Said,
}

impl Known<'_> {
    fn declared(&self) -> &[(String, ValueType)] {
        match self {
            Self::One(made) => &made.properties,
            Self::Said => &[],
        }
    }

    fn no_property(&self, name: &Name) -> Finding {
        let free = self.declared().iter().map(|(name, _)| name.as_str());
        let names: Vec<&str> = [ID].into_iter().chain(NAMED).chain(free).collect();
        let near = nearest(&name.text, names.iter().copied());
        let finding = match self {
            Self::One(made) => format!("`{}` is no property of `{}`", shown(&name.text), made.name),
            Self::Said => format!("`{}` is no property of every record", shown(&name.text)),
        };
        let help = near.map_or_else(
            || format!("the properties are {}; a parameter that says nothing begins with `_`", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Code::UnknownName.at(name.at.clone(), finding).help(help)
    }
}

/// The type that a route asks about, if it has the action and is the application's.
fn asked<'a>(
    action: &Name,
    kind: &Name,
    application: &str,
    types: &[&'a TypeModel],
    findings: &mut Vec<Finding>,
) -> Option<&'a TypeModel> {
    let found = types.iter().find(|made| made.name == kind.text);
    let Some(made) = found else {
        let what = format!("resource type `{}` in `{application}`", shown(&kind.text));
        let near = nearest(&kind.text, types.iter().map(|made| made.name.as_str()));
        let finding = Code::UnknownName.at(kind.at.clone(), format!("there is no {what}"));
        findings.push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("a file of routes is about one application's types"),
        });
        return None;
    };
    if made.cell(&action.text).is_none() {
        findings.push(has_no(&[made], action));
    }
    Some(made)
}

/// Binds each parameter and each property of a route.
fn bindings(
    pattern: &super::super::routes::Pattern,
    at: &super::super::source::Place,
    properties: Vec<PropertyDoc>,
    known: &Known<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<Binding> {
    let parameters: Vec<String> = pattern.parameters().map(str::to_owned).collect();
    let mut bound: Vec<Binding> = Vec::new();
    let mut used: Vec<String> = Vec::new();
    for PropertyDoc { name, at, from } in properties {
        let Some(kind) = property_type(&name.text, known.declared()) else {
            findings.push(known.no_property(&name));
            continue;
        };
        let source = match from {
            From::Claim(claim) => Binds::Claim(claim),
            From::Constant(value) => {
                if let Some(message) = unfit(&name.text, kind, &value) {
                    findings.push(Code::WrongType.at(at, message));
                }
                Binds::Constant(value)
            }
            From::Parameter(parameter) => {
                let Some(number) = parameters.iter().position(|known| *known == parameter) else {
                    let near = nearest(&parameter, parameters.iter().map(String::as_str));
                    let finding =
                        Code::UnknownName.at(at, format!("the path has no parameter `{}`", shown(&parameter)));
                    findings.push(match near {
                        Some(near) => finding.help(format!("did you mean `{near}`?")),
                        None => finding.help("put it into `match`"),
                    });
                    used.extend(near.map(str::to_owned));
                    continue;
                };
                used.push(parameter);
                Binds::Parameter(number)
            }
        };
        bound.push(Binding { name: name.text, kind, source });
    }
    for (number, name) in
        parameters.into_iter().enumerate().filter(|(_, name)| !name.starts_with('_') && !used.contains(name))
    {
        let named = Name { text: name, at: at.clone() };
        let Some(kind) = property_type(&named.text, known.declared()) else {
            findings.push(known.no_property(&named));
            continue;
        };
        if bound.iter().any(|binding| binding.name == named.text) {
            let message = format!("`{}` is given by the path and under `properties`", shown(&named.text));
            findings.push(Code::GivenTwice.at(named.at, message).help("keep one of them"));
        }
        bound.push(Binding { name: named.text, kind, source: Binds::Parameter(number) });
    }
    bound
}

/// What is wrong with a constant, if anything.
fn unfit(name: &str, kind: ValueType, value: &Value) -> Option<String> {
    if name == ID || NAMED.contains(&name) {
        let text = matches!(value, Value::Text(_));
        let stored = Stored::new(vec![(name.to_owned(), value.clone())]);
        return match stored {
            Err(malformed) => Some(malformed.to_string()),
            Ok(_) => (name == ID && !text).then(|| "`id` must be a text".to_owned()),
        };
    }
    let (fits, expected) = match (kind, value) {
        (ValueType::Text, value) => (matches!(value, Value::Text(_)), "a text"),
        (ValueType::Texts, value) => (matches!(value, Value::List(_)), "a list of texts"),
        (ValueType::Number, value) => (matches!(value, Value::Number(_)), "a number"),
        (ValueType::YesNo, value) => (matches!(value, Value::Bool(_)), "true or false"),
        (ValueType::Date, Value::Text(text)) => (Day::parse(text).is_some(), "a day, as YYYY-MM-DD"),
        (ValueType::Date, _) => (false, "a day, as YYYY-MM-DD"),
    };
    (!fits).then(|| format!("`{}` must be {expected}", shown(name)))
}

/// A route is for nobody if each of its methods at each of its hosts is an earlier route's.
fn unreachable(route: &Route, before: &[Route]) -> Option<Finding> {
    let covering: Vec<&Route> = before.iter().filter(|earlier| earlier.pattern.covers(&route.pattern)).collect();
    let any = [None];
    let hosts: Vec<Option<&String>> =
        if route.hosts.is_empty() { any.to_vec() } else { route.hosts.iter().map(Some).collect() };
    let taken = |method: &str, host: Option<&String>| {
        covering.iter().any(|earlier| {
            let here = earlier.hosts.is_empty() || host.is_some_and(|host| earlier.hosts.contains(host));
            here && earlier.pattern.methods.contains(&method)
        })
    };
    let all = hosts.iter().all(|host| route.pattern.methods.iter().all(|method| taken(method, *host)));
    let first = covering.first().filter(|_| all)?;
    let message = format!("`{}` is never reached", shown(&route.pattern.text));
    let help = format!("`{}` at {} comes first: put this one before it", first.pattern.text, line_of(&first.at));
    Some(Code::NeverReached.at(route.at.clone(), message).help(help))
}

/// Between files there is no order, so no request may be for two of them.
fn contested(route: &Route, others: &[Route]) -> Option<Finding> {
    let same_host = |other: &Route| {
        let any = route.hosts.is_empty() || other.hosts.is_empty();
        any || route.hosts.iter().any(|host| other.hosts.contains(host))
    };
    let other = others.iter().find(|other| same_host(other) && other.pattern.overlaps(&route.pattern))?;
    let message = format!("some requests for `{}` are another file's too", shown(&route.pattern.text));
    let help =
        format!("`{}` at {} matches them: give the files different `hosts`", other.pattern.text, line_of(&other.at));
    Some(Code::Contested.at(route.at.clone(), message).help(help))
}
