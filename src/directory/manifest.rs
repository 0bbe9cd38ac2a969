//! manifest.csv: which version of OneRoster the set claims to be, and whether it is whole.

use super::files::Files;
use super::table::Table;

/// Reads manifest.csv, where it is present. It changes nothing; what looks wrong in it is reported.
pub(super) fn check(files: &Files<'_>) {
    let Some(mut table) = files.find("manifest.csv").and_then(|file| Table::bare(files, file)) else { return };
    let (name, value) = (table.required("propertyName"), table.required("value"));
    while table.advance() {
        let text = table.cell(value);
        match table.cell(name) {
            "oneroster.version" if !text.starts_with("1.1") && !text.starts_with("1.2") => {
                table.warn(value, format_args!("version `{text}` is read as 1.2: known are 1.1 and 1.2"));
            }
            file if file.starts_with("file.") && text == "delta" => {
                let so = "so whoever it leaves out counts as gone";
                table.warn(value, format_args!("`{file}` is a delta but read as a whole set, {so}"));
            }
            _ => {}
        }
    }
}
