//! Registrations: accepting, amending, new secrets.

use ledger::command::PersonFacts;
use ledger::{Asked, CentreCommand, Decision, Rejection};
use schemas::Reference;
use schemas::events::{AccessReissued, RegistrationAccepted, RegistrationAmended};
use schemas::ids::{AccessId, ContentHash, District, RegistrationId};
use schemas::vocabulary::{Channel, MadeBy};

use super::lists::{Model, Registration};
use super::{not_found, single};

impl Model {
    pub(super) fn decide_people(
        &self,
        command: &CentreCommand,
        asked: &Asked,
    ) -> Result<Decision, Rejection> {
        let content = command.content();
        match command {
            CentreCommand::Register { registration, reference, made_by, person } => {
                self.register(*registration, reference, *made_by, person, content)
            }
            CentreCommand::AmendRegistration { registration, revision, person, distinct_from } => {
                let told_by_citizens = asked.channel == Channel::Web;
                let kept = self.registration(*registration).map_or(&[] as &[_], Registration::distinct_from);
                let distinct_from = if told_by_citizens { kept } else { distinct_from };
                self.amend(*registration, *revision, person, distinct_from, content)
            }
            CentreCommand::ReissueAccess { registration, access, .. } => {
                self.reissue(*registration, *access, content)
            }
            _ => Err(not_found("command")),
        }
    }

    fn register(
        &self,
        id: RegistrationId,
        reference: &Reference,
        made_by: MadeBy,
        person: &PersonFacts,
        content: ContentHash,
    ) -> Result<Decision, Rejection> {
        if let Some(known) = self.registration(id) {
            if known.accepted.event.content != content {
                return Err(Rejection::ContentDiffers);
            }
            let ended = known.ended().map(|ended| Rejection::RegistrationEnded { ended });
            return ended.map_or(Ok(Decision::Repeat(known.accepted.mark)), Err);
        }
        self.served(person.district)?;
        if self.registrations.iter().any(|other| other.accepted.event.reference == *reference) {
            return Err(Rejection::ReferenceTaken);
        }
        single(RegistrationAccepted {
            registration: id,
            reference: *reference,
            pseudonyms: person.pseudonyms.clone(),
            commitment: person.commitment,
            group: person.group,
            district: person.district,
            age_band: person.age_band,
            made_by,
            content,
        })
    }

    fn amend(
        &self,
        id: RegistrationId,
        revision: u32,
        person: &PersonFacts,
        distinct_from: &[RegistrationId],
        content: ContentHash,
    ) -> Result<Decision, Rejection> {
        let known = self.registration(id).ok_or(not_found("registration"))?;
        if let Some(ended) = known.ended() {
            return Err(Rejection::RegistrationEnded { ended });
        }
        if let Some(before) = known.amended.iter().find(|told| told.event.content == content) {
            return Ok(Decision::Repeat(before.mark));
        }
        if revision != known.revision() {
            return Err(Rejection::StaleRevision { current: known.revision() });
        }
        self.served(person.district)?;
        single(RegistrationAmended {
            registration: id,
            revision: revision + 1,
            pseudonyms: person.pseudonyms.clone(),
            commitment: person.commitment,
            group: person.group,
            district: person.district,
            age_band: person.age_band,
            distinct_from: distinct_from.to_vec(),
            content,
        })
    }

    fn reissue(
        &self,
        id: RegistrationId,
        access: AccessId,
        content: ContentHash,
    ) -> Result<Decision, Rejection> {
        let known = self.registration(id).ok_or(not_found("registration"))?;
        let before = known.reissued.iter().find(|told| told.event.access == access);
        let of_another = |other: &&Registration| {
            other.id() != id && other.reissued.iter().any(|told| told.event.access == access)
        };
        if self.registrations.iter().any(|other| of_another(&other)) {
            return Err(Rejection::ContentDiffers);
        }
        if before.is_some_and(|told| told.event.content != content) {
            return Err(Rejection::ContentDiffers);
        }
        if let Some(ended) = known.ended() {
            return Err(Rejection::RegistrationEnded { ended });
        }
        if let Some(before) = before {
            return Ok(Decision::Repeat(before.mark));
        }
        let generation = known.reissued.last().map_or(0, |told| told.event.generation) + 1;
        single(AccessReissued { registration: id, access, generation, content })
    }

    fn served(&self, district: District) -> Result<(), Rejection> {
        let catchment = self.described.last().map_or(&[] as &[District], |told| &told.event.catchment);
        if catchment.contains(&district) { Ok(()) } else { Err(Rejection::OutsideCatchment) }
    }
}
