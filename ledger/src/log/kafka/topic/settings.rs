//! The settings that a topic must have, and what is lost with others.

use std::fmt;

use super::super::client::MAX_BATCH_BYTES;

/// A setting with which the topic could lose data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name, as Kafka has it.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// What can be lost.
    pub loses: String,
    /// What to do.
    pub mend: String,
}

impl Finding {
    /// Whether the brokers said so, and will take away what stands in the topic, sooner or later.
    pub(in crate::log::kafka) fn takes_away(&self) -> bool {
        matches!(&*self.setting, "cleanup.policy" | "retention.ms" | "retention.bytes")
            && self.value != NOT_TOLD
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, loses, mend } = self;
        write!(f, "{setting} is {value}: {loses}. {mend}")
    }
}

/// In place of a value.
const NOT_TOLD: &str = "not told by the brokers";

/// Something that should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A setting with only one good value.
struct Due {
    setting: &'static str,
    value: &'static str,
    else_loses: &'static str,
}

const DUE: &[Due] = &[
    Due {
        setting: "cleanup.policy",
        value: "delete",
        else_loses: "compaction takes records away, and a log with gaps cannot be read",
    },
    Due { setting: "retention.ms", value: "-1", else_loses: "what is older is deleted" },
    Due {
        setting: "retention.bytes",
        value: "-1",
        else_loses: "the oldest records are deleted when a partition is larger",
    },
    Due {
        setting: "unclean.leader.election.enable",
        value: "false",
        else_loses: "a broker that missed the last records may become leader, and these are gone",
    },
    Due {
        setting: "message.timestamp.type",
        value: "LogAppendTime",
        else_loses: "times are those of producers, so that no clock but the owner's witnesses when a record was written",
    },
];

/// The settings of a new topic with so many copies.
pub(super) fn of_new(replication: usize) -> Vec<(&'static str, String)> {
    let mut settings: Vec<_> = DUE.iter().map(|due| (due.setting, due.value.to_owned())).collect();
    settings.push(("min.insync.replicas", due_in_sync(replication).to_string()));
    settings.push(("max.message.bytes", (MAX_BATCH_BYTES + 48_576).to_string()));
    // As our producer sends it, so that brokers need not pack anew. Readers unpack whatever else is set.
    settings.push(("compression.type", "lz4".to_owned()));
    settings
}

/// How many copies must have a record before it is acknowledged.
fn due_in_sync(replication: usize) -> usize {
    replication.clamp(1, 2)
}

/// What the settings of a topic with so many copies could lose.
pub(super) fn findings(
    topic: &str,
    brokers: &str,
    replication: usize,
    setting: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |name: &str, value: String, loses: &str, due: &str| {
        findings.push(Finding {
            setting: name.to_owned(),
            value,
            loses: loses.to_owned(),
            mend: format!(
                "Mend it with: kafka-configs.sh --bootstrap-server {brokers} --alter --entity-type topics \
                 --entity-name {topic} --add-config {name}={due}"
            ),
        });
    };
    let value_of = |name: &str| setting(name).unwrap_or_else(|| NOT_TOLD.to_owned());
    for Due { setting, value, else_loses } in DUE {
        let found = value_of(setting);
        if found != *value {
            find(setting, found, else_loses, value);
        }
    }
    let in_sync = value_of("min.insync.replicas");
    let due = due_in_sync(replication);
    match in_sync.parse::<usize>() {
        Ok(copies) if copies > replication => {
            let what =
                "more than there are copies: brokers refuse every record, or each while one copy is away";
            find("min.insync.replicas", in_sync, what, &due.to_string());
        }
        Ok(copies) if copies >= due => {}
        _ => {
            let what = "a record is acknowledged while only one broker has it, and is lost with it";
            find("min.insync.replicas", in_sync, what, &due.to_string());
        }
    }
    let largest = value_of("max.message.bytes");
    if largest.parse::<u32>().is_ok_and(|bytes| bytes < MAX_BATCH_BYTES) || largest.parse::<u32>().is_err() {
        let what = "batches of records are refused when they are larger";
        find("max.message.bytes", largest, what, &(MAX_BATCH_BYTES + 48_576).to_string());
    }
    findings
}

/// What should be known of a topic with so many copies, although nothing is wrong with it.
pub(super) fn warnings(replication: usize, in_sync: Option<usize>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if replication < 2 {
        warnings.push(Warning(
            "the brokers keep one copy (replication factor 1): when that broker's disk is lost, the ledger is lost. Three \
             brokers, replication factor 3 and min.insync.replicas=2 keep it"
                .to_owned(),
        ));
    } else if in_sync.is_some_and(|copies| copies >= replication) {
        warnings.push(Warning(format!(
            "a record needs all {replication} copies, so that nothing can be written while one broker is away. Replication \
             factor 3 with min.insync.replicas=2 goes on then"
        )));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(replication: usize, changed: Option<(&str, &str)>) -> Vec<String> {
        let mut settings: BTreeMap<_, _> =
            of_new(replication).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Some((name, value)) = changed {
            settings.insert(name.to_owned(), value.to_owned());
        }
        let findings = findings("bookings", "one:9092", replication, |name| settings.get(name).cloned());
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_topic_of_ours_has_no_finding() {
        for replication in 1..=5 {
            assert_eq!(found(replication, None), Vec::<String>::new());
        }
    }

    #[test]
    fn each_setting_that_loses_data_is_named_with_its_mend() {
        for (name, value, due) in [
            ("cleanup.policy", "compact", "delete"),
            ("cleanup.policy", "compact,delete", "delete"),
            ("retention.ms", "604800000", "-1"),
            ("retention.bytes", "1073741824", "-1"),
            ("unclean.leader.election.enable", "true", "false"),
            ("message.timestamp.type", "CreateTime", "LogAppendTime"),
            ("min.insync.replicas", "1", "2"),
            ("min.insync.replicas", "4", "2"),
            ("max.message.bytes", "65536", "1048576"),
        ] {
            let found = found(3, Some((name, value)));
            let [finding] = &*found else { panic!("{name}={value}: {found:?}") };
            assert!(finding.starts_with(&format!("{name} is {value}: ")), "{finding}");
            let mend = format!(
                "--bootstrap-server one:9092 --alter --entity-type topics --entity-name bookings --add-config {name}={due}"
            );
            assert!(finding.ends_with(&mend), "{finding}");
        }
    }

    #[test]
    fn what_the_brokers_do_not_tell_is_not_taken_for_good() {
        let found = findings("bookings", "one:9092", 3, |_| None);
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn few_copies_are_warned_of() {
        assert_eq!(warnings(3, Some(2)), vec![]);
        assert_eq!(warnings(1, Some(1)).len(), 1);
        assert_eq!(warnings(2, Some(2)).len(), 1);
        assert_eq!(warnings(3, Some(3)).len(), 1);
    }
}
