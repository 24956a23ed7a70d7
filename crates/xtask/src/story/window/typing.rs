//! How a text gets into a field: what the keyboard has by its keys, what it has not as a picker inserts it.

use fantoccini::Client;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;

/// Inserts text where the cursor is, as an emoji picker does.
const INSERT_TEXT: &str = "document.execCommand('insertText', false, arguments[0]);";

/// Shift, pressed or released, as WebDriver writes it between the characters to type.
const SHIFT: char = '\u{e008}';
/// Return, as WebDriver writes it.
const RETURN: char = '\u{e007}';

/// Types `text` into `field`, which has the cursor; a line break with Shift held.
pub(super) async fn type_into(session: &Client, field: &Element, text: &str) -> Result<(), CmdError> {
    for typed in keystrokes(text) {
        match typed {
            Typed::Keys(keys) => field.send_keys(&keys).await?,
            Typed::Picked(text) => session.execute(INSERT_TEXT, vec![text.into()]).await.map(drop)?,
        }
    }
    Ok(())
}

/// Presses Return in `field`.
pub(super) async fn press_return(field: &Element) -> Result<(), CmdError> {
    field.send_keys(&RETURN.to_string()).await
}

/// One stretch of a text.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// By the keyboard; a line break with Shift held.
    Keys(String),
    /// By a picker: WebKit's driver knows no key for what is outside the Basic Multilingual Plane.
    Picked(String),
}

fn keystrokes(text: &str) -> Vec<Typed> {
    let mut typed: Vec<Typed> = Vec::new();
    for character in text.chars() {
        let is_picked = u32::from(character) > 0xffff;
        match (typed.last_mut(), is_picked) {
            (Some(Typed::Picked(last)), true) => last.push(character),
            (_, true) => typed.push(Typed::Picked(character.into())),
            (Some(Typed::Keys(last)), false) => push_key(last, character),
            (_, false) => {
                let mut keys = String::new();
                push_key(&mut keys, character);
                typed.push(Typed::Keys(keys));
            }
        }
    }
    typed
}

fn push_key(keys: &mut String, character: char) {
    match character {
        '\n' => keys.extend([SHIFT, RETURN, SHIFT]),
        other => keys.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_is_typed_with_shift_and_an_emoji_is_picked() {
        let typed = keystrokes("a\nb🏮c");
        let keys = |keys: &str| Typed::Keys(keys.to_owned());
        assert_eq!(
            typed,
            [
                keys("a\u{e008}\u{e007}\u{e008}b"),
                Typed::Picked("🏮".to_owned()),
                keys("c")
            ]
        );
    }
}
