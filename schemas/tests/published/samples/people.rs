use schemas::Reference;
use schemas::events::*;
use schemas::ids::{Commitment, Group, Pseudonym};
use schemas::vocabulary::{AgeBand, MadeBy, WithdrawReason};

use super::{Sample, content, counting, parse, uuid};

pub(super) fn all() -> Vec<Sample> {
    vec![
        Sample::new("", "two pseudonyms live under one index", registration_accepted()),
        Sample::new("", "an agent found a namesake to be somebody else", registration_amended()),
        Sample::new("", "at the person's wish", registration_withdrawn()),
        Sample::new("", "the first secret of a registration made on the phone", access_reissued()),
        Sample::new(
            "",
            "a person is to be forgotten",
            ErasureOrdered { registration: uuid(0x0b8f_0001), content: content(0x14) },
        ),
        Sample::new("", "and was", ErasureDone { registration: uuid(0x0b8f_0001) }),
    ]
}

fn registration_accepted() -> RegistrationAccepted {
    RegistrationAccepted {
        registration: uuid(0x0b8f_0001),
        reference: Reference::new(parse("FRA"), 0x3a_6894_a6ee),
        pseudonyms: vec![Pseudonym(counting(0x20)), Pseudonym(counting(0x40))],
        commitment: Commitment(counting(0x80)),
        group: Group(1),
        district: parse("06412"),
        age_band: AgeBand::of_years(83),
        made_by: MadeBy::Proxy,
        content: content(0x08),
    }
}

fn registration_amended() -> RegistrationAmended {
    RegistrationAmended {
        registration: uuid(0x0b8f_0001),
        revision: 2,
        pseudonyms: vec![Pseudonym(counting(0x20))],
        commitment: Commitment(counting(0x81)),
        group: Group(1),
        district: parse("06412"),
        age_band: AgeBand::of_years(97),
        distinct_from: vec![uuid(0x0b8f_0002)],
        content: content(0x09),
    }
}

fn registration_withdrawn() -> RegistrationWithdrawn {
    RegistrationWithdrawn {
        registration: uuid(0x0b8f_0001),
        reason: WithdrawReason::Person,
        content: content(0x10),
    }
}

fn access_reissued() -> AccessReissued {
    AccessReissued {
        registration: uuid(0x0b8f_0001),
        access: uuid(0xacce_5500),
        generation: 1,
        content: content(0x13),
    }
}
