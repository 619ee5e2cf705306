//! A CSV file whose columns are found by their headers.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::error::{Faults, Refusal, Refused, Result};
use crate::kernel::invalid::Invalid;

/// Ten years of a busy place are a quarter of it.
const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// A column that may be in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) needed: bool,
}

/// A file read, its columns known.
pub(super) struct Sheet {
    bytes: Vec<u8>,
    /// For each field, its column's place and header.
    columns: Vec<Option<(usize, String)>>,
    width: usize,
    pub(super) name: String,
}

impl Sheet {
    /// # Errors
    /// A file that cannot be read, and every column that is missing, there twice or mapped in vain.
    pub(super) fn open(path: &Path, fields: &[Field], map: &[(String, String)]) -> Result<Self> {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let unreadable = |error: std::io::Error| Refusal::NotFound.because(format!("{}: {error}", path.display()));
        let length = fs::metadata(path).map_err(unreadable)?.len();
        if length > FILE_BYTES_MAX {
            return Err(Refusal::TooLarge.because(format!("{name} has more than 512 MB; split it.")).into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(unreadable)?;
        Self::of(name, bytes, fields, map)
    }

    /// A file's bytes, read already.
    pub(super) fn of(name: String, bytes: Vec<u8>, fields: &[Field], map: &[(String, String)]) -> Result<Self> {
        let mut reader = reader(&bytes);
        let header = reader.byte_headers().map_err(|e| wrong_file(&name, &e))?.clone();
        let headers: Vec<String> = header.iter().map(|h| String::from_utf8_lossy(h).into_owned()).collect();
        let columns = columns(&headers, fields, map)?;
        Ok(Self { bytes, columns, width: headers.len(), name })
    }

    /// Hands over row after row. Faults of a row's shape are gathered here, those of its values by `f`.
    pub(super) fn each(&self, faults: &mut Faults, mut f: impl FnMut(&Row<'_>, &mut Faults)) -> Result<u64> {
        let mut reader = reader(&self.bytes);
        let (mut record, mut rows) = (ByteRecord::new(), 0);
        while reader.read_byte_record(&mut record).map_err(|e| wrong_file(&self.name, &e))? {
            let line = record.position().map_or(0, csv::Position::line);
            rows += 1;
            if record.len() != self.width {
                let detail = format!("this row has {} values, the header {}", record.len(), self.width);
                faults.push(format!("line {line}"), Invalid::new("wrong_width", detail));
                continue;
            }
            if std::str::from_utf8(record.as_slice()).is_err() {
                faults.push(format!("line {line}"), Invalid::format("this row is not UTF-8"));
                continue;
            }
            f(&Row { record: &record, columns: &self.columns, line }, faults);
        }
        Ok(rows)
    }
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(bytes)
}

fn wrong_file(name: &str, error: &csv::Error) -> Refused {
    Refusal::Invalid.because(format!("{name}: {error}"))
}

/// `Unit Price`, `unit-price` and `unit_price` are one header.
fn plain(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}

fn columns(headers: &[String], fields: &[Field], map: &[(String, String)]) -> Result<Vec<Option<(usize, String)>>> {
    let mut faults = Faults::new();
    let known = || fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
    for (field, _) in map {
        if !fields.iter().any(|f| f.name == field) {
            let detail = format!("there is no field {field}; there are {}", known());
            faults.push("--map", Invalid::new("unknown_field", detail));
        }
    }
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let mapped = map.iter().find(|(name, _)| name == field.name).map(|(_, header)| header.as_str());
        let wanted = plain(mapped.unwrap_or(field.name));
        let mut places = headers.iter().enumerate().filter(|(_, header)| plain(header) == wanted);
        let found = places.next().map(|(place, header)| (place, header.clone()));
        if places.next().is_some() {
            faults.push("line 1", Invalid::new("duplicate_field", format!("the column {wanted} is there twice")));
        }
        if found.is_none() && (field.needed || mapped.is_some()) {
            let detail = format!(
                "the column {wanted} is missing; the file has {}. Name another with --map {}=column",
                headers.join(", "),
                field.name
            );
            faults.push("line 1", Invalid::new("required", detail));
        }
        columns.push(found);
    }
    faults.finish()?;
    Ok(columns)
}

/// One row of the file.
pub(super) struct Row<'a> {
    record: &'a ByteRecord,
    columns: &'a [Option<(usize, String)>],
    pub(super) line: u64,
}

impl Row<'_> {
    /// The value of a field by its place in the list of fields; empty where the file has none.
    pub(super) fn get(&self, field: usize) -> &str {
        let column = self.columns.get(field).and_then(Option::as_ref);
        let bytes = column.and_then(|(place, _)| self.record.get(*place)).unwrap_or_default();
        // The row was found to be UTF-8, hence each of its values.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Where a fault of that field stands.
    pub(super) fn at(&self, field: usize) -> String {
        match self.columns.get(field).and_then(Option::as_ref) {
            Some((_, header)) => format!("line {}, column {header}", self.line),
            None => format!("line {}", self.line),
        }
    }
}
