//! `cargo xtask ci`: what continuous integration runs. The very same as `test`: nothing is checked in secret.

use crate::command::test::{self, TestError};
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace) -> Result<(), TestError> {
    test::run(workspace, &test::Arguments::everything())
}
