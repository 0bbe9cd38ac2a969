//! What doesn't go together, over the product of the settings that secure a server: whether it is refused is known here from
//! the rules, not from the code. A configuration that is taken ends with the policies, which are nowhere; so nothing is
//! ever served, and nothing passes because it was not looked at.

use std::collections::BTreeSet;

use super::super::{Ended, Place, run_in};

/// Where a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    File,
    Variable,
    Flag,
}

use Layer::{File, Flag, Variable};

/// Settings by key, each with its value and where it is written.
type Case = Vec<(&'static str, &'static str, Layer)>;

/// Runs `serve` with them: how it ended, and the line of each key in the file.
fn serve(case: &Case) -> (Ended, Vec<(&'static str, usize)>) {
    let mut file = "hallpass: config/v1\npolicies: nowhere\n".to_owned();
    let (mut line, mut variables, mut lines) = ("serve --config hallpass.yaml".to_owned(), Vec::new(), Vec::new());
    for (key, value, layer) in case {
        match layer {
            File => {
                file += &format!("{key}: {value}\n");
                lines.push((*key, file.lines().count()));
            }
            Variable => variables.push((format!("HALLPASS_{}", key.to_uppercase()), *value)),
            Flag => line += &format!(" --{}={}", key.replace('_', "-"), value.trim_matches('\'')),
        }
    }
    let place = Place::with(&[("hallpass.yaml", &file)]);
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, v)| (name.as_str(), v.trim_matches('\''))).collect();
    (run_in(place.0.path(), &line, &variables), lines)
}

/// The keys of which one must be named as being at fault; none where the settings go together.
fn at_fault(case: &Case) -> BTreeSet<&'static str> {
    let value = |key: &str| case.iter().find(|(name, ..)| *name == key).map(|(_, value, _)| *value);
    let has = |key: &str| value(key).is_some();
    let mut faults = BTreeSet::new();
    let zeros = case.iter().filter(|(_, value, _)| *value == "0").map(|(key, ..)| *key);
    faults.extend(zeros);
    if !faults.is_empty() {
        return faults;
    }
    match (has("tls_cert"), has("tls_key")) {
        (true, false) => _ = faults.insert("tls_cert"),
        (false, true) => _ = faults.insert("tls_key"),
        (false, false) if has("tls_client_ca") => _ = faults.insert("tls_client_ca"),
        (false, false) | (true, true) => {}
    }
    if !(has("tls_cert") && has("tls_key") && has("callers")) {
        let open =
            |key: &&str| value(key).is_some_and(|address| address.contains("0.0.0.0") || address.contains("[::]"));
        faults.extend(["grpc_listen", "http_listen"].into_iter().filter(open));
    }
    match value("admin_listen") {
        None if has("admin_key_file") => _ = faults.insert("admin_key_file"),
        Some("0.0.0.0:0") if !(has("tls_cert") && has("tls_key") && has("admin_key_file")) => {
            faults.insert("admin_listen");
        }
        Some(_) | None => {}
    }
    faults
}

fn check(case: &Case) {
    let (ended, lines) = serve(case);
    let faults = at_fault(case);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{case:?}: {ended:?}");
    assert_eq!(ended.err.contains("nowhere"), faults.is_empty(), "{case:?}: {}", ended.err);
    let is_named = |key: &&str| {
        let (_, _, layer) = case.iter().find(|(name, ..)| name == key).unwrap();
        match layer {
            File => {
                let (_, line) = lines.iter().find(|(name, _)| name == key).unwrap();
                ended.err.contains(&format!("--> hallpass.yaml:{line}:")) && ended.err.contains(&format!("`{key}`"))
            }
            Variable => ended.err.contains(&format!("`HALLPASS_{}`", key.to_uppercase())),
            Flag => ended.err.contains(&format!("--{}", key.replace('_', "-"))),
        }
    };
    assert!(faults.is_empty() || faults.iter().any(is_named), "{case:?} names none of {faults:?}: {}", ended.err);
}

/// Every way of securing a server, or not, wholly written in one layer: 192 of them.
#[test]
fn every_combination_of_what_secures_a_server() {
    const SECURED: [(&str, &str); 6] = [
        ("grpc_listen", "0.0.0.0:0"),
        ("http_listen", "'[::]:0'"),
        ("tls_cert", "cert.pem"),
        ("tls_key", "key.pem"),
        ("tls_client_ca", "ca.pem"),
        ("callers", "callers.yaml"),
    ];
    let mut refused = 0;
    for layer in [File, Variable, Flag] {
        for set in 0..1_u32 << SECURED.len() {
            let chosen = SECURED.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            let case: Case = chosen.map(|(_, (key, value))| (*key, *value, layer)).collect();
            check(&case);
            refused += usize::from(!at_fault(&case).is_empty());
        }
    }
    // Of the 64, what is refused is half set in 32, an authority alone in 8, and open in 12 of the remaining 24.
    assert_eq!(refused, 3 * (32 + 8 + 12));
}

/// The same written here and there, with limits of 0 among them: every two settings meet in every two ways of writing them.
#[test]
fn every_two_settings_in_every_two_layers() {
    const FACTORS: [(&str, &[&str]); 12] = [
        ("grpc_listen", &["127.0.0.1:0", "0.0.0.0:0"]),
        ("http_listen", &["'[::1]:0'", "0.0.0.0:0"]),
        ("tls_cert", &["cert.pem"]),
        ("tls_key", &["key.pem"]),
        ("tls_client_ca", &["ca.pem"]),
        ("callers", &["callers.yaml"]),
        ("unix_listen", &["hallpass.sock"]),
        ("admin_listen", &["127.0.0.1:0", "0.0.0.0:0"]),
        ("admin_key_file", &["admin.key"]),
        ("workers", &["2", "0"]),
        ("max_batch_items", &["9", "0"]),
        ("directory_cache_mb", &["1", "0"]),
    ];
    let levels: Vec<Vec<Option<(&str, Layer)>>> = FACTORS
        .iter()
        .map(|(_, values)| {
            let written = values.iter().flat_map(|value| [File, Variable, Flag].map(|layer| Some((*value, layer))));
            std::iter::once(None).chain(written).collect()
        })
        .collect();
    let rows = pairwise(&levels.iter().map(Vec::len).collect::<Vec<_>>());
    for row in &rows {
        let set = row.iter().enumerate().filter_map(|(factor, level)| {
            levels[factor][*level].map(|(value, layer)| (FACTORS[factor].0, value, layer))
        });
        check(&set.collect());
    }
    assert!(rows.len() >= 49, "there are 49 pairs of the two widest alone: {}", rows.len());
}

/// Keys that there aren't, in whichever layer can be told of them.
#[test]
fn unknown_settings() {
    for (key, near) in
        [("grpc_listn", "grpc_listen"), ("tls_certs", "tls_cert"), ("caller", "callers"), ("worker", "workers")]
    {
        for layer in [File, Flag] {
            let (ended, lines) = serve(&vec![(key, "x", layer)]);
            let near = if layer == File { near.to_owned() } else { format!("--{}", near.replace('_', "-")) };
            assert!(ended.code == 1 && ended.err.contains(&near), "{key}: {}", ended.err);
            assert!(
                lines.iter().all(|(_, line)| ended.err.contains(&format!("hallpass.yaml:{line}:1"))),
                "{}",
                ended.err
            );
        }
    }
}

/// Rows of levels, one a factor, so that every two levels of two factors stand together in some row: greedily, each row takes
/// as many new pairs as it can.
fn pairwise(sizes: &[usize]) -> Vec<Vec<usize>> {
    let mut left = BTreeSet::new();
    for a in 0..sizes.len() {
        for b in a + 1..sizes.len() {
            left.extend((0..sizes[a]).flat_map(|x| (0..sizes[b]).map(move |y| (a, x, b, y))));
        }
    }
    let mut rows = Vec::new();
    while let Some(&(a, x, b, y)) = left.first() {
        let mut row = vec![None; sizes.len()];
        (row[a], row[b]) = (Some(x), Some(y));
        for factor in 0..sizes.len() {
            row[factor] =
                row[factor].or_else(|| (0..sizes[factor]).max_by_key(|level| gain(&row, factor, *level, &left)));
        }
        let row: Vec<usize> = row.into_iter().flatten().collect();
        for a in 0..row.len() {
            (a + 1..row.len()).for_each(|b| _ = left.remove(&(a, row[a], b, row[b])));
        }
        rows.push(row);
    }
    rows
}

type Pair = (usize, usize, usize, usize);

/// How many new pairs a level has with those that a row has already.
fn gain(row: &[Option<usize>], factor: usize, level: usize, left: &BTreeSet<Pair>) -> usize {
    let others = row.iter().enumerate().filter_map(|(other, level)| Some((other, (*level)?)));
    others.map(|other| pair((factor, level), other)).filter(|pair| left.contains(pair)).count()
}

fn pair(one: (usize, usize), other: (usize, usize)) -> Pair {
    let (first, second) = if one.0 < other.0 { (one, other) } else { (other, one) };
    (first.0, first.1, second.0, second.1)
}
