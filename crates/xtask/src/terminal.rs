//! What the person at the terminal sees: a line when a step begins, a line when it ends, and why it failed.

use std::error::Error;
use std::fmt::Display;
use std::io::{IsTerminal, stdout};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The few colours used, empty where the output is not a terminal or the user asked for none (`NO_COLOR`).
pub(crate) struct Palette {
    pub(crate) bold: &'static str,
    pub(crate) dim: &'static str,
    pub(crate) red: &'static str,
    pub(crate) green: &'static str,
    pub(crate) yellow: &'static str,
    pub(crate) blue: &'static str,
    pub(crate) magenta: &'static str,
    pub(crate) plain: &'static str,
}

/// The palette of this run's output.
pub(crate) fn palette() -> &'static Palette {
    static PALETTE: OnceLock<Palette> = OnceLock::new();
    PALETTE.get_or_init(|| {
        let coloured = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let code = |code| if coloured { code } else { "" };
        Palette {
            bold: code("\x1b[1m"),
            dim: code("\x1b[2m"),
            red: code("\x1b[31m"),
            green: code("\x1b[32m"),
            yellow: code("\x1b[33m"),
            blue: code("\x1b[34m"),
            magenta: code("\x1b[35m"),
            plain: code("\x1b[0m"),
        }
    })
}

/// A step that has been announced and is going on.
#[must_use = "a step ends with `done`"]
pub(crate) struct Step {
    name: String,
    began: Instant,
}

/// Announces a step.
pub(crate) fn step(name: impl Display) -> Step {
    let colour = palette();
    println!("{}▸ {name}{}", colour.bold, colour.plain);
    Step {
        name: name.to_string(),
        began: Instant::now(),
    }
}

impl Step {
    /// Says that the step is over, and how long it took.
    pub(crate) fn done(self) {
        let colour = palette();
        let took = duration(self.began.elapsed());
        println!(
            "{}✓{} {} {}({took}){}",
            colour.green, colour.plain, self.name, colour.dim, colour.plain
        );
    }
}

/// A remark on the step that is going on.
pub(crate) fn remark(text: impl Display) {
    let colour = palette();
    println!("{}  {text}{}", colour.dim, colour.plain);
}

/// Something that the user should know, but that stops nothing.
pub(crate) fn warning(text: impl Display) {
    let colour = palette();
    println!("{}! {text}{}", colour.yellow, colour.plain);
}

/// Why the command failed: the error and what caused it, one to a line.
pub(crate) fn failure(error: &dyn Error) {
    let colour = palette();
    eprintln!("{}✗ {error}{}", colour.red, colour.plain);
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}

/// A duration as a person says it: `0.4 s`, `12 s`, `3 min 20 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_a_person_says_it() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
    }
}
