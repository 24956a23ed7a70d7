//! The invite link (`docs/adr/0011-the-invite-link.md`).
//!
//! ```text
//! sotto:invite/1#<base64url(invite || first 4 bytes of SHA-256(invite))>     invite: proto/invite.proto
//! ```
//! Everything stands behind the `#`, where a web server that is shown the link by mistake does not see it. The four
//! bytes tell a link that lost its end in a mail from one whose key is another's.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::Message as _;
use ring::digest::{SHA256, digest};
use sotto_wire::AccountId;

use crate::clock::Timestamp;
use crate::invite_secret::InviteSecret;
use crate::model::{Address, DisplayName, IdentityFingerprint};
use crate::proto::invite as proto;

/// The longest text worth looking at: the longest name and relay there are make some 900 characters.
const MAX_LINK_CHARS: usize = 2048;

const SCHEME: &str = "sotto:";
const VERSION: &str = "1";
const CHECKSUM_LENGTH: usize = 4;

/// Links are copied by hand and by programs that think they know base64: padding is neither needed nor minded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What an invite link says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct InviteLink {
    /// Where the inviter is reached.
    pub(crate) inviter: Address,
    /// The inviter's identity key.
    pub(crate) identity: IdentityFingerprint,
    /// What the inviter will recognise the invite by.
    pub(crate) secret: InviteSecret,
    /// What the inviter calls themself.
    pub(crate) name: DisplayName,
    /// When it stops to be good.
    pub(crate) expires_at: Timestamp,
}

/// Why a text is not an invite link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// It is incomplete, damaged or no invite.
    #[error("not a whole invite link")]
    Malformed,
    /// A newer version made it.
    #[error("an invite of a newer version")]
    TooNew,
}

impl InviteLink {
    /// The link as text.
    pub(crate) fn to_text(&self) -> String {
        let invite = proto::Invite {
            account: self.inviter.account.as_bytes().to_vec(),
            relay: self.inviter.relay.to_string(),
            identity_digest: self.identity.as_bytes().to_vec(),
            secret: self.secret.expose_bytes().to_vec(),
            inviter_name: self.name.as_str().to_owned(),
            expires_at_ms: self.expires_at.millis().try_into().unwrap_or(0),
        };
        Self::text_of(invite.encode_to_vec())
    }

    /// The text form of the bytes of an invite.
    pub(crate) fn text_of(mut invite: Vec<u8>) -> String {
        let checksum = checksum(&invite);
        invite.extend_from_slice(&checksum);
        format!("{SCHEME}invite/{VERSION}#{}", BASE64.encode(invite))
    }

    /// Reads a link, as copied: with white space around it, with `sotto://`, in angle brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '<' || c == '>');
        if text.len() > MAX_LINK_CHARS {
            return Err(LinkError::Malformed);
        }
        let (scheme, rest) = text.split_at_checked(SCHEME.len()).ok_or(LinkError::Malformed)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(LinkError::Malformed);
        }
        let (path, data) = rest.split_once('#').ok_or(LinkError::Malformed)?;
        let version = path
            .trim_start_matches('/')
            .trim_end_matches('/')
            .strip_prefix("invite/")
            .ok_or(LinkError::Malformed)?;
        match version.parse::<u32>() {
            Ok(1) => {}
            Ok(2..) => return Err(LinkError::TooNew),
            Ok(0) | Err(_) => return Err(LinkError::Malformed),
        }
        let bytes = BASE64.decode(data).map_err(|_| LinkError::Malformed)?;
        let (invite, found) = bytes
            .split_last_chunk::<CHECKSUM_LENGTH>()
            .ok_or(LinkError::Malformed)?;
        if *found != checksum(invite) {
            return Err(LinkError::Malformed);
        }
        Self::read(invite).ok_or(LinkError::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let invite = proto::Invite::decode(bytes).ok()?;
        let identity: [u8; 32] = invite.identity_digest.try_into().ok()?;
        Some(Self {
            inviter: Address {
                account: AccountId::from_slice(&invite.account).ok()?,
                relay: invite.relay.parse().ok()?,
            },
            identity: identity.into(),
            secret: InviteSecret::from_bytes(invite.secret.try_into().ok()?),
            name: DisplayName::from_peer(&invite.inviter_name)?,
            expires_at: Timestamp::from_millis(invite.expires_at_ms.try_into().ok()?),
        })
    }
}

impl fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteLink(..)")
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let digest = digest(&SHA256, bytes);
    // Proof: SHA-256 is 32 bytes long.
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::string_slice)] // links are ASCII
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links() -> impl Strategy<Value = InviteLink> {
        let relay = prop_oneof![
            "127[.]0[.]0[.]1:[1-9][0-9]{3}",
            "[a-z]{1,60}[.]example(:[1-9][0-9]{3})?"
        ];
        (
            relay,
            any::<[u8; 32]>(),
            any::<[u8; 16]>(),
            "[A-Za-z äöü]{0,20}[a-z]",
            0..i64::MAX,
        )
            .prop_map(|(relay, identity, secret, name, expires_at)| InviteLink {
                inviter: Address {
                    account: AccountId::random(),
                    relay: relay.parse().unwrap(),
                },
                identity: identity.into(),
                secret: InviteSecret::from_bytes(secret),
                name: DisplayName::parse(&name).unwrap(),
                expires_at: Timestamp::from_millis(expires_at),
            })
    }

    proptest! {
        #[test]
        fn bob_reads_the_invite_that_alice_made(link in links()) {
            let text = link.to_text();
            prop_assert!(InviteLink::parse(&text).unwrap() == link);
            let copied = text.replacen("sotto:", " <SOTTO://", 1) + ">\n";
            prop_assert!(InviteLink::parse(&copied).unwrap() == link);
        }

        #[test]
        fn an_invite_that_lost_its_end_or_a_letter_is_no_invite(link in links(), at: prop::sample::Index) {
            let text = link.to_text();
            let at = at.index(text.len());
            prop_assert!(InviteLink::parse(&text[..at]).is_err());
            let missing = format!("{}{}", &text[..at], &text[at + 1..]);
            prop_assert!(InviteLink::parse(&missing).is_err());
        }

        #[test]
        fn whatever_is_pasted_as_an_invite_is_read_or_refused(text in any::<String>(), data in "[A-Za-z0-9_=-]{0,300}") {
            let _ = InviteLink::parse(&text);
            let _ = InviteLink::parse(&format!("sotto:invite/1#{data}"));
        }
    }

    #[test]
    fn an_invite_of_a_newer_version_says_so() {
        assert_eq!(
            InviteLink::parse("sotto:invite/2#AAAA").err(),
            Some(LinkError::TooNew)
        );
        for text in [
            "",
            "sotto:",
            "sotto:invite/1",
            "sotto:invite/0#AAAA",
            "https://x/invite/1#AAAA",
            "söttö:invite/1#",
        ] {
            assert_eq!(
                InviteLink::parse(text).err(),
                Some(LinkError::Malformed),
                "{text}"
            );
        }
    }
}
