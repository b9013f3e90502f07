//! One spelling for a name, so that a person is found however the name was typed.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// The version of the rules below; it is stored with every entry. Raise it when the rules change: the index is then
/// made anew from the entries at the next start.
pub(crate) const NORMALIZATION: u16 = 1;

const DIAERESIS: char = '\u{308}';

/// NFKD, case folded, ä→ae, ö→oe, ü→ue, ß→ss; separators and all other diacritics are dropped.
pub(crate) fn normalize(name: &str) -> Zeroizing<String> {
    let mut folded = Zeroizing::new(String::with_capacity(2 * name.len()));
    let mut umlaut_may_follow = false;
    // Lower case first and decomposition after it: İ becomes i with a dot above, and the dot is dropped with the rest.
    for letter in name.chars().flat_map(char::to_lowercase).nfkd().flat_map(char::to_lowercase) {
        match letter {
            DIAERESIS if umlaut_may_follow => {
                folded.push('e');
                umlaut_may_follow = false;
            }
            // Marks may stand between a letter and its diaeresis.
            mark if is_combining_mark(mark) => {}
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            letter if letter.is_alphanumeric() => {
                folded.push(letter);
                umlaut_may_follow = matches!(letter, 'a' | 'o' | 'u');
                continue;
            }
            _separator => {}
        }
        umlaut_may_follow &= is_combining_mark(letter);
    }
    folded
}
