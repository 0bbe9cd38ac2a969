//! From CEL's grammar to our own form: the cel crate's parser gives a tree, and every node that is not in the subset,
//! or compares what cannot be compared, is refused with its place and what to write instead.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the subset is an allow-list: whatever else the grammar has is refused"
)]

use cel::common::ast::{CallExpr, Expr as Cel, LiteralValue, operators};
use cel::{IdedExpr, parser::Parser};

use super::super::code::Code;
use super::super::day::Day;
use super::super::document::ValueType;
use super::super::fields::Name;
use super::super::source::Finding;
use super::value::Source;
use super::{Attribute, Condition, Expr, List, Op, Term, words};

/// The longest condition, in bytes.
const LONGEST: usize = 1_000;
/// The deepest nesting of parentheses, and of the tree.
const DEEPEST: usize = 24;
pub(super) const SUBSET: &str =
    "a condition is made of `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `&&`, `||`, `!`, properties, literals and `today`";

/// What the catalogue says of a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Declared {
    /// Its type.
    As(ValueType),
    /// Nobody declares it; the nearest name that is declared.
    Unknown(Option<String>),
    /// Two topics declare it differently.
    Conflict,
}

/// Reads a condition; `declared` tells the type of a property by part (`subject`, `action`, `resource`, `context`) and name.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &Name, declared: &dyn Fn(&str, &str) -> Declared) -> Result<Condition, Finding> {
    let refuse = |message: String, help: &str| Err(Code::TooLarge.at(text.at.clone(), message).help(help));
    if text.text.len() > LONGEST {
        return refuse(
            format!("the condition is longer than {LONGEST} characters"),
            "split the grant, or give what it asks a property of its own",
        );
    }
    if nesting(&text.text) > DEEPEST {
        return refuse(format!("the condition is nested deeper than {DEEPEST}"), "make it simpler");
    }
    let (tree, places) = Parser::new()
        .max_recursion_depth(64)
        .parse_with_source_info(&text.text)
        .map_err(|errors| words::syntax(text, &errors))?;
    let reader = Reader { declared };
    reader.expr(&tree, 0).map(|expr| Condition { text: text.text.clone(), expr }).map_err(|refusal| {
        let start = refusal.node.and_then(|node| places.offset_for(node)).map(|(start, _)| start);
        let at = start.map_or_else(|| text.at.clone(), |start| text.part(start));
        refusal.code.at(at, refusal.message).help(refusal.help.as_deref().unwrap_or(SUBSET))
    })
}

fn nesting(text: &str) -> usize {
    let opening = |byte: &u8| matches!(byte, b'(' | b'[' | b'{' | b'!' | b'-' | b'?');
    text.bytes().filter(|byte| opening(byte)).count()
}

struct Refusal {
    code: Code,
    message: String,
    help: Option<String>,
    /// The innermost node that is wrong.
    node: Option<u64>,
}

impl Refusal {
    fn at(mut self, node: &IdedExpr) -> Self {
        self.node = self.node.or_else(|| Some(leftmost(node)));
        self
    }
}

/// Where a node begins: the parser places operators and dots.
fn leftmost(node: &IdedExpr) -> u64 {
    match &node.expr {
        Cel::Select(select) => leftmost(&select.operand),
        Cel::Call(call) => match (call.target.as_deref(), call.args.as_slice()) {
            (Some(target), _) => leftmost(target),
            (None, [first, _, ..])
                if !call.func_name.chars().any(char::is_alphabetic) || call.func_name == operators::IN =>
            {
                leftmost(first)
            }
            _ => node.id,
        },
        _ => node.id,
    }
}

fn refusal<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code: Code::ConditionForm, message: message.into(), help: None, node: None })
}

fn advice<T>(code: Code, message: impl Into<String>, help: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into(), help: Some(help.into()), node: None })
}

struct Reader<'a> {
    declared: &'a dyn Fn(&str, &str) -> Declared,
}

impl Reader<'_> {
    fn expr(&self, node: &IdedExpr, depth: usize) -> Result<Expr, Refusal> {
        self.expr_of(node, depth).map_err(|refusal| refusal.at(node))
    }

    fn expr_of(&self, node: &IdedExpr, depth: usize) -> Result<Expr, Refusal> {
        if depth > 2 * DEEPEST {
            return refusal("the condition is nested too deeply");
        }
        match &node.expr {
            Cel::Call(call) => self.call(call, depth),
            Cel::Literal(LiteralValue::Boolean(value)) => Ok(Expr::Constant(*value.inner())),
            Cel::Ident(_) | Cel::Select(_) | Cel::Literal(_) => self.truth(node),
            Cel::Comprehension(_) => refusal("functions over lists cannot be used in a condition"),
            Cel::Unspecified | Cel::List(_) | Cel::Map(_) | Cel::Struct(_) => {
                refusal("a list or an object by itself is neither true nor false")
            }
        }
    }

    fn truth(&self, node: &IdedExpr) -> Result<Expr, Refusal> {
        match self.term(node)? {
            Term::Attribute(attribute) if attribute.kind == ValueType::YesNo => Ok(Expr::Truth(attribute)),
            _ => advice(
                Code::ConditionType,
                format!("`{}` by itself is neither true nor false", spelled(node)),
                "compare it with something, as in `resource.NAME == \"text\"`",
            ),
        }
    }

    fn call(&self, call: &CallExpr, depth: usize) -> Result<Expr, Refusal> {
        let boxed = |node: &IdedExpr| self.expr(node, depth + 1).map(Box::new);
        match (call.func_name.as_str(), call.target.is_some(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, false, [inner]) => Ok(Expr::Not(boxed(inner)?)),
            (operators::LOGICAL_AND, false, [left, right]) => Ok(Expr::And(boxed(left)?, boxed(right)?)),
            (operators::LOGICAL_OR, false, [left, right]) => Ok(Expr::Or(boxed(left)?, boxed(right)?)),
            (operators::IN, false, [item, list]) => self.contains(item, list),
            (operators::EQUALS, false, [left, right]) => self.compare(Op::Equal, left, right),
            (operators::NOT_EQUALS, false, [left, right]) => self.compare(Op::NotEqual, left, right),
            (operators::LESS, false, [left, right]) => self.compare(Op::Less, left, right),
            (operators::LESS_EQUALS, false, [left, right]) => self.compare(Op::LessOrEqual, left, right),
            (operators::GREATER, false, [left, right]) => self.compare(Op::Greater, left, right),
            (operators::GREATER_EQUALS, false, [left, right]) => self.compare(Op::GreaterOrEqual, left, right),
            (name, _, _) => refusal(words::unusable(name)),
        }
    }

    fn compare(&self, op: Op, left: &IdedExpr, right: &IdedExpr) -> Result<Expr, Refusal> {
        let (mut a, mut b) = (self.term(left)?, self.term(right)?);
        adapt(&mut a, &b)?;
        adapt(&mut b, &a)?;
        let (kind_a, kind_b) = (a.kind(), b.kind());
        let ordering = !matches!(op, Op::Equal | Op::NotEqual);
        if let (Some(kind_a), Some(kind_b)) = (kind_a, kind_b)
            && kind_a != kind_b
        {
            return advice(
                Code::ConditionType,
                format!(
                    "`{}` is {} and `{}` is {}: they cannot be compared",
                    spelled(left),
                    kind_a.what(),
                    spelled(right),
                    kind_b.what()
                ),
                "compare values of one type",
            );
        }
        let kind = kind_a.or(kind_b);
        if ordering
            && (kind_a.is_none() || kind_b.is_none() || matches!(kind, Some(ValueType::YesNo | ValueType::Texts)))
        {
            return advice(
                Code::ConditionType,
                format!("`{}` has no order", spelled(left)),
                "only numbers, dates and texts are smaller or larger",
            );
        }
        if kind == Some(ValueType::Texts) && kind_a.is_some() && kind_b.is_some() {
            return advice(
                Code::ConditionType,
                format!("`{}` is a list", spelled(left)),
                "ask whether something is in it: `\"x\" in list`",
            );
        }
        Ok(Expr::Compare { op, left: a, right: b })
    }

    fn contains(&self, item: &IdedExpr, list: &IdedExpr) -> Result<Expr, Refusal> {
        let mut wanted = self.term(item)?;
        if let Cel::List(literals) = &list.expr {
            let mut terms = literals.elements.iter().map(|node| self.literal(node)).collect::<Result<Vec<_>, _>>()?;
            for term in &mut terms {
                adapt(term, &wanted)?;
                adapt(&mut wanted, term)?;
            }
            if terms.iter().any(|term| term.kind() != wanted.kind()) {
                let message = format!("`{}` is compared with something of another type", spelled(item));
                return advice(Code::ConditionType, message, "list values of its type");
            }
            return Ok(Expr::In { item: wanted, list: List::Literals(terms) });
        }
        match (self.term(list)?, wanted.kind()) {
            (Term::Attribute(attribute), Some(ValueType::Text)) if attribute.kind == ValueType::Texts => {
                Ok(Expr::In { item: wanted, list: List::Attribute(attribute) })
            }
            (Term::Attribute(attribute), _) if attribute.kind == ValueType::Texts => {
                refusal(format!("`{}` is no text", spelled(item)))
            }
            _ => advice(
                Code::ConditionType,
                format!("`{}` is no list", spelled(list)),
                "what is sought stands before `in`, the list after it, as in `\"x\" in resource.NAME` or `resource.NAME in [\"x\", \"y\"]`",
            ),
        }
    }

    fn literal(&self, node: &IdedExpr) -> Result<Term, Refusal> {
        match self.term(node)? {
            Term::Attribute(_) | Term::Null => refusal("a list holds literals"),
            term => Ok(term),
        }
    }

    fn term(&self, node: &IdedExpr) -> Result<Term, Refusal> {
        self.term_of(node).map_err(|refusal| refusal.at(node))
    }

    fn term_of(&self, node: &IdedExpr) -> Result<Term, Refusal> {
        match &node.expr {
            Cel::Literal(literal) => literal_term(literal),
            Cel::Ident(name) if name == "today" => Ok(Term::Today),
            Cel::Select(select) if !select.test => match &select.operand.expr {
                Cel::Ident(part) => self.attribute(part, &select.field).map(Term::Attribute),
                _ => advice(
                    Code::ConditionForm,
                    format!("`{}` looks into a property", spelled(node)),
                    "properties are `subject.NAME`, `action.NAME`, `resource.NAME` and `context.NAME`",
                ),
            },
            Cel::Call(call) if call.func_name == operators::NEGATE => match call.args.as_slice() {
                [inner] => match self.term(inner)? {
                    Term::Number(number) => Ok(Term::Number(-number)),
                    _ => refusal("only a number can be negative"),
                },
                _ => refusal("only a number can be negative"),
            },
            Cel::Ident(name) => advice(
                Code::ConditionName,
                format!("`{name}` means nothing here"),
                "write `subject.NAME`, `action.NAME`, `resource.NAME`, `context.NAME` or `today`; texts stand in quotes",
            ),
            Cel::Call(call) => refusal(words::unusable(&call.func_name)),
            Cel::Select(select) => advice(
                Code::ConditionForm,
                "`has` cannot be used in a condition",
                format!("an absent property is null: write `{}.{} != null`", spelled(&select.operand), select.field),
            ),
            Cel::Comprehension(_) => refusal("functions over lists cannot be used in a condition"),
            _ => refusal(format!("`{}` cannot be compared", spelled(node))),
        }
    }

    fn attribute(&self, part: &str, name: &str) -> Result<Attribute, Refusal> {
        if let Some((source, kind)) = built_in(part, name) {
            return Ok(Attribute { source, kind });
        }
        let source = match part {
            "subject" => Source::Subject(name.to_owned()),
            "action" => Source::Action(name.to_owned()),
            "resource" => Source::Resource(name.to_owned()),
            "context" => Source::Context(name.to_owned()),
            other => {
                return advice(
                    Code::ConditionName,
                    format!("`{other}` is no part of a request"),
                    "the parts are `subject`, `action`, `resource` and `context`",
                );
            }
        };
        match (self.declared)(part, name) {
            Declared::As(kind) => Ok(Attribute { source, kind }),
            Declared::Conflict => advice(
                Code::ConditionType,
                format!("`{part}.{name}` has different types in the topics of this rule"),
                "declare it with one type, or write a rule for each",
            ),
            Declared::Unknown(near) => {
                let where_to = if part == "resource" {
                    "declare it under `properties` of its topic"
                } else {
                    "declare it under `properties` of the application"
                };
                let help = near.map_or_else(|| where_to.to_owned(), |near| format!("did you mean `{part}.{near}`?"));
                advice(Code::ConditionName, format!("no `{part}.{name}` is declared here"), help)
            }
        }
    }
}

/// Properties that every request may carry.
fn built_in(part: &str, name: &str) -> Option<(Source, ValueType)> {
    Some(match (part, name) {
        ("subject", "id") => (Source::SubjectId, ValueType::Text),
        ("resource", "id") => (Source::ResourceId, ValueType::Text),
        ("resource", "student") => (Source::Student, ValueType::Text),
        ("resource", "created_by") => (Source::CreatedBy, ValueType::Text),
        ("resource", "role") => (Source::Role, ValueType::Text),
        ("resource", "date") => (Source::Date, ValueType::Date),
        ("resource", "school") => (Source::School, ValueType::Texts),
        ("resource", "section") => (Source::Section, ValueType::Texts),
        ("resource", "referred_to") => (Source::ReferredTo, ValueType::Texts),
        _ => return None,
    })
}

/// The type of a property that every request may carry, if it is one.
pub(crate) fn built_in_type(name: &str) -> Option<ValueType> {
    built_in("resource", name).map(|(_, kind)| kind)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of a condition are small")]
fn literal_term(literal: &LiteralValue) -> Result<Term, Refusal> {
    match literal {
        LiteralValue::Boolean(value) => Ok(Term::Bool(*value.inner())),
        LiteralValue::Double(value) => Ok(Term::Number(*value.inner())),
        LiteralValue::Int(value) => Ok(Term::Number(*value.inner() as f64)),
        LiteralValue::UInt(value) => Ok(Term::Number(*value.inner() as f64)),
        LiteralValue::String(value) => Ok(Term::Text(value.inner().to_owned())),
        LiteralValue::Null => Ok(Term::Null),
        LiteralValue::Bytes(_) => refusal("bytes cannot be used in a condition"),
    }
}

/// A text beside a date is a date.
fn adapt(term: &mut Term, beside: &Term) -> Result<(), Refusal> {
    if let Term::Text(text) = term
        && beside.kind() == Some(ValueType::Date)
    {
        match Day::parse(text) {
            Some(day) => *term = Term::Date(day),
            None => {
                return advice(
                    Code::BadDate,
                    format!("`{text}` is no day of the calendar"),
                    "write it as \"YYYY-MM-DD\"",
                );
            }
        }
    }
    Ok(())
}

impl Term {
    /// Its type; null has none.
    pub(super) fn kind(&self) -> Option<ValueType> {
        match self {
            Self::Null => None,
            Self::Bool(_) => Some(ValueType::YesNo),
            Self::Number(_) => Some(ValueType::Number),
            Self::Text(_) => Some(ValueType::Text),
            Self::Date(_) | Self::Today => Some(ValueType::Date),
            Self::Attribute(attribute) => Some(attribute.kind),
        }
    }
}

/// A node as an author would spell it, near enough for a message.
fn spelled(node: &IdedExpr) -> String {
    match &node.expr {
        Cel::Ident(name) => name.clone(),
        Cel::Select(select) => format!("{}.{}", spelled(&select.operand), select.field),
        Cel::Literal(literal) => match literal_term(literal) {
            Ok(Term::Text(text)) => format!("\"{text}\""),
            Ok(Term::Number(number)) => number.to_string(),
            Ok(Term::Bool(value)) => value.to_string(),
            Ok(Term::Null) => "null".to_owned(),
            Ok(Term::Date(_) | Term::Today | Term::Attribute(_)) | Err(_) => "…".to_owned(),
        },
        _ => "…".to_owned(),
    }
}
