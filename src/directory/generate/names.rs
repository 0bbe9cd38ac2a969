//! Names of people and schools, put together from syllables: nobody's.

use super::chance::Chance;

const GIVEN: [&str; 24] = [
    "Al", "Be", "Ca", "Da", "El", "Fi", "Gra", "Hol", "I", "Jo", "Ka", "Li", "Ma", "Ne", "Or", "Pa", "Qui", "Ro", "Sa",
    "Ta", "U", "Vi", "We", "Za",
];
const GIVEN_END: [&str; 20] = [
    "bin", "cia", "dan", "dora", "fra", "lan", "lia", "lo", "mer", "mi", "na", "nel", "ra", "ric", "rin", "sha", "ton",
    "va", "ven", "ya",
];
const FAMILY: [&str; 26] = [
    "Ander", "Bel", "Car", "Dal", "Elm", "Fen", "Gar", "Hal", "Ing", "Jar", "Kel", "Lor", "Mar", "Nor", "Oster", "Pel",
    "Quar", "Ran", "Sel", "Tar", "Under", "Var", "Wil", "Yar", "Zel", "Ost",
];
const FAMILY_END: [&str; 24] = [
    "aga", "bert", "dale", "den", "ero", "field", "grove", "hart", "ida", "koff", "land", "ley", "man", "mont", "nesh",
    "oya", "quist", "rosa", "son", "stein", "tani", "uddin", "vale", "wick",
];
const PLACE: [&str; 34] = [
    "Alder", "Birch", "Blue", "Bright", "Cedar", "Clear", "Copper", "Cotton", "Crane", "Drift", "Eagle", "Elk", "Fern",
    "Fox", "Glen", "Granite", "Harbor", "Hazel", "Iron", "Juniper", "Kestrel", "Lark", "Maple", "Meadow", "North",
    "Oak", "Pine", "Quail", "Rock", "Sage", "Silver", "Thorn", "Willow", "Wren",
];
const PLACE_END: [&str; 30] = [
    "brook", "bridge", "bury", "cliff", "crest", "dale", "field", "finch", "ford", "gate", "glen", "grove", "haven",
    "hill", "hurst", "leaf", "ley", "mere", "moor", "point", "ridge", "shore", "side", "stone", "ton", "vale", "view",
    "wick", "wood", "worth",
];

/// A given and a family name.
pub(super) fn person(chance: &mut Chance) -> [String; 2] {
    [pair(chance.word(&GIVEN), chance.word(&GIVEN_END)), pair(chance.word(&FAMILY), chance.word(&FAMILY_END))]
}

/// The name of the school with a number: a thousand before one comes back.
pub(super) fn place(number: usize) -> String {
    let of = |list: &[&'static str], at: usize| list.get(at % list.len()).copied().unwrap_or_default();
    let turn = number / PLACE.len();
    let name = pair(of(&PLACE, number), of(&PLACE_END, number + turn * 7));
    match number / (PLACE.len() * PLACE_END.len()) {
        0 => name,
        again => format!("{name} {}", again + 1),
    }
}

fn pair(start: &str, end: &str) -> String {
    format!("{start}{end}")
}
