//! Asking the brokers to do something with the topic, and waiting for it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use super::super::client::{self, Ear, Role};
use super::super::settings::KafkaSettings;
use super::{TopicError, settings};
use crate::log::LogError;

pub(super) struct Admin {
    client: AdminClient<Ear>,
    settings: KafkaSettings,
    timeout: Duration,
}

impl Admin {
    pub(super) fn new(settings: &KafkaSettings, timeout: Duration) -> Result<Self, LogError> {
        let client = client::config(settings, Role::Admin)?.create_with_context(Ear::new(Role::Admin));
        let client = client.map_err(|error| client::cannot_make(Role::Admin, &error))?;
        Ok(Self { client, settings: settings.clone(), timeout })
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.timeout)).operation_timeout(Some(self.timeout))
    }

    /// Makes the topic, with the settings that it must have.
    pub(super) fn create(&self, partitions: u32, replication: i32) -> Result<(), TopicError> {
        let topic = &self.settings.topic;
        let values = settings::of_new(usize::try_from(replication).unwrap_or(0));
        let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
        let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replication));
        for (name, value) in &values {
            new = new.set(name, value);
        }
        let made = wait_for(self.client.create_topics([&new], &self.options()));
        let made = made.map_err(|error| client::failed(&error))?.into_iter().next();
        match made {
            Some(Ok(_)) => Ok(()),
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Err(TopicError::Exists(topic.clone())),
            Some(Err((_, code))) => Err(TopicError::Refused(format!("topic {topic} cannot be made: {code}"))),
            None => Err(TopicError::Refused("they say nothing about it".to_owned())),
        }
    }

    /// All settings of the topic, as they are in force.
    pub(super) fn settings(&self) -> Result<Vec<(String, Option<String>)>, TopicError> {
        let topic = &self.settings.topic;
        let asked = [ResourceSpecifier::Topic(topic)];
        let told = wait_for(self.client.describe_configs(&asked, &self.options()));
        let told = told.map_err(|error| client::failed(&error))?.into_iter().next();
        match told {
            Some(Ok(told)) => Ok(told.entries.into_iter().map(|entry| (entry.name, entry.value)).collect()),
            Some(Err(code)) => Err(TopicError::Refused(format!(
                "the settings of topic {topic} cannot be read ({code}); this user must be allowed to describe its configuration"
            ))),
            None => Err(TopicError::Refused("they say nothing about it".to_owned())),
        }
    }
}

/// Waits on this thread, which may be one of a runtime's.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
