//! What kinds of findings there are: each has a code, a word that `docs/diagnostics.md` explains. Whatever has the same code
//! is put right in the same way; what is wrong in a certain place stands in the message.

use super::source::{Finding, Place, Severity};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident = $name:literal, $severity:ident;)+) => {
        /// The kind of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $code,)+
        }

        impl Code {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The word, as findings show it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)+
                }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$code => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// A file, a text, a condition or all includes together are over a limit.
    TooLarge = "too-large", Error;
    /// The file is not UTF-8 text.
    NotUtf8 = "not-utf8", Error;
    /// A character that nobody sees, or takes for another.
    HiddenCharacter = "hidden-character", Error;
    /// The file is no YAML, or uses something of YAML that policies do without.
    NotYaml = "not-yaml", Error;
    /// The file has nothing in it.
    EmptyFile = "empty-file", Error;
    /// The file does not say what it is, or says something unknown.
    FileKind = "file-kind", Error;
    /// A key that this place does not have.
    UnknownKey = "unknown-key", Error;
    /// A key that must be there is not.
    MissingKey = "missing-key", Error;
    /// A value of another kind than the key takes.
    WrongType = "wrong-type", Error;
    /// A value that is none of those that the key takes.
    UnknownValue = "unknown-value", Error;
    /// Something is given, listed or described twice.
    GivenTwice = "given-twice", Error;
    /// A list has nothing in it.
    EmptyList = "empty-list", Error;
    /// A name has characters that names don't have.
    BadName = "bad-name", Error;
    /// A date is no day of the calendar.
    BadDate = "bad-date", Error;
    /// Nothing has this name.
    UnknownName = "unknown-name", Error;
    /// A topic does not have this action.
    UnknownAction = "unknown-action", Error;
    /// Something else has this name.
    NameTaken = "name-taken", Error;
    /// A set or a role is made of itself.
    Circle = "circle", Error;
    /// `except` takes away nothing, or everything.
    NeedlessExcept = "needless-except", Error;
    /// A grant gives nothing, or is of two kinds at once.
    GrantForm = "grant-form", Error;
    /// A grant does not say how far it reaches.
    NoReach = "no-reach", Error;
    /// A clause has no number, or a grant names one that is not there.
    BadClause = "bad-clause", Error;
    /// `roles` or `people` limits a grant that it says nothing about.
    MisplacedLimit = "misplaced-limit", Error;
    /// A condition cannot be read.
    ConditionSyntax = "condition-syntax", Error;
    /// A condition uses something that conditions don't have.
    ConditionForm = "condition-form", Error;
    /// A condition names a property that is not declared.
    ConditionName = "condition-name", Error;
    /// A condition compares what cannot be compared.
    ConditionType = "condition-type", Error;
    /// A route, a host or a property of one cannot be read.
    BadRoute = "bad-route", Error;
    /// The subject of a file of routes cannot be read.
    BadSubject = "bad-subject", Error;
    /// Earlier routes take all requests of this one.
    NeverReached = "never-reached", Error;
    /// Routes of two files take the same requests.
    Contested = "contested-route", Error;
    /// The set lacks a whole kind of file.
    IncompleteSet = "incomplete-set", Error;
    /// A test of the set is not answered as it says, where a server requires that it is.
    FailingTest = "failing-test", Error;
    /// Other grants of the role allow all that this one does.
    CoveredGrant = "covered-grant", Warning;
    /// The role grants nothing.
    NoGrants = "no-grants", Warning;
    /// The role has effect nowhere.
    HeldNowhere = "held-nowhere", Warning;
    /// No role allows the action.
    NeverGranted = "never-granted", Warning;
    /// A role has an action that is nobody's.
    GrantedAfterAll = "granted-after-all", Warning;
    /// A deny rule that takes nothing away from anybody.
    IdleDeny = "idle-deny", Warning;
    /// A condition that is always met, or never.
    ConstantCondition = "constant-condition", Warning;
    /// A name that is easily taken for another, or a word of two alphabets.
    LookAlike = "look-alike", Warning;
    /// A role may do all that one of a higher security level may.
    UnderstatedLevel = "understated-level", Warning;
    /// A role assignment that never counts.
    IdleAssignment = "idle-assignment", Warning;
    /// Somebody holds roles that an application wants kept apart.
    TooClose = "too-close", Warning;
}

impl Code {
    /// A finding of this kind at a place.
    #[must_use]
    pub fn at(self, place: Place, message: impl Into<String>) -> Finding {
        Finding { severity: self.severity(), code: Some(self), place, message: message.into(), help: None }
    }

    /// The kind with a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}
