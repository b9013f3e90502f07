//! Are spellings of one name one, and different names different?

use super::*;
use crate::vault::normalize::normalize;

#[track_caller]
fn check(name: &str, normalized: &str) {
    assert_eq!(normalize(name).as_str(), normalized, "{name:?}");
}

#[test]
fn umlauts_are_spelled_out_however_they_are_encoded() {
    check("Müller", "mueller");
    check("Mu\u{308}ller", "mueller");
    check("MÜLLER", "mueller");
    check("Mueller", "mueller");
    check("Muller", "muller");
    check("Jäger-Öztürk", "jaegeroeztuerk");
    // A mark between the letter and its diaeresis; canonical order puts the one below first.
    check("u\u{323}\u{308}", "ue");
    // A diaeresis on any other letter is a diacritic like others.
    check("Noëlle", "noelle");
    check("aë", "ae");
}

#[test]
fn sharp_s_is_two() {
    check("Groß", "gross");
    check("GROẞ", "gross");
    check("GROSS", "gross");
}

#[test]
fn separators_and_diacritics_are_dropped() {
    check("  van der\u{a0}Berg ", "vanderberg");
    check("O’Neill-D'Arcy, jr.", "oneilldarcyjr");
    check("Dvořák", "dvorak");
    check("İpek", "ipek");
    check("Nguyễn", "nguyen");
    check("ﬁlip Ⅳ", "filipiv");
    check("–'", "");
}

#[test]
fn other_scripts_keep_their_letters() {
    check("Ιωάννης", "ιωαννησ");
    check("ΙΩΆΝΝΗΣ", "ιωαννησ");
    check("Иван", "иван");
    check("王小明", "王小明");
}

#[test]
fn a_normalized_name_stays_as_it_is() {
    for name in ["Müller", "Groß", "İpek", "Ιωάννης", "ﬁlip", "u\u{323}\u{308}", "ŉ", "ǰ", "ΐ"]
    {
        let once = normalize(name);
        assert_eq!(normalize(&once).as_str(), once.as_str(), "{name}");
    }
}

#[test]
fn family_and_given_name_do_not_run_into_one_another() {
    let home = Home::new();
    let vault = home.open();
    stored(&vault, Put { person: person("Anna", "Maria"), ..put(1) });
    let born_on = person("", "x").born_on;
    assert_eq!(vault.find("Annam", "aria", born_on).expect("found"), []);
    assert_eq!(vault.find("Maria", "Anna", born_on).expect("found"), []);
    assert_eq!(vault.find("ANNA", "María", born_on).expect("found"), [(frankfurt(), registration(1))]);
}
