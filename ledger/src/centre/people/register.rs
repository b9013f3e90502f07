//! `Register`, `AmendRegistration` and `ReissueAccess`.

use schemas::Reference;
use schemas::events::{AccessReissued, RegistrationAccepted, RegistrationAmended};
use schemas::ids::{AccessId, RegistrationId};
use schemas::vocabulary::{Channel, MadeBy};

use super::Registration;
use crate::answer::Decision;
use crate::centre::known::Known;
use crate::centre::{Ask, Centre};
use crate::command::PersonFacts;
use crate::rejection::Rejection;

impl Centre {
    pub(in crate::centre) fn register(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
        reference: &Reference,
        made_by: MadeBy,
        person: &PersonFacts,
    ) -> Result<Decision, Rejection> {
        if let Some(known) = self.registration(id) {
            Known { content: known.content, mark: known.accepted }.same(ask.content)?;
            known.refuse_ended()?;
            return Ok(Decision::Repeat(known.accepted));
        }
        self.refuse_outside(person)?;
        let taken = self.people.by_reference(reference).and_then(|other| self.registration(other));
        if taken.is_some() {
            return Err(Rejection::ReferenceTaken);
        }
        ask.one(RegistrationAccepted {
            registration: id,
            reference: *reference,
            pseudonyms: person.pseudonyms.clone(),
            commitment: person.commitment,
            group: person.group,
            district: person.district,
            age_band: person.age_band,
            made_by,
            content: ask.content,
        })
    }

    /// The web has no word in who is distinct from whom: there the agents' findings stay as they are.
    pub(in crate::centre) fn amend(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
        revision: u32,
        person: &PersonFacts,
        distinct_from: &[RegistrationId],
    ) -> Result<Decision, Rejection> {
        let known = self.person(id)?;
        known.refuse_ended()?;
        let current = known.revision;
        // The content holds the revision, so each amendment has its own.
        if let Some(before) = known.amendments.iter().find(|before| before.content == ask.content) {
            return Ok(Decision::Repeat(before.mark));
        }
        if revision != current {
            return Err(Rejection::StaleRevision { current });
        }
        self.refuse_outside(person)?;
        let distinct_from = if ask.asked.channel == Channel::Web {
            known.distinct_from.to_vec()
        } else {
            distinct_from.to_vec()
        };
        ask.one(RegistrationAmended {
            registration: id,
            revision: current.saturating_add(1),
            pseudonyms: person.pseudonyms.clone(),
            commitment: person.commitment,
            group: person.group,
            district: person.district,
            age_band: person.age_band,
            distinct_from,
            content: ask.content,
        })
    }

    pub(in crate::centre) fn reissue_access(
        &self,
        ask: &Ask<'_>,
        id: RegistrationId,
        access: AccessId,
    ) -> Result<Decision, Rejection> {
        let person = self.person(id)?;
        let before = self.people.accesses.get(&access);
        let before = before.filter(|before| self.registration(before.registration).is_some());
        before.map_or(Ok(()), |before| before.known.same(ask.content))?;
        person.refuse_ended()?;
        if let Some(before) = before {
            return Ok(Decision::Repeat(before.known.mark));
        }
        let generation = person.generation.saturating_add(1);
        ask.one(AccessReissued { registration: id, access, generation, content: ask.content })
    }

    pub(super) fn person(&self, id: RegistrationId) -> Result<&Registration, Rejection> {
        self.registration(id).ok_or(Rejection::NotFound { what: "registration" })
    }

    fn refuse_outside(&self, person: &PersonFacts) -> Result<(), Rejection> {
        let serves = |centre: &schemas::events::CentreDescribed| centre.catchment.contains(&person.district);
        if self.description().is_some_and(serves) { Ok(()) } else { Err(Rejection::OutsideCatchment) }
    }
}
