//! What both endpoints have in common: how frames begin, are answered, refused and ended.
//!
//! ```text
//! request_id  0: Hello, Welcome, Refused (the connection), Closing, Push        other: a request, or its answer
//! ```
//! An endpoint says what can be asked on it, what is answered and what is pushed; it reads and writes those bodies.

use crate::error::{DecodeError, required};
use crate::handshake::{Closing, Hello, Welcome};
use crate::id::RequestId;
use crate::proto;
use crate::refusal::Refusal;

/// A frame from a client; `R` is what can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame<R> {
    /// The first frame.
    Hello(Hello),
    /// Every other one.
    Request {
        /// Repeated in the answer.
        id: RequestId,
        /// What is asked.
        request: R,
    },
}

/// A frame from the relay; `C` is what the welcome challenges to, `A` what can be answered, `P` what is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayFrame<C, A, P> {
    /// The answer to the hello.
    Welcome {
        /// Version and limits.
        welcome: Welcome,
        /// What to sign, where somebody is to authenticate.
        challenge: C,
    },
    /// The answer to a request.
    Answer {
        /// That of the request.
        id: RequestId,
        /// What was asked for, or why not.
        outcome: Result<A, Refusal>,
    },
    /// What nobody asked for.
    Push(P),
    /// A refusal that concerns the connection; the relay hangs up.
    Refused(Refusal),
    /// The relay hangs up.
    Closing(Closing),
}

/// The body of a client's frame as the schema has it.
pub(crate) enum ClientBody<R> {
    Hello(proto::Hello),
    Request(R),
}

impl<R> ClientFrame<R> {
    /// The request id, and what the endpoint writes.
    pub(crate) fn take_apart(&self) -> (u32, ClientBody<&R>) {
        match self {
            Self::Hello(hello) => (0, ClientBody::Hello(hello.to_wire())),
            Self::Request { id, request } => (id.to_wire(), ClientBody::Request(request)),
        }
    }

    /// The frame of what the endpoint read.
    pub(crate) fn put_together(request_id: u32, body: ClientBody<R>) -> Result<Self, DecodeError> {
        match body {
            ClientBody::Hello(hello) => Hello::from_wire(hello).map(Self::Hello),
            ClientBody::Request(request) => {
                let id = required(RequestId::from_wire(request_id), "request_id")?;
                Ok(Self::Request { id, request })
            }
        }
    }
}

/// The body of a relay's frame as the schema has it.
pub(crate) enum RelayBody<C, A, P> {
    Welcome(Welcome, C),
    Refused(proto::Refused),
    Closing(proto::Closing),
    Answer(A),
    Push(P),
}

impl<C, A, P> RelayFrame<C, A, P> {
    /// The request id, and what the endpoint writes.
    pub(crate) fn take_apart(&self) -> (u32, RelayBody<&C, &A, &P>) {
        match self {
            Self::Welcome { welcome, challenge } => (0, RelayBody::Welcome(*welcome, challenge)),
            Self::Answer {
                id,
                outcome: Ok(answer),
            } => (id.to_wire(), RelayBody::Answer(answer)),
            Self::Answer {
                id,
                outcome: Err(refusal),
            } => (id.to_wire(), RelayBody::Refused(refusal.to_wire())),
            Self::Push(push) => (0, RelayBody::Push(push)),
            Self::Refused(refusal) => (0, RelayBody::Refused(refusal.to_wire())),
            Self::Closing(closing) => (0, RelayBody::Closing(closing.to_wire())),
        }
    }

    /// The frame of what the endpoint read.
    pub(crate) fn put_together(request_id: u32, body: RelayBody<C, A, P>) -> Result<Self, DecodeError> {
        let id = RequestId::from_wire(request_id);
        Ok(match body {
            RelayBody::Welcome(welcome, challenge) => Self::Welcome { welcome, challenge },
            RelayBody::Refused(refused) => {
                let refusal = Refusal::from_wire(refused);
                match id {
                    Some(id) => Self::Answer {
                        id,
                        outcome: Err(refusal),
                    },
                    None => Self::Refused(refusal),
                }
            }
            RelayBody::Closing(closing) => Self::Closing(Closing::from_wire(closing)),
            RelayBody::Answer(answer) => Self::Answer {
                id: required(id, "request_id")?,
                outcome: Ok(answer),
            },
            RelayBody::Push(push) => Self::Push(push),
        })
    }
}
