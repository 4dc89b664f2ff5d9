//! What quote characters mean in a delimited file.
//!
//! In a file that does not quote its cells, a sentence that begins with a quote swallows all rows up to the next
//! quote, without any error. So the quotes are surveyed before the rows are read.

/// What a survey of the quotes found: nothing amiss by default, each quoted cell ending at a delimiter or the end of
/// its line (RFC 4180).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quotes {
    /// Lines, from 1, on which a quoted cell goes on after its closing quote, in order.
    pub loose: Vec<u64>,
    /// Line of the quote that opens a cell and is never closed.
    pub unclosed: Option<u64>,
    /// Whether a quoted cell holds both a delimiter and an end of line.
    pub spanning: bool,
}

impl Quotes {
    /// Whether quotes can be nothing but the ends of cells. A cell that holds tabs and ends of lines is more likely
    /// made of rows between two stray quotes.
    pub fn surely_enclose_cells(&self) -> bool {
        self.loose.is_empty() && self.unclosed.is_none() && !self.spanning
    }

    /// Whether a quoted cell goes on after its closing quote on one of the lines.
    pub fn are_loose_within(&self, first: u64, last: u64) -> bool {
        let next = self.loose.partition_point(|&line| line < first);
        self.loose.get(next).is_some_and(|&line| line <= last)
    }
}

/// Surveys the quotes of a delimited file.
pub fn survey(bytes: &[u8], delimiter: u8) -> Quotes {
    enum At {
        CellStart,
        Cell,
        Quoted,
        AfterQuote,
    }
    let (mut at, mut line, mut opened, mut loose) = (At::CellStart, 1u64, 1u64, Vec::new());
    let (mut delimiters, mut ends, mut spanning) = (false, false, false);
    for &byte in bytes {
        let ends_cell = byte == delimiter || byte == b'\n' || byte == b'\r';
        at = match (at, byte) {
            (At::CellStart, b'"') => {
                (opened, delimiters, ends) = (line, false, false);
                At::Quoted
            }
            (At::Quoted, b'"') => At::AfterQuote,
            (At::Quoted, _) => {
                delimiters |= byte == delimiter;
                ends |= byte == b'\n';
                spanning |= delimiters && ends;
                At::Quoted
            }
            // A doubled quote stands for one.
            (At::AfterQuote, b'"') => At::Quoted,
            (At::CellStart | At::Cell, _) if ends_cell => At::CellStart,
            (At::AfterQuote, _) if ends_cell => At::CellStart,
            (At::AfterQuote, _) => {
                loose.push(line);
                At::Cell
            }
            (At::CellStart | At::Cell, _) => At::Cell,
        };
        line += u64::from(byte == b'\n');
    }
    Quotes {
        loose,
        unclosed: matches!(at, At::Quoted).then_some(opened),
        spanning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_told_apart() {
        for (text, loose, unclosed) in [
            ("", vec![], None),
            ("a,b\n", vec![], None),
            ("a,\"b\"\r\n\"c \"\"d\"\"\",e", vec![], None),
            ("a,\"two\nlines\"\n", vec![], None),
            ("a,it is 5\" long\n", vec![], None),
            ("x\n\"No\" she said,a\n\"No\"!,b", vec![2, 3], None),
            ("x\ny\n\"No, she said,a\nb,c\n", vec![], Some(3)),
            ("\"", vec![], Some(1)),
            ("\"\"", vec![], None),
        ] {
            let quotes = survey(text.as_bytes(), b',');
            assert_eq!((quotes.loose, quotes.unclosed), (loose, unclosed), "{text:?}");
        }
    }

    #[test]
    fn quotes_that_surely_enclose_cells() {
        for (text, expected) in [
            ("a,\"two\nlines\"\n", true),
            ("\"a,b\",c\n", true),
            ("\"a\",b\n\"c,d\",e\n", true),
            ("\"Go on,sad\nwait\",sad\n", false),
            ("\"No\" she said,a\n", false),
            ("\"No,a\n", false),
        ] {
            assert_eq!(
                survey(text.as_bytes(), b',').surely_enclose_cells(),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn loose_quotes_are_found_within_lines() {
        let quotes = Quotes {
            loose: vec![2, 2, 7],
            ..Quotes::default()
        };
        let found = [(1, 1), (1, 2), (3, 6), (5, 9), (8, 9)].map(|(a, b)| quotes.are_loose_within(a, b));
        assert_eq!(found, [false, true, false, true, false]);
    }
}
