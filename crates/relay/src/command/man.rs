//! `sotto-relay man`: the manual page, with every subcommand.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::CommandLine;
use crate::failure::Failure;

pub(super) fn run() -> Result<(), Failure> {
    let mut command = CommandLine::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        let name = format!("sotto-relay-{}", subcommand.get_name());
        let man = Man::new(subcommand.clone().name(name));
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    io::stdout().write_all(&page)?;
    Ok(())
}
