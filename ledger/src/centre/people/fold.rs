//! Events about registrations, folded.

use std::sync::Arc;

use schemas::CivilDate;
use schemas::events::{
    AccessReissued, ErasureDone, ErasureOrdered, RegistrationAccepted, RegistrationAmended,
    RegistrationWithdrawn,
};
use schemas::ids::{HoldId, Pseudonym, RegistrationId};

use super::{Access, Erasure, People, Registration, Withdrawal};
use crate::centre::breach::{Breach, Moved};
use crate::centre::known::Known;
use crate::centre::{Centre, memory::Thing};
use crate::rejection::Mark;

/// Civil days that a registration remembers its holds of: today, and what a change of time zone may bring back.
const DAYS_KEPT: usize = 3;

impl People {
    fn edit(&mut self, id: RegistrationId) -> Result<&mut Registration, Breach> {
        self.by_id.get_mut(id).map(Arc::make_mut).ok_or_else(|| Breach::unknown("registration", id))
    }

    /// From now on it is found by these.
    pub(super) fn find(&mut self, id: RegistrationId, pseudonyms: &[Pseudonym]) {
        for &pseudonym in pseudonyms {
            let found = self.pseudonyms.get_or_begin(pseudonym);
            if let Err(at) = found.binary_search(&id) {
                found.insert(at, id);
            }
        }
    }

    fn unfind(&mut self, id: RegistrationId, pseudonyms: &[Pseudonym]) {
        for &pseudonym in pseudonyms {
            let Some(found) = self.pseudonyms.get_mut(pseudonym) else { continue };
            found.retain(|other| *other != id);
            if found.is_empty() {
                self.pseudonyms.remove(pseudonym);
            }
        }
    }

    /// The registration has this hold from now on.
    pub(in crate::centre) fn holds(&mut self, id: RegistrationId, hold: HoldId, on: CivilDate) -> Moved {
        let person = self.edit(id)?;
        match person.held.iter_mut().find(|(day, _)| *day == on) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => {
                person.held.push((on, 1));
                if person.held.len() > DAYS_KEPT {
                    person.held.remove(0);
                }
            }
        }
        match person.current.replace(hold) {
            None => Ok(()),
            Some(_) => Err(Breach::Person { registration: id }),
        }
    }

    /// The registration no longer has this hold or booking.
    pub(in crate::centre) fn lets_go(&mut self, id: RegistrationId, hold: HoldId) -> Moved {
        let person = self.edit(id)?;
        match person.current.take_if(|current| *current == hold) {
            Some(_) => Ok(()),
            None => Err(Breach::Person { registration: id }),
        }
    }

    pub(in crate::centre) fn forget(&mut self, id: RegistrationId) {
        let Some(person) = self.by_id.remove(id) else { return };
        if self.references.get(person.reference) == Some(&id) {
            self.references.remove(person.reference);
        }
        for access in &person.accesses {
            self.accesses.remove(access);
        }
    }

    pub(in crate::centre) fn forget_erasure(&mut self, id: RegistrationId) {
        self.erasures.remove(&id);
    }
}

impl Centre {
    pub(in crate::centre) fn fold_accepted(&mut self, event: &RegistrationAccepted, mark: &Mark) -> Moved {
        let id = event.registration;
        if self.people.get(id).is_some() {
            if self.registration(id).is_some() {
                return Err(Breach::twice("registration", id));
            }
            self.forget(Thing::Registration(id));
        }
        let people = &mut self.people;
        people.find(id, &event.pseudonyms);
        people.references.insert(event.reference, id);
        let person = Registration {
            id,
            reference: event.reference,
            pseudonyms: event.pseudonyms.as_slice().into(),
            group: event.group,
            district: event.district,
            age_band: event.age_band,
            made_by: event.made_by,
            revision: 1,
            distinct_from: Box::default(),
            content: event.content,
            accepted: *mark,
            amendments: Vec::new(),
            generation: 0,
            current: None,
            ended: None,
            held: Vec::new(),
            accesses: Vec::new(),
        };
        people.by_id.insert(id, Arc::new(person));
        Ok(())
    }

    pub(in crate::centre) fn fold_amended(&mut self, event: &RegistrationAmended, mark: &Mark) -> Moved {
        let id = event.registration;
        let person = self.people.edit(id)?;
        let before = std::mem::replace(&mut person.pseudonyms, event.pseudonyms.as_slice().into());
        person.revision = event.revision;
        person.group = event.group;
        person.district = event.district;
        person.age_band = event.age_band;
        person.distinct_from = event.distinct_from.as_slice().into();
        person.amendments.push(Known { content: event.content, mark: *mark });
        let live = person.ended.is_none();
        self.people.unfind(id, &before);
        if live {
            self.people.find(id, &event.pseudonyms);
        }
        Ok(())
    }

    pub(in crate::centre) fn fold_withdrawn(&mut self, event: &RegistrationWithdrawn, mark: &Mark) -> Moved {
        let id = event.registration;
        let person = self.people.edit(id)?;
        if person.ended.is_some() {
            return Err(Breach::twice("the end of registration", id));
        }
        let end = Withdrawal { mark: *mark, reason: event.reason, content: event.content };
        person.ended = Some(Box::new(end));
        let pseudonyms = person.pseudonyms.clone();
        self.people.unfind(id, &pseudonyms);
        self.memory.note(mark.time, Thing::Registration(id));
        Ok(())
    }

    pub(in crate::centre) fn fold_access(&mut self, event: &AccessReissued, mark: &Mark) -> Moved {
        let id = event.registration;
        let person = self.people.edit(id)?;
        person.generation = event.generation;
        person.accesses.push(event.access);
        let known = Known { content: event.content, mark: *mark };
        self.people.accesses.insert(event.access, Access { registration: id, known });
        Ok(())
    }

    pub(in crate::centre) fn fold_erasure_ordered(&mut self, event: &ErasureOrdered, mark: &Mark) -> Moved {
        let id = event.registration;
        if self.erasure(id).is_some() {
            return Err(Breach::twice("the erasure of registration", id));
        }
        self.forget(Thing::Erasure(id));
        self.people.erasures.insert(id, Erasure { ordered: *mark, done: None });
        Ok(())
    }

    pub(in crate::centre) fn fold_erasure_done(&mut self, event: &ErasureDone, mark: &Mark) -> Moved {
        let id = event.registration;
        let erasure = self.people.erasures.get_mut(&id);
        let erasure = erasure.ok_or_else(|| Breach::unknown("the erasure of registration", id))?;
        if erasure.done.is_some() {
            return Err(Breach::twice("the end of an erasure of registration", id));
        }
        erasure.done = Some(*mark);
        self.memory.note(mark.time, Thing::Erasure(id));
        Ok(())
    }
}
