//! HTML, so far as a page to keep needs it: everything that is put in is escaped, unless it is HTML already.

use std::fmt::{Display, Write as _};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// A piece of HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// HTML that stands in this program.
    pub(super) fn fixed(html: &'static str) -> Self {
        Self(html.to_owned())
    }

    /// Any text.
    pub(super) fn text(text: impl Display) -> Self {
        let mut escaped = String::new();
        for letter in text.to_string().chars() {
            match letter {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                // No control character is HTML, and none may hide what stands beside it.
                control if control.is_control() && control != '\n' => escaped.push('\u{fffd}'),
                other => escaped.push(other),
            }
        }
        Self(escaped)
    }

    /// An element around something.
    pub(super) fn element(name: &'static str, content: Self) -> Self {
        Self(format!("<{name}>{}</{name}>", content.0))
    }

    /// The same, with a class.
    pub(super) fn classed(name: &'static str, class: &'static str, content: Self) -> Self {
        Self(format!("<{name} class=\"{class}\">{}</{name}>", content.0))
    }

    /// All of these, one after the other.
    pub(super) fn all(pieces: impl IntoIterator<Item = Self>) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0 + "\n").collect())
    }

    /// A table with a head. Cells that are numbers stand to the right.
    pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut out = String::from("<div class=\"wide\"><table><thead><tr>");
        for cell in head {
            _ = write!(out, "<th scope=\"col\">{}</th>", Self::text(cell).0);
        }
        out.push_str("</tr></thead><tbody>\n");
        for row in rows {
            out.push_str("<tr>");
            for cell in row {
                let is_number =
                    !cell.is_empty() && cell.chars().all(|digit| digit.is_ascii_digit() || digit == ' ');
                let class = if is_number { " class=\"number\"" } else { "" };
                _ = write!(out, "<td{class}>{}</td>", Self::text(cell).0);
            }
            out.push_str("</tr>\n");
        }
        Self(out + "</tbody></table></div>")
    }

    /// The whole page.
    pub(super) fn page(title: &str, style: &'static str, body: &Self) -> String {
        let (title, body) = (Self::text(title).0, &body.0);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
        )
    }
}

/// Writes a page, whole or not at all. It holds pseudonymous data and is for its owner's eyes until he gives it on.
pub(super) fn write(file: &Path, page: &str) -> io::Result<()> {
    let mut draft = file.as_os_str().to_owned();
    draft.push(".draft");
    let draft = Path::new(&draft);
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(draft)?;
    out.write_all(page.as_bytes())?;
    out.sync_all()?;
    fs::rename(draft, file)
}
