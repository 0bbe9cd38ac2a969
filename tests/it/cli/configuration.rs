//! `hallpass.yaml`, variables and flags: which wins, what is shown of them, and what is refused where it was written.

mod pairs;
mod shipped;

use serde_json::Value;

use super::{Ended, Place, run_in};

/// What `config show` says of a setting: its value, and where that comes from.
fn shown(ended: &Ended, key: &str) -> (Value, String, Value) {
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    let object: Value = serde_json::from_str(&ended.out).unwrap();
    let all = object["settings"].as_array().unwrap();
    let setting = all.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    (setting["value"].clone(), setting["from"].as_str().unwrap().to_owned(), setting["place"]["line"].clone())
}

/// A value of each kind in each layer, and the highest layer that has one wins.
#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let file = "hallpass: config/v1\nreflection: true\nworkers: 3\nlog_format: json\nsubject_types: [user, service]\n\
                grpc_listen: 127.0.0.1:1\nmax_list_items: 7\n";
    let place = Place::with(&[("hallpass.yaml", file)]);
    let variables = [
        ("HALLPASS_REFLECTION", "no"),
        ("HALLPASS_WORKERS", "4"),
        ("HALLPASS_LOG_FORMAT", "text"),
        ("HALLPASS_SUBJECT_TYPES", "one,two"),
        ("HALLPASS_GRPC_LISTEN", "127.0.0.1:2"),
    ];
    let flags = "--reflection --workers 5 --log-format json --subject-types three --grpc-listen 127.0.0.1:3";
    let layers = [("", &[][..]), ("--config hallpass.yaml", &[]), ("--config hallpass.yaml", &variables)];
    let top = format!("--config hallpass.yaml {flags}");
    let layers = layers.into_iter().chain([(top.as_str(), &variables[..])]);
    let run = |(flags, variables): (&str, &[(&str, &str)])| {
        run_in(place.0.path(), &format!("config show --format json {flags}"), variables)
    };
    let shows: Vec<Ended> = layers.map(run).collect();
    let from = ["default", "file", "variable", "flag"];
    for (key, values) in [
        ("reflection", ["false", "true", r#""no""#, "true"]),
        ("log_format", [r#""text""#, r#""json""#, r#""text""#, r#""json""#]),
        ("subject_types", [r#"["user"]"#, r#"["user","service"]"#, r#"["one","two"]"#, r#"["three"]"#]),
        ("grpc_listen", [r#""127.0.0.1:50051""#, r#""127.0.0.1:1""#, r#""127.0.0.1:2""#, r#""127.0.0.1:3""#]),
    ] {
        for ((show, value), from) in shows.iter().zip(values).zip(from) {
            let expected: Value = serde_json::from_str(value).unwrap();
            let (value, origin, _) = shown(show, key);
            assert_eq!((value, origin.as_str()), (expected, from), "{key}");
        }
    }
    for (show, value) in shows.iter().zip([Value::Null, 3.into(), 4.into(), 5.into()]) {
        assert_eq!(shown(show, "workers").0, value);
    }
    assert_eq!(shown(&shows[3], "max_list_items"), (7.into(), "file".to_owned(), 7.into()));
    assert_eq!(shown(&shows[3], "tls_cert"), (Value::Null, "nowhere".to_owned(), Value::Null));
}

#[test]
fn a_switch_that_the_file_turns_on_can_be_turned_off() {
    let place = Place::with(&[("f.yaml", "hallpass: config/v1\nexplain_answers: true\n")]);
    let show = |flags: &str, variables: &[(&str, &str)]| {
        shown(
            &run_in(place.0.path(), &format!("config show --format json --config f.yaml {flags}"), variables),
            "explain_answers",
        )
        .0
    };
    assert_eq!(show("", &[]), true);
    assert_eq!(show("--explain-answers=false", &[]), false);
    assert_eq!(show("", &[("HALLPASS_EXPLAIN_ANSWERS", "false")]), false);
    assert_eq!(show("--explain-answers", &[("HALLPASS_EXPLAIN_ANSWERS", "false")]), true);
}

/// Everything that is wrong by itself, at once, each drawn into its line.
#[test]
fn mistakes_in_the_file_are_drawn_into_it() {
    let file = "\
hallpass: config/v2
workres: 2
max_list_items: 0
max_list_items: 5
max_nesting: four
reflection: maybe
grpc_listen: here
log_format: jsno
subject_types: [a, 'b,c', a]
database_password: hunter2
direktory: postgres://me:hunter2@db/sis
policies:
poll_seconds: 1.5
";
    let place = Place::with(&[("conf/hallpass.yaml", file)]);
    let ended = run_in(place.0.path(), "serve", &[("HALLPASS_CONFIG", "conf/hallpass.yaml")]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
    assert!(ended.err.ends_with("error: the configuration in `conf/hallpass.yaml` is refused\n"), "{}", ended.err);
    let drawn: Vec<&str> = ended.err.split("\n\n").collect();
    for (line, column, message, help) in [
        (1, 11, "`config/v2` is no kind of file that can stand here", "write `hallpass: config/v1`"),
        (2, 1, "`workres` is no key of this place", "did you mean `workers`?"),
        (3, 17, "`max_list_items` must be a whole number from 1", ""),
        (4, 1, "`max_list_items` is given twice", "keep one of them"),
        (5, 14, "`max_nesting` must be a whole number from 1, not a text", ""),
        (6, 13, "`reflection` must be true or false, not a text", ""),
        (7, 14, "`grpc_listen` cannot be `here`", "write an address and a port, such as 127.0.0.1:50051"),
        (8, 13, "`log_format` cannot be `jsno`", "did you mean `json`?"),
        (9, 20, "an item of `subject_types` cannot contain `,`", "list each item by itself"),
        (9, 27, "`a` is listed twice", ""),
        (
            10,
            1,
            "`database_password` is a secret, and this file is none",
            "name a file that holds it: `database_password_file`",
        ),
        (11, 1, "`direktory` is no key of this place", "did you mean `directory`?"),
        (12, 9, "`policies` has no value: it must be a text", ""),
        (13, 15, "`poll_seconds` must be a whole number from 1", ""),
    ] {
        let begin = format!("]: {message}\n");
        let place = format!("--> conf/hallpass.yaml:{line}:{column}\n");
        let found = drawn
            .iter()
            .any(|one| one.starts_with("error[") && one.contains(&begin) && one.contains(&place) && one.contains(help));
        assert!(found, "{line}:{column} {message} {help}\n{}", ended.err);
    }
    assert_eq!(drawn.len(), 15, "{}", ended.err);
    let line = |one: &&str| one.split("hallpass.yaml:").nth(1)?.split(':').next()?.parse::<usize>().ok();
    let lines: Vec<usize> = drawn.iter().filter_map(line).collect();
    assert!(lines.len() == 14 && lines.is_sorted(), "{lines:?}");
}

#[test]
fn a_file_that_is_none() {
    let place = Place::with(&[("broken.yaml", "hallpass: config/v1\n\tworkers: 2\n"), ("folder/x", "")]);
    for (file, message) in [
        ("none.yaml", "error: the configuration in `none.yaml` cannot be read: No such file"),
        ("folder", "error: the configuration in `folder` cannot be read: it is no regular file"),
        ("broken.yaml", "error[hidden-character]: a tab stands here\n --> broken.yaml:2:1\n"),
    ] {
        for command in ["serve", "config show", "healthcheck"] {
            let ended = place.run(&format!("{command} --config {file}"));
            assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{command}");
            assert!(ended.err.starts_with(message), "{command}: {}", ended.err);
        }
    }
}

/// A mistake in a variable names the variable: nobody wrote the flag.
#[test]
fn a_mistake_in_a_variable_is_told_of_it() {
    let place = Place::with(&[]);
    let said = "error: invalid value '0' for '--workers <N>': write a whole number from 1\n\nthe variable `HALLPASS_WORKERS` says so";
    let ended = run_in(place.0.path(), "serve", &[("HALLPASS_WORKERS", "0")]);
    assert!(ended.code == 1 && ended.err.starts_with(said), "{ended:?}");
    for line in ["serve --workers 0", "serve --workers=0"] {
        let ended = run_in(place.0.path(), line, &[("HALLPASS_WORKERS", "0")]);
        assert!(ended.code == 1 && !ended.err.contains("variable"), "{ended:?}");
    }
    let ended = run_in(place.0.path(), "healthcheck", &[("HALLPASS_WORKERS", "0")]);
    let said = "error: invalid value '0' for '--workers <N>': write a whole number from 1, as the variable `HALLPASS_WORKERS` says";
    assert!(ended.code == 1 && ended.err.starts_with(said), "{ended:?}");
}

/// What `config show` writes is a configuration file that says the same.
#[test]
fn what_is_shown_can_be_read_again() {
    let file = "hallpass: config/v1\nlog: 'info,hyper=debug'\nunix_listen: ' a path#with \"quotes\" '\nsubject_types: ['1', 'true']\n\
                otlp_endpoint: http://localhost:4317\npublic_url: https://pdp.example.org\ntime_zone: Europe/Berlin\n";
    let place = Place::with(&[("hallpass.yaml", file)]);
    let first = place.run("config show --config hallpass.yaml --reflection --page-items 9");
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    place.write("again.yaml", &first.out);
    let values = |ended: Ended| -> Vec<Value> {
        let object: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
        object["settings"].as_array().unwrap().iter().map(|setting| setting["value"].clone()).collect()
    };
    let again = values(place.run("config show --format json --config again.yaml"));
    let before = values(place.run("config show --format json --config hallpass.yaml --reflection --page-items 9"));
    assert_eq!(again, before);
    assert!(before.contains(&" a path#with \"quotes\" ".into()), "{before:?}");
}

/// A password shows nowhere, wherever it was written.
#[test]
fn passwords_are_never_shown() {
    let place = Place::with(&[
        ("url.yaml", "hallpass: config/v1\ndirectory: postgres://me:hunter2@db/sis\nlog_format: xml\n"),
        ("good.yaml", "hallpass: config/v1\ndirectory: postgres://me:hunter2@db/sis\n"),
        ("file.yaml", "hallpass: config/v1\ndirectory: postgres://me@db/sis\ndatabase_password_file: pass\n"),
        ("pass", "hunter2\n"),
    ]);
    let secret = [("PGPASSWORD", "hunter2"), ("HALLPASS_DIRECTORY", "postgres://me:hunter2@db/sis")];
    for (line, variables, code) in [
        ("config show", &secret[..], 0),
        ("config show --format json", &secret, 0),
        ("config show --directory postgres://db/sis?password=hunter2", &[], 0),
        ("config show --config good.yaml", &[], 0),
        ("config show --config good.yaml --format json", &[], 0),
        ("config show --config url.yaml", &[], 1),
        ("config show --config file.yaml", &[], 0),
        ("serve --config file.yaml", &secret[..1], 1),
        ("config show --tls-cert c.pem", &secret, 1),
    ] {
        let ended = run_in(place.0.path(), line, variables);
        assert_eq!(ended.code, code, "{line}: {ended:?}");
        assert!(!format!("{ended:?}").contains("hunter2"), "{line}: {ended:?}");
        assert!(code == 1 || ended.out.contains("postgres://"), "{line}: {ended:?}");
    }
    let ended = run_in(place.0.path(), "serve --config file.yaml", &secret[..1]);
    let said = "error: `database_password_file` and `PGPASSWORD` are both set: keep one of them\n --> file.yaml:3:1\n";
    assert!(ended.err.starts_with(said), "{}", ended.err);
}

/// The password in a file is that of the database, also for the commands beside `serve`.
#[test]
fn a_password_is_read_from_its_file() {
    let place = Place::with(&[("empty", "\nx\n"), ("pass", "secret\n")]);
    let status = "directory status --database postgres://me@127.0.0.1:1/sis --database-password-file";
    for (file, message) in [
        ("none", "`none`, as `--database-password-file` says, cannot be read: No such file"),
        ("empty", "the first line of `empty`, as `--database-password-file` says, is no password"),
        ("pass", "error: "),
    ] {
        let ended = place.run(&format!("{status} {file}"));
        assert!(ended.code == 1 && ended.err.contains(message), "{ended:?}");
    }
    let ended = run_in(place.0.path(), &format!("{status} pass"), &[("PGPASSWORD", "other")]);
    assert!(ended.err.contains("are both set: keep one of them"), "{ended:?}");
}
