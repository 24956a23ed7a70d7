//! A server under load: connections that deliver, and connections that receive.

mod certificate;
pub(crate) mod mosquitto;
pub(crate) mod mqtt;
pub(crate) mod relay;
mod started;

use std::future::Future;

use crate::error::LineError;
use crate::process::Process;
use crate::stamp::Stamp;

/// A server under load.
pub(crate) trait Server: Sync {
    /// Somebody's own connection.
    type Inbox: Inbox;
    /// A connection on which messages are sent to one person.
    type Outbox: Outbox;
    /// Somebody who has a mailbox there.
    type Person: Clone + Send + Sync + 'static;

    fn name(&self) -> &'static str;

    /// The process, if it can be measured.
    fn process(&self) -> Option<Process>;

    /// Somebody new; they have no mailbox yet.
    fn person(&self) -> Self::Person;

    /// Connects somebody; the first time this makes their mailbox.
    fn connect(
        &self,
        person: &Self::Person,
    ) -> impl Future<Output = Result<Self::Inbox, LineError>> + Send + 'static;

    /// Connects somebody who writes to a person, messages of so many bytes.
    fn write_to(
        &self,
        person: &Self::Person,
        bytes: usize,
    ) -> impl Future<Output = Result<Self::Outbox, LineError>> + Send + 'static;
}

/// A connection that receives.
pub(crate) trait Inbox: Send + 'static {
    /// Waits for messages, takes all that are there and acknowledges them.
    fn receive(&mut self, stamps: &mut Vec<Stamp>) -> impl Future<Output = Result<(), LineError>> + Send;

    /// Waits until the server has answered every acknowledgement, if it does.
    fn settle(&mut self) -> impl Future<Output = Result<(), LineError>> + Send;

    /// Leaves in good order.
    fn leave(self) -> impl Future<Output = ()> + Send;
}

/// A connection that delivers.
pub(crate) trait Outbox: Send + 'static {
    /// Puts a message on its way; it may still lie here until [`flush`](Self::flush).
    fn post(&mut self, stamp: Stamp) -> impl Future<Output = Result<(), LineError>> + Send;

    fn flush(&mut self) -> impl Future<Output = Result<(), LineError>> + Send;

    /// Waits until messages are accepted; how many since it was asked last. Nothing is lost when the call is given up.
    fn accepted(&mut self) -> impl Future<Output = Result<usize, LineError>> + Send;
}
