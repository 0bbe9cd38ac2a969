//! The keys of `tests/v1`.

use serde_json::{Value, json};

use super::{Parts, choice, day, list, object, text};
use crate::policy::decision::Reason;
use crate::policy::document::EXPECTATIONS;

pub(super) fn parts() -> Parts {
    Parts { required: &["tests"], keys: vec![("tests", list("Questions, each with its answer", &case()))] }
}

fn case() -> Value {
    let keys = vec![
        ("name", text("What it is for")),
        ("who", text("The person's id in the directory")),
        ("as", text("The one role whose grants are to count, of those that the person holds")),
        ("may", text("The action")),
        ("a", text("The resource type: `application.module.topic`, or a type without a module")),
        ("id", text("The record's own id, where it matters")),
        ("of", free("Properties of the record, such as `student`, `school`, `section`, `created_by`, `date`")),
        ("subject", free("Properties of the person")),
        ("action", free("Properties of the action")),
        ("context", free("The context")),
        ("on", day("The day that is asked about; today where there is none")),
        ("expect", choice("The answer; a test without it is told of, with the answer of today", EXPECTATIONS)),
        (
            "reason",
            json!({"description": "The reason that the answer must name", "enum": Reason::ALL.map(Reason::code)}),
        ),
    ];
    object("A question with its answer", &["who", "may", "a"], keys)
}

fn free(about: &str) -> Value {
    json!({"description": about, "type": "object"})
}
