//! The protobuf fields of the wire messages. Presence is explicit, and fields are written in ascending order.

/// `SignalMessage`, between its version byte and its MAC.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SignalFields {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(super) ratchet_key: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "2")]
    pub(super) counter: Option<u32>,
    #[prost(uint32, optional, tag = "3")]
    pub(super) previous_counter: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) ciphertext: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(super) post_quantum: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(super) addresses: Option<Vec<u8>>,
}

/// `PreKeySignalMessage`, after its version byte.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct PreKeySignalFields {
    #[prost(uint32, optional, tag = "1")]
    pub(super) one_time_id: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(super) base_key: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(super) identity_key: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) message: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "5")]
    pub(super) registration_id: Option<u32>,
    #[prost(uint32, optional, tag = "6")]
    pub(super) signed_id: Option<u32>,
    #[prost(uint32, optional, tag = "7")]
    pub(super) kyber_id: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(super) kyber_ciphertext: Option<Vec<u8>>,
}
