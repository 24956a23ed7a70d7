//! The recovery code as people have it: eight groups of five, on paper.
//!
//! ```text
//! 7K2QM  0XV4T  P9DHB  …      four symbols of five random bits, and a check
//! ```
//!
//! The symbols are Crockford's base 32: digits and letters without I, L, O and U. What is typed may be in small letters, with
//! any spaces and dashes, and with the letters that the alphabet leaves out for those they look like. The check is a sum over
//! GF(2⁵) in which each place of the code has a weight of its own: one wrong symbol, two that changed places, and groups that
//! did, are always found, and in the group where they are.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::secrets::{NoRandomness, fill_random};

/// Groups of a code.
pub const RECOVERY_CODE_GROUPS: usize = 8;

/// Symbols of a group that are the code; one more is the check.
const DATA: usize = 4;
const WRITTEN: usize = DATA + 1;

/// The longest text that is looked at: a code with spaces between all of its symbols, and some.
const MAX_TYPED: usize = 400;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A recovery code: 160 random bits, one symbol of five bits a byte.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; RECOVERY_CODE_GROUPS * DATA]);

/// What was typed of a recovery code, so far.
pub struct RecoveryCodeReading {
    /// The code, if all of it is there and every check is right.
    pub code: Option<RecoveryCode>,
    /// How many groups have been begun.
    pub groups: usize,
    /// The groups that are mistyped, from 0; one that is not complete yet is not.
    pub mistyped: Vec<usize>,
}

/// What was typed is no recovery code: some of it is missing, or mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no recovery code")]
pub struct MistypedRecoveryCode;

impl RecoveryCode {
    /// A new code from the system's random source.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut code = Self([0; RECOVERY_CODE_GROUPS * DATA]);
        fill_random(&mut code.0)?;
        code.0.iter_mut().for_each(|symbol| *symbol &= 31);
        Ok(code)
    }

    /// How many groups somebody types back who has written a code down.
    pub const ASKED: usize = 2;

    /// Which groups are to be typed back: any but the first, which one remembers.
    pub fn groups_to_ask() -> Result<[usize; Self::ASKED], NoRandomness> {
        let mut random = [0; Self::ASKED];
        fill_random(&mut random)?;
        let [one, other] = random.map(usize::from);
        let others = RECOVERY_CODE_GROUPS - 1;
        let first = one % others;
        let second = (first + 1 + other % (others - 1)) % others;
        Ok([1 + first.min(second), 1 + first.max(second)])
    }

    /// Reads a code as it was typed.
    pub fn parse(typed: &str) -> Result<Self, MistypedRecoveryCode> {
        Self::read(typed).code.ok_or(MistypedRecoveryCode)
    }

    /// Reads what was typed so far.
    pub fn read(typed: &str) -> RecoveryCodeReading {
        let groups = groups_of(typed);
        let mut code = Self([0; RECOVERY_CODE_GROUPS * DATA]);
        let mut mistyped = Vec::new();
        let mut right = 0;
        for (index, group) in groups.iter().enumerate() {
            let is_last = index + 1 == groups.len();
            match (data_of(index, group), code.0.chunks_exact_mut(DATA).nth(index)) {
                (Some(data), Some(place)) => {
                    place.copy_from_slice(&*data);
                    right += 1;
                }
                // Somebody is about to type the rest.
                _ if is_last && index < RECOVERY_CODE_GROUPS && group.len() < WRITTEN && known(group) => {}
                _ => mistyped.push(index),
            }
        }
        RecoveryCodeReading {
            code: (right == RECOVERY_CODE_GROUPS && groups.len() == RECOVERY_CODE_GROUPS).then_some(code),
            groups: groups.len(),
            mistyped,
        }
    }

    /// The groups, as they are to be written down.
    pub fn groups(&self) -> Vec<Zeroizing<String>> {
        (0..).zip(self.0.chunks_exact(DATA)).map(written).collect()
    }

    /// Whether `typed` is the group `index`.
    pub fn has_group(&self, index: usize, typed: &str) -> bool {
        let symbols = symbols_of(typed);
        let own = self.0.chunks_exact(DATA).nth(index);
        matches!((data_of(index, &symbols), own), (Some(typed), Some(own)) if *typed == own)
    }

    /// The code, as keys are derived from it.
    pub(crate) fn expose_secret(&self) -> &[u8] {
        &self.0
    }
}

/// The symbols of a group as they were typed; `None` for what is no symbol.
type Group = Zeroizing<Vec<Option<u8>>>;

/// The groups of a typed text: as the spaces have it if they make groups at all, so that a symbol left out in one does not move
/// all the others; else five symbols each.
fn groups_of(typed: &str) -> Vec<Group> {
    let end = typed
        .char_indices()
        .nth(MAX_TYPED)
        .map_or(typed.len(), |(end, _)| end);
    let words: Vec<Group> = typed
        .get(..end)
        .unwrap_or_default()
        .split(is_between)
        .map(symbols_of)
        .filter(|word| !word.is_empty())
        .collect();
    let spaced = words.split_last().is_some_and(|(last, others)| {
        last.len() <= WRITTEN + 1
            && others
                .iter()
                .all(|word| (DATA..=WRITTEN + 1).contains(&word.len()))
    });
    if spaced {
        return words;
    }
    let all: Group = Zeroizing::new(words.iter().flat_map(|word| word.iter().copied()).collect());
    all.chunks(WRITTEN)
        .map(|group| Zeroizing::new(group.to_vec()))
        .collect()
}

fn is_between(character: char) -> bool {
    character.is_whitespace()
        || character.is_ascii_punctuation()
        || ('\u{2010}'..='\u{2015}').contains(&character)
}

fn symbols_of(typed: &str) -> Group {
    let symbols = typed.chars().filter(|&character| !is_between(character));
    Zeroizing::new(symbols.map(symbol).collect())
}

/// The symbol that a character stands for, or looks like.
fn symbol(character: char) -> Option<u8> {
    let meant = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        'U' => 'V',
        other => other,
    };
    let place = ALPHABET.iter().position(|&known| char::from(known) == meant)?;
    u8::try_from(place).ok()
}

fn known(group: &[Option<u8>]) -> bool {
    group.iter().all(Option::is_some)
}

/// What stands in the group `index`, if its check is right.
fn data_of(index: usize, group: &[Option<u8>]) -> Option<Zeroizing<[u8; DATA]>> {
    let mut data = Zeroizing::new([0; DATA]);
    let (check_typed, data_typed) = group.split_last()?;
    if data_typed.len() != DATA {
        return None;
    }
    for (place, typed) in data.iter_mut().zip(data_typed) {
        *place = (*typed)?;
    }
    (check(u8::try_from(index).ok()?, &*data) == (*check_typed)?).then_some(data)
}

/// The check of a group: `index·α⁵ + s₁·α⁴ + s₂·α³ + s₃·α² + s₄·α` over GF(2⁵).
fn check(index: u8, data: &[u8]) -> u8 {
    data.iter()
        .fold(times_alpha(index & 31), |sum, symbol| times_alpha(sum ^ symbol))
}

/// Multiplies by α, a root of x⁵ + x² + 1.
fn times_alpha(element: u8) -> u8 {
    let doubled = element << 1;
    if doubled & 32 == 0 {
        doubled
    } else {
        doubled ^ 0b10_0101
    }
}

fn written((index, data): (u8, &[u8])) -> Zeroizing<String> {
    let mut group = Zeroizing::new(String::with_capacity(WRITTEN));
    for symbol in data.iter().copied().chain([check(index, data)]) {
        // Every symbol has five bits.
        let character = ALPHABET.get(usize::from(symbol & 31)).copied().unwrap_or(b'0');
        group.push(char::from(character));
    }
    group
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(seed: u8) -> RecoveryCode {
        let mut code = RecoveryCode::generate().unwrap();
        for (place, symbol) in (0..).zip(&mut code.0) {
            *symbol = (place * 7 + seed) & 31;
        }
        code
    }

    fn paper(code: &RecoveryCode) -> Vec<String> {
        code.groups().iter().map(|group| group.to_string()).collect()
    }

    fn is(typed: &str, code: &RecoveryCode) -> bool {
        RecoveryCode::parse(typed).is_ok_and(|read| read.0 == code.0)
    }

    #[test]
    fn alice_types_her_code_as_it_comes_and_it_is_read() {
        let code = code(3);
        let written = paper(&code);
        insta::assert_snapshot!(written.join(" "));
        for typed in [
            written.join(" "),
            written.join(""),
            written.join("-").to_lowercase(),
            written.join(" — "),
            written.join("\n"),
            written.join(" ").replace('0', "O").replace('1', "l"),
            written
                .join(" ")
                .replace('0', "o")
                .replace('1', "I")
                .replace('V', "u"),
            written.concat().chars().map(|c| format!("{c} ")).collect(),
        ] {
            assert!(is(&typed, &code), "{typed}");
        }
    }

    #[test]
    fn two_codes_have_nothing_in_common() {
        let (one, other) = (
            RecoveryCode::generate().unwrap(),
            RecoveryCode::generate().unwrap(),
        );
        assert_ne!(one.0, other.0);
        assert!(one.0.iter().chain(&other.0).all(|&symbol| symbol < 32));
    }

    #[test]
    fn a_group_with_a_wrong_symbol_is_named() {
        let code = code(9);
        for index in 0..RECOVERY_CODE_GROUPS {
            for place in 0..WRITTEN {
                for wrong in ALPHABET.iter().map(|&symbol| char::from(symbol)) {
                    let mut written = paper(&code);
                    let right = written[index].chars().nth(place).unwrap();
                    if right == wrong {
                        continue;
                    }
                    written[index].replace_range(place..=place, &wrong.to_string());
                    for typed in [written.join(" "), written.concat()] {
                        let reading = RecoveryCode::read(&typed);
                        assert!(reading.code.is_none());
                        assert_eq!(reading.mistyped, [index], "{typed}");
                    }
                }
            }
        }
    }

    #[test]
    fn symbols_and_groups_that_changed_places_are_found() {
        let code = code(5);
        for index in 0..RECOVERY_CODE_GROUPS {
            for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)] {
                let mut written = paper(&code);
                let mut symbols: Vec<char> = written[index].chars().collect();
                symbols.swap(one, other);
                let swapped: String = symbols.into_iter().collect();
                if swapped == written[index] {
                    continue;
                }
                written[index] = swapped;
                assert_eq!(RecoveryCode::read(&written.join(" ")).mistyped, [index]);
            }
            for other in (index + 1)..RECOVERY_CODE_GROUPS {
                let mut written = paper(&code);
                written.swap(index, other);
                assert_eq!(RecoveryCode::read(&written.join(" ")).mistyped, [index, other]);
            }
        }
    }

    #[test]
    fn a_symbol_left_out_or_one_too_many_spoils_only_its_own_group_if_there_are_spaces() {
        let code = code(1);
        let mut short = paper(&code);
        short[2].pop();
        assert_eq!(RecoveryCode::read(&short.join(" ")).mistyped, [2]);
        let mut long = paper(&code);
        long[6].push('7');
        assert_eq!(RecoveryCode::read(&long.join(" ")).mistyped, [6]);
        let mut odd = paper(&code);
        odd[4].replace_range(0..1, "ß");
        assert_eq!(RecoveryCode::read(&odd.join(" ")).mistyped, [4]);
    }

    #[test]
    fn what_is_not_complete_yet_is_not_called_wrong() {
        let code = code(2);
        let whole = paper(&code).join(" ");
        for end in 0..whole.len() {
            let typed: String = whole.chars().take(end).collect();
            let reading = RecoveryCode::read(&typed);
            assert!(reading.code.is_none());
            assert!(reading.mistyped.is_empty(), "{typed}");
            assert_eq!(reading.groups, end.div_ceil(6), "{typed}");
        }
        let more = format!("{whole} 7K2QM");
        assert_eq!(RecoveryCode::read(&more).mistyped, [RECOVERY_CODE_GROUPS]);
        assert!(RecoveryCode::parse(&more).is_err());
    }

    #[test]
    fn two_different_groups_are_asked_for_and_never_the_first() {
        let mut asked_for = std::collections::BTreeSet::new();
        for _ in 0..2_000 {
            let [one, other] = RecoveryCode::groups_to_ask().unwrap();
            assert!(0 < one && one < other && other < RECOVERY_CODE_GROUPS);
            asked_for.extend([one, other]);
        }
        assert_eq!(asked_for.len(), RECOVERY_CODE_GROUPS - 1);
    }

    #[test]
    fn a_group_is_known_again_however_it_is_typed() {
        let code = code(3);
        let written = paper(&code);
        assert!(code.has_group(4, &written[4]));
        assert!(code.has_group(4, &format!(" {} ", written[4].to_lowercase())));
        assert!(!code.has_group(3, &written[4]));
        assert!(!code.has_group(4, written[4].split_at(4).0));
        assert!(!code.has_group(4, ""));
        assert!(!code.has_group(RECOVERY_CODE_GROUPS, &written[0]));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_in_peace(typed: String) {
            let reading = RecoveryCode::read(&typed);
            prop_assert!(reading.code.is_none());
            prop_assert!(reading.mistyped.len() <= reading.groups);
        }

        #[test]
        fn every_code_is_read_back(bytes: [u8; RECOVERY_CODE_GROUPS * DATA]) {
            let code = RecoveryCode(bytes.map(|byte| byte & 31));
            prop_assert!(is(&paper(&code).join(" "), &code));
        }
    }
}
