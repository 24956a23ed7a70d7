//! Sizes that both sides hold to. A relay may allow less (it says so in its welcome), never more.

/// The oldest version of this protocol that this crate speaks.
pub const MIN_VERSION: u32 = 1;

/// The newest version of this protocol that this crate speaks.
pub const MAX_VERSION: u32 = 1;

/// Longest frame, in bytes. The largest legitimate one is a full prekey upload, about 172 KB.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Longest payload of an envelope, in bytes: a long text with headers, seals and padding is a tenth of it.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// Most envelopes in one delivery: enough that the two commits they cost are shared by many, few enough that the relay
/// answers soon.
pub const MAX_ENVELOPES_PER_DELIVERY: usize = 32;

/// Most bytes of payload in one delivery, so that it fits a frame with all that stands around them.
pub const MAX_DELIVERY_BYTES: usize = 192 * 1024;

/// Most one-time prekeys of each kind in one upload: a hundred Kyber prekeys take 164 KB.
pub const MAX_PREKEYS_PER_UPLOAD: usize = 100;

/// Most envelope ids in one acknowledgement.
pub const MAX_ACKNOWLEDGEMENTS: usize = 1024;

/// Shortest payload of an envelope, in bytes: nothing that is sealed is shorter.
pub const MIN_PAYLOAD_BYTES: usize = 256;

/// Longest delivery token, in bytes.
pub const MAX_DELIVERY_TOKEN_BYTES: usize = 64;

/// Longest sender certificate, in bytes; one has some 350.
pub const MAX_CERTIFICATE_BYTES: usize = 1024;

/// Most invites of one mailbox that are open at a time.
pub const MAX_INVITE_TOKENS: usize = 256;

/// Longest relay name, in bytes: a host name has at most 253, a port six more.
pub const MAX_RELAY_NAME_BYTES: usize = 260;
