//! Keys of rows: the table's number, the partition, the centre's number, the thing's own id. All numbers are
//! big-endian, so that the order of the bytes is the order of the things.

use ledger::rejection::Mark;
use schemas::Reference;
use schemas::ids::{CentreNumber, Partition, Pseudonym, RegistrationId, SlotId};
use schemas::vocabulary::Channel;
use smallvec::{SmallVec, smallvec};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal;)*) => {
        /// What kind of thing a row is about. A number is never reused within a view format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table {
            $($(#[$doc])* $name = $number,)*
        }

        impl Table {
            /// The table with this number.
            pub fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name in dumps and errors.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

tables! {
    /// Which views these are: one row.
    Meta = 1 "meta";
    /// How far each partition has been followed.
    Checkpoints = 2 "checkpoints";
    /// Channels by number.
    Channels = 3 "channels";
    /// Centres by partition and number.
    Centres = 4 "centres";
    /// Sets of rules.
    Rules = 5 "rules";
    /// Deliveries.
    Deliveries = 6 "deliveries";
    /// Releases.
    Releases = 7 "releases";
    /// Shrinks.
    Shrinks = 8 "shrinks";
    /// What a slot keeps for life; its counts follow from the fold.
    Slots = 9 "slots";
    /// Registrations.
    Registrations = 10 "registrations";
    /// The registration that a reference stands for.
    References = 11 "references";
    /// Holds and the bookings that they become.
    Holds = 12 "holds";
    /// The registrations that name a pseudonym.
    Persons = 13 "persons";
}

/// No key is longer than 41 bytes, a person's. Maps of drafted rows compare keys all the time, so they stand where they are
/// compared.
const INLINE_BYTES: usize = 48;

/// The key of one row, or what several keys begin with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(SmallVec<[u8; INLINE_BYTES]>);

impl Key {
    /// What every key of a table begins with.
    pub(crate) fn table(table: Table) -> Self {
        Self(smallvec![table as u8])
    }

    /// A thing of the whole ledger.
    pub(crate) fn partition(table: Table, partition: Partition) -> Self {
        Self::table(table).then(&partition.0.to_be_bytes())
    }

    /// A channel.
    pub(crate) fn channel(channel: Channel) -> Self {
        Self::table(Table::Channels).then(&[channel.number()])
    }

    /// A reference.
    pub(crate) fn reference(reference: &Reference) -> Self {
        Self::table(Table::References).then(reference.to_string().as_bytes())
    }

    /// What every row of a pseudonym begins with.
    pub(crate) fn pseudonym(pseudonym: Pseudonym) -> Self {
        Self::table(Table::Persons).then(&pseudonym.0)
    }

    /// So much more.
    pub(crate) fn then(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The first sixteen bytes as a number: of two keys with different beginnings the lesser has the lesser one.
    pub(crate) fn beginning(&self) -> u128 {
        let mut beginning = [0; 16];
        beginning.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        u128::from_be_bytes(beginning)
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// One centre in the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct CentreAt {
    /// Its partition.
    pub partition: Partition,
    /// Its number there.
    pub number: CentreNumber,
}

impl CentreAt {
    /// What every row of this centre begins with in a table.
    pub(crate) fn rows(self, table: Table) -> Key {
        Key::partition(table, self.partition).then(&self.number.0.to_be_bytes())
    }

    /// The row of a thing with a UUID.
    pub(crate) fn row(self, table: Table, id: [u8; 16]) -> Key {
        self.rows(table).then(&id)
    }

    /// The row of a slot.
    pub(crate) fn slot(self, slot: SlotId) -> Key {
        self.rows(Table::Slots).then(&slot.0.to_be_bytes())
    }

    /// The row that a registration of this centre names a pseudonym.
    pub(crate) fn person(self, pseudonym: Pseudonym, registration: RegistrationId) -> Key {
        Key::pseudonym(pseudonym)
            .then(&self.partition.0.to_be_bytes())
            .then(&self.number.0.to_be_bytes())
            .then(&registration.0)
    }
}

/// Where and when the record stands that is being mapped to rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Whom it concerns; the number is 0 in the office.
    pub(crate) centre: CentreAt,
    /// Its seq, head and time.
    pub(crate) mark: Mark,
}
