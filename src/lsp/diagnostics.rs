//! Findings as editors draw them.

use gen_lsp_types::{Code, Diagnostic, DiagnosticSeverity, Message};

use super::position::{Encoding, Lines};
use crate::policy::source::{Finding, Severity};

/// Who found it.
const SOURCE: &str = "hallpass";

/// The findings about a file.
pub(super) fn of(findings: &[Finding], text: &str, encoding: Encoding) -> Vec<Diagnostic> {
    let lines = Lines::new(text, encoding);
    findings.iter().map(|finding| one(finding, &lines)).collect()
}

fn one(finding: &Finding, lines: &Lines<'_>) -> Diagnostic {
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::Error,
        Severity::Warning => DiagnosticSeverity::Warning,
    };
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    Diagnostic {
        range: lines.range(&finding.place),
        severity: Some(severity),
        code: finding.code.map(|code| Code::from(code.name().to_owned())),
        code_description: None,
        source: Some(SOURCE.to_owned()),
        message: Message::String(format!("{}{help}", finding.message)),
        tags: None,
        related_information: None,
        data: None,
    }
}
