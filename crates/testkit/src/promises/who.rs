//! Who is who in a world.

use std::fmt;

/// Somebody of a world, by their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Who(pub(crate) usize);

/// As many as a world may have.
const NAMES: [&str; 5] = ["Alice", "Bob", "Carol", "Dave", "Erin"];

impl Who {
    pub(crate) fn name(self) -> &'static str {
        NAMES[self.0]
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everybody's pairs with everybody, in a world of so many.
pub(crate) fn pairs(count: usize) -> Vec<(Who, Who)> {
    (0..count)
        .flat_map(|who| (0..count).map(move |to| (Who(who), Who(to))))
        .filter(|(who, to)| who != to)
        .collect()
}
