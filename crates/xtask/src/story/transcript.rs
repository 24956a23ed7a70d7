//! What the reader of the demo sees: who did what, who said what, what was checked.

use std::fmt::Display;
use std::time::Instant;

use crate::terminal::{self, palette};

/// Prints the story as it goes, each line with the seconds since its beginning.
pub(crate) struct Transcript {
    began: Instant,
}

impl Transcript {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// A new chapter.
    pub(crate) fn chapter(&self, title: impl Display) {
        let colour = palette();
        println!("\n{}{title}{}", colour.bold, colour.plain);
    }

    /// Something that somebody did.
    pub(crate) fn does(&self, who: &str, what: impl Display) {
        let colour = palette();
        println!(
            "{} {}{who:>5}{}  {}{what}{}",
            self.time(),
            hue(who),
            colour.plain,
            colour.dim,
            colour.plain
        );
    }

    /// Something that somebody said, and that was read on the other side.
    pub(crate) fn says(&self, who: &str, text: &str, delivery: impl Display) {
        let colour = palette();
        // A second line begins where the first did.
        let text = text.replace('\n', "\n               ");
        println!(
            "{} {}{who:>5}{}  {text}  {}{delivery}{}",
            self.time(),
            hue(who),
            colour.plain,
            colour.dim,
            colour.plain
        );
    }

    /// Something that was checked and holds.
    pub(crate) fn holds(&self, what: impl Display) {
        let colour = palette();
        println!("{} {}    ✓  {}{what}", self.time(), colour.green, colour.plain);
    }

    /// The end.
    pub(crate) fn end(&self) {
        println!("\nThe story took {}.", terminal::duration(self.began.elapsed()));
    }

    fn time(&self) -> String {
        let colour = palette();
        format!(
            "{}{:>6.1}s{}",
            colour.dim,
            self.began.elapsed().as_secs_f64(),
            colour.plain
        )
    }
}

/// Each person has a colour.
fn hue(who: &str) -> &'static str {
    if who == "Alice" {
        palette().magenta
    } else {
        palette().blue
    }
}
